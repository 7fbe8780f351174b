import { describe, expect, it } from 'vitest';
import type { DnsAnswer } from '../dns/index.ts';
import { zoneFinder } from './dnsupdate-zone.ts';
import { blindResolver, signal } from './stage.testing.ts';

const server = { host: '192.0.2.53', port: 53 };
const record = { name: '_acme-challenge.www.example.com.', zone: '' };

function soa(name: string): DnsAnswer['authorities'][number] {
  const numbers = { serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 1 };
  return { type: 'SOA', name, class: 'IN', ttl: 60, primary: 'ns.', mailbox: 'me.', ...numbers };
}

/** The zone that is found when the server answers so, and the resolvers know example.com. */
async function found(answer: Partial<DnsAnswer>, zones: readonly string[] = []): Promise<string> {
  const silent: DnsAnswer = {
    server,
    rcode: 'NOERROR',
    authoritative: true,
    answers: [],
    authorities: [],
    additionals: [],
  };
  const resolver = {
    ...blindResolver,
    ask: async () => ({ ...silent, ...answer }),
    findZone: async () => 'example.com.',
  };
  return zoneFinder({ resolver, server, timeoutMs: 1000, zones })(record, signal);
}

describe('the zone of a record', () => {
  it('is that of the SOA record which the server shows, whether the name exists or not', async () => {
    expect(await found({ authorities: [soa('WWW.example.com.')] })).toBe('www.example.com.');
    expect(await found({ answers: [soa(record.name)] })).toBe(record.name);
  });

  it.each<[string, Partial<DnsAnswer>]>([
    ['does not answer', { rcode: 'REFUSED', authoritative: false }],
    ['is a resolver', { authoritative: false, authorities: [soa('.')] }],
    ['shows a zone that does not hold the name', { authorities: [soa('example.net.')] }],
  ])('is what the resolvers say when the server %s', async (_, answer) => {
    expect(await found(answer)).toBe('example.com.');
  });
});
