import { describe, expect, it } from 'vitest';
import { failed, openTrial } from './trial.testing.ts';

async function hostsProbed(value: string, records: readonly (readonly [name: string, address: string])[]) {
  const trial = await openTrial({ type: 'tls-alpn-01', identifier: { type: 'dns', value } });
  for (const [name, address] of records) trial.dns.address(name, address);
  const outcome = await trial.run();
  return { outcome, hosts: trial.world.probes.map(({ address }) => address.host), asked: trial.dns.asked };
}

describe('the addresses of a host', () => {
  it('come from the resolver when there is one, IPv6 first, and are tried in turn', async () => {
    const records = [
      ['a.test', '192.0.2.8'],
      ['a.test', '2001:db8::8'],
    ] as const;
    const { hosts, asked } = await hostsProbed('a.test', records);
    expect(hosts).toEqual(['2001:db8::8', '192.0.2.8']);
    expect(asked).toEqual(['AAAA a.test.', 'A a.test.']);
  });

  it('are four at most', async () => {
    const records = [1, 2, 3, 4, 5].map((host) => ['a.test', `192.0.2.${host}`] as const);
    expect((await hostsProbed('a.test', records)).hosts).toHaveLength(4);
  });

  it('come from the system for names below localhost', async () => {
    const { hosts, asked } = await hostsProbed('www.localhost', [['www.localhost', '198.51.100.1']]);
    expect(hosts).toEqual(['192.0.2.1']);
    expect(asked).toEqual([]);
  });

  it('are missing, and the problem says how', async () => {
    expect((await hostsProbed('a.test', [])).outcome).toMatchObject(
      failed('dns', /a\.test does not exist \(NXDOMAIN\)/),
    );
    const below = await hostsProbed('a.test', [['www.a.test', '192.0.2.1']]);
    expect(below.outcome).toMatchObject(failed('dns', /a\.test has no address/));
  });
});
