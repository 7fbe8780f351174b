import { describe, expect, it } from 'vitest';
import { followCname } from './cname-chain.ts';
import { type DnsTownOptions, inDnsTown } from './dns-town.testing.ts';
import type { DnsResolver } from './resolver.ts';
import { parseRecordLines } from './server/record-lines.ts';
import type { DnsServer } from './server/server.ts';
import { DnsZone } from './server/zone.ts';
import { findZone } from './zone-finder.ts';

const { signal } = new AbortController();
const questions = (server: DnsServer) => server.queries.map(({ name, type }) => `${name} ${type}`);

async function zoneOf(name: string, options: DnsTownOptions = {}): Promise<{ zone: string; asked: readonly string[] }> {
  let found = { zone: '', asked: [] as readonly string[] };
  await inDnsTown(options, async ({ resolver, recursor }) => {
    found = { zone: await resolver.findZone(name, signal), asked: questions(recursor) };
  });
  return found;
}

describe('the zone of a name', () => {
  it('is found by two questions however deep the name is', async () => {
    expect(await zoneOf('_acme-challenge.a.b.c.Example.com')).toEqual({
      zone: 'example.com.',
      asked: ['_acme-challenge.a.b.c.example.com. SOA', 'example.com. SOA'],
    });
  });

  it('is the name itself at an apex', async () => {
    expect(await zoneOf('example.com')).toEqual({ zone: 'example.com.', asked: ['example.com. SOA'] });
  });

  it('is the delegated one below a delegation', async () => {
    const zones = [new DnsZone('sub.example.com', { nameServers: { 'ns1.example.com.': [] } })];
    const records = 'sub NS ns1';
    expect((await zoneOf('x.sub.example.com', { zones, records })).zone).toBe('sub.example.com.');
  });

  it('is not that of an alias’s target', async () => {
    const target = new DnsZone('target.test', { nameServers: { 'ns1.example.com.': [] } });
    const records = '_acme-challenge CNAME target.test.\nwww CNAME missing.target.test.';
    expect((await zoneOf('_acme-challenge.example.com', { zones: [target], records })).zone).toBe('example.com.');
    expect((await zoneOf('www.example.com', { zones: [target], records })).zone).toBe('example.com.');
  });

  it('is not the parent’s where an alias leads back into that', async () => {
    const zones = [
      new DnsZone('sub.example.com', {
        nameServers: { 'ns1.example.com.': [] },
        records: 'www CNAME missing.example.com.',
      }),
    ];
    expect((await zoneOf('www.sub.example.com', { zones, records: 'sub NS ns1' })).zone).toBe('sub.example.com.');
  });

  it('is not an alias, even where a server shows an SOA record beside it', async () => {
    const lines = 'www CNAME x\nwww SOA ns m 1 1 1 1 1\n@ SOA ns m 1 1 1 1 1';
    const records = parseRecordLines(lines, { origin: 'example.com.', ttl: 60 });
    const query: DnsResolver['query'] = async (name) => ({
      server: { host: '192.0.2.1', port: 53 },
      rcode: 'NOERROR',
      authoritative: true,
      answers: records.filter((record) => record.name === name),
      authorities: [],
      additionals: [],
    });
    expect(await findZone({ query }, 'www.example.com', signal)).toBe('example.com.');
  });

  it('is looked for by as few questions as there are zones when many names are looked up at once', async () => {
    await inDnsTown({}, async ({ resolver, recursor }) => {
      const names = Array.from({ length: 50 }, (_, n) => `_acme-challenge.w${n}.example.com`);
      const zones = await Promise.all(names.map((name) => resolver.findZone(name, signal)));
      expect(new Set(zones)).toEqual(new Set(['example.com.']));
      expect(recursor.queries).toHaveLength(51);
      await Promise.all(names.map((name) => resolver.findZone(name, signal)));
      expect(recursor.queries).toHaveLength(51);
    });
  });

  it('is found for a name of a hundred labels', async () => {
    const name = `${'a.'.repeat(100)}example.com`;
    expect((await zoneOf(name)).zone).toBe('example.com.');
  });

  it('is none where only the root is left, and the failure says so', async () => {
    await expect(zoneOf('www.nowhere.invalid')).rejects.toMatchObject({
      code: 'name-not-found',
      message: expect.stringContaining('www.nowhere.invalid.'),
      next: expect.stringContaining('registered'),
    });
  });

  it('is not guessed when the servers fail', async () => {
    await inDnsTown({}, async ({ resolver, ns1, ns2 }) => {
      for (const server of [ns1, ns2]) server.faults = { servfail: ['example.com.'] };
      await expect(resolver.findZone('www.example.com', signal)).rejects.toMatchObject({
        code: 'dns-failed',
        message: 'Cannot look up www.example.com. SOA: 10.0.2.1 answers SERVFAIL',
      });
    });
  });
});

describe('a chain of CNAME records', () => {
  const end = async (name: string, options: DnsTownOptions) => {
    let found = '';
    await inDnsTown(options, async ({ resolver }) => {
      found = await resolver.followCname(name, signal);
    });
    return found;
  };

  it('is followed to its end, across zones', async () => {
    const target = new DnsZone('target.test', { nameServers: { 'ns1.example.com.': [] }, records: 'a CNAME B\n' });
    const records = '_acme-challenge CNAME a.target.test.';
    expect(await end('_ACME-challenge.example.com', { records, zones: [target] })).toBe('b.target.test.');
  });

  it('has no link where there is no CNAME, whether the name exists or not', async () => {
    expect(await end('www.example.com', { records: 'www A 192.0.2.1' })).toBe('www.example.com.');
    expect(await end('nothing.example.com', {})).toBe('nothing.example.com.');
  });

  it('that comes whole in one answer is asked for once', async () => {
    const links = 'a CNAME b\nb CNAME c\nc CNAME d\n';
    await inDnsTown({ records: links }, async ({ resolver, ns1 }) => {
      const asWhole = {
        query: async (name: string, _type: unknown, within: AbortSignal) => {
          asked.push(name);
          return resolver.ask({ host: '10.0.1.1', port: 53 }, name, 'TXT', { signal: within });
        },
      };
      const asked: string[] = [];
      expect(await followCname(asWhole, 'a.example.com', signal)).toBe('d.example.com.');
      expect(asked).toEqual(['a.example.com.', 'd.example.com.']);
      expect(ns1.queries).toHaveLength(2);
    });
  });

  it.each([
    ['a CNAME a', 'a.example.com. → a.example.com.'],
    ['a CNAME b\nb CNAME c\nc CNAME b', 'a.example.com. → b.example.com. → c.example.com. → b.example.com.'],
  ])('that goes in a circle is a failure that shows it: %j', async (records, shown) => {
    await expect(end('a.example.com', { records })).rejects.toMatchObject({
      code: 'dns-failed',
      message: expect.stringContaining(`come back to where they were: ${shown}`),
      next: expect.any(String),
    });
  });

  it('without an end is given up', async () => {
    const records = Array.from({ length: 60 }, (_, n) => `n${n} CNAME n${n + 1}`).join('\n');
    await expect(end('n0.example.com', { records })).rejects.toMatchObject({
      code: 'dns-failed',
      message: expect.stringContaining('more than 50 links'),
    });
  });
});
