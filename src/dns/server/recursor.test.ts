import { describe, expect, it } from 'vitest';
import { World } from '../../../sim/index.ts';
import type { Ports } from '../../core/index.ts';
import { send, shown } from './questions.testing.ts';
import { DnsRecursor, type DnsRecursorOptions } from './recursor.ts';
import { DnsServer, type DnsServerOptions } from './server.ts';
import { DnsZone } from './zone.ts';

/** Servers by address, and the zones on each. */
type Internet = Readonly<Record<string, Omit<DnsServerOptions, 'ports'>>>;

interface Story {
  readonly recursor: DnsRecursor;
  readonly ports: Ports;
  readonly servers: ReadonlyMap<string, DnsServer>;
}

async function onInternet(
  internet: Internet,
  story: (world: Story) => Promise<void>,
  options: Partial<DnsRecursorOptions> = {},
): Promise<void> {
  const world = new World({ seed: 'recursor' });
  const servers = new Map<string, DnsServer>();
  const started = Object.entries(internet).map(([address, serving]) => {
    const machine = world.machine({ name: address, addresses: [address], hostNames: [] });
    return new Promise<void>((resolve) => {
      const main = async (ports: Ports) => {
        const server = new DnsServer({ ports, ...serving });
        await server.serve(ports.net, { host: address, port: 53 });
        servers.set(address, server);
        resolve();
        await new Promise(() => undefined);
      };
      world.boot({ machine, name: address, main });
    });
  });
  const machine = world.machine({ name: 'resolver', addresses: ['10.9.9.9'] });
  const main = async (ports: Ports): Promise<void> => {
    const recursor = new DnsRecursor({ ports, roots: [{ host: '10.0.0.1', port: 53 }], ...options });
    await story({ recursor, ports, servers });
  };
  const tell = async (): Promise<void> => {
    await Promise.all(started);
    const exit = await world.boot({ machine, name: 'resolver', main }).exited;
    if (exit.how === 'failed') throw exit.error;
  };
  await world.drive(tell());
}

const count = (servers: Story['servers'], address: string): number => servers.get(address)?.queries.length ?? 0;

/** A root, `com` with two children (one without glue), and an alias between them. */
function usual() {
  const root = new DnsZone('.', { nameServers: { 'a.root.': ['10.0.0.1'] } });
  root.delegate('com', { 'ns.com': ['10.0.0.2'] });
  root.delegate('net', { 'ns.net': ['10.0.0.2'] });
  const com = new DnsZone('com', { nameServers: { ns: ['10.0.0.2'] } });
  com.delegate('example', { 'ns1.example': ['10.0.0.3'], 'ns2.example': ['10.0.0.4'] });
  com.delegate('other', { 'ns.hosting.net.': [] });
  const net = new DnsZone('net', { nameServers: { ns: ['10.0.0.2'] } });
  net.delegate('hosting', { 'ns.hosting': ['10.0.0.5'] });
  const hosting = new DnsZone('hosting.net', { nameServers: { ns: ['10.0.0.5'] } });
  const example = new DnsZone('example.com', {
    nameServers: { ns1: ['10.0.0.3'], ns2: ['10.0.0.4'] },
    negativeTtl: 60,
    records: 'www 300 A 192.0.2.1\n_acme-challenge 30 CNAME challenge.other.com.\none CNAME two\ntwo CNAME one',
  });
  const other = new DnsZone('other.com', {
    nameServers: { 'ns.hosting.net.': [] },
    records: 'challenge 30 TXT validation',
  });
  const internet: Internet = {
    '10.0.0.1': { zones: [root] },
    '10.0.0.2': { zones: [com, net] },
    '10.0.0.3': { zones: [example] },
    '10.0.0.4': { zones: [example] },
    '10.0.0.5': { zones: [hosting, other] },
  };
  return { com, example, other, internet };
}

describe('a resolver', () => {
  it('walks down from the root, and asks the closest server it knows afterwards', async () => {
    await onInternet(usual().internet, async ({ recursor, servers }) => {
      expect(shown((await recursor.resolve('www.example.com.', 'A')).answers)).toEqual([
        'www.example.com. 300 A 192.0.2.1',
      ]);
      await recursor.resolve('mail.example.com.', 'A');
      expect(['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((address) => count(servers, address))).toEqual([1, 1, 2]);
    });
  });

  it('follows an alias into a zone whose server has no glue', async () => {
    await onInternet(usual().internet, async ({ recursor }) => {
      const { rcode, answers } = await recursor.resolve('_acme-challenge.example.com.', 'TXT');
      expect([rcode, ...shown(answers)]).toEqual([
        'NOERROR',
        '_acme-challenge.example.com. 30 CNAME challenge.other.com.',
        'challenge.other.com. 30 TXT validation',
      ]);
    });
  });

  it('repeats what it heard until the TTL is over, counting it down', async () => {
    const { example, internet } = usual();
    await onInternet(internet, async ({ recursor, ports }) => {
      await recursor.resolve('www.example.com.', 'A');
      example.remove('www A 192.0.2.1');
      await ports.clock.sleep(299_000);
      expect(shown((await recursor.resolve('WWW.example.com.', 'A')).answers)).toEqual([
        'www.example.com. 1 A 192.0.2.1',
      ]);
      await ports.clock.sleep(1000);
      expect(await recursor.resolve('www.example.com.', 'A')).toMatchObject({ rcode: 'NXDOMAIN', answers: [] });
    });
  });

  it.each([
    ['as long as the SOA says', {}, 60],
    ['at most as long as it was told', { mostNegativeTtl: 5 }, 5],
  ])('remembers that there was nothing %s', async (_, options, seconds) => {
    const { example, internet } = usual();
    await onInternet(
      internet,
      async ({ recursor, ports }) => {
        expect(await recursor.resolve('new.example.com.', 'TXT')).toMatchObject({ rcode: 'NXDOMAIN' });
        example.add('new TXT here');
        await ports.clock.sleep(seconds * 1000 - 100);
        expect(await recursor.resolve('new.example.com.', 'TXT')).toMatchObject({ rcode: 'NXDOMAIN', answers: [] });
        await ports.clock.sleep(200);
        expect((await recursor.resolve('new.example.com.', 'TXT')).answers).toHaveLength(1);
      },
      options,
    );
  });

  it('forgets when it is told', async () => {
    const { example, internet } = usual();
    await onInternet(internet, async ({ recursor }) => {
      await recursor.resolve('new.example.com.', 'TXT');
      example.add('new TXT here');
      recursor.clear();
      expect((await recursor.resolve('new.example.com.', 'TXT')).answers).toHaveLength(1);
    });
  });

  it.each([
    ['is mute', { faults: { drop: () => true } }],
    ['fails', { faults: { rcode: () => 'SERVFAIL' as const } }],
    ['does not have the zone', { zones: [] }],
  ])('goes on to the next server when one %s', async (_, broken) => {
    const { example, internet } = usual();
    const first = { zones: [example], ...broken };
    await onInternet({ ...internet, '10.0.0.3': first }, async ({ recursor, servers }) => {
      expect((await recursor.resolve('www.example.com.', 'A')).answers).toHaveLength(1);
      expect(count(servers, '10.0.0.4')).toBe(1);
    });
  });

  it('asks by TCP what was truncated', async () => {
    const { example, internet } = usual();
    const first = { zones: [example], faults: { truncate: true } };
    await onInternet({ ...internet, '10.0.0.3': first }, async ({ recursor, servers }) => {
      expect((await recursor.resolve('www.example.com.', 'A')).answers).toHaveLength(1);
      expect(servers.get('10.0.0.3')?.queries.map(({ transport }) => transport)).toEqual(['udp', 'tcp']);
    });
  });

  it('gives up on aliases in a circle, on lame servers, and on servers that need each other', async () => {
    const { com, internet } = usual();
    com.delegate('chicken', { 'ns.egg': [] });
    com.delegate('egg', { 'ns.chicken': [] });
    const lame = { zones: [] };
    await onInternet({ ...internet, '10.0.0.5': lame }, async ({ recursor, servers }) => {
      for (const name of ['one.example.com.', 'challenge.other.com.', 'www.chicken.com.']) {
        expect(await recursor.resolve(name, 'TXT')).toMatchObject({ rcode: 'SERVFAIL', answers: [] });
      }
      expect(count(servers, '10.0.0.2')).toBeLessThan(100);
    });
  });

  it('does not believe a server about names that it does not serve', async () => {
    const { internet } = usual();
    const liar = new DnsZone('example.com', { nameServers: { ns1: ['10.0.0.3'] } });
    const poison = new DnsZone('victim.com', { records: 'www A 10.6.6.6' });
    liar.add('www CNAME www.victim.com.');
    await onInternet({ ...internet, '10.0.0.3': { zones: [liar, poison] } }, async ({ recursor }) => {
      expect(await recursor.resolve('www.example.com.', 'A')).toMatchObject({ rcode: 'NXDOMAIN' });
      expect(await recursor.resolve('www.victim.com.', 'A')).toMatchObject({ rcode: 'NXDOMAIN', answers: [] });
    });
  });

  it('serves others by way of a server, beside its own zones', async () => {
    const { internet } = usual();
    const recursing = new DnsZone('home.test', { records: 'www CNAME www.example.com.' });
    await onInternet(internet, async ({ recursor, ports }) => {
      const server = new DnsServer({ ports, zones: [recursing], recursor });
      const questions = [{ name: 'www.home.test.', type: 'A', class: 'IN' }] as const;
      const reply = await send(server, { questions, recursionDesired: true });
      expect(reply).toMatchObject({ recursionAvailable: true, recursionDesired: true, rcode: 'NOERROR' });
      expect(reply.answers).toHaveLength(2);
      const plain = await send(server, { questions: [{ ...questions[0], name: 'www.example.com.' }] });
      expect(plain).toMatchObject({ rcode: 'REFUSED', recursionAvailable: true });
    });
  });
});
