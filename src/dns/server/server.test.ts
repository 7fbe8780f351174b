import { describe, expect, it } from 'vitest';
import { World } from '../../../sim/index.ts';
import { nodePorts } from '../../node/index.ts';
import type { Net, Ports } from '../../core/index.ts';
import { decodeMessage, encodeMessage, newMessage } from '../codec/index.ts';
import type { DnsMessage, QueryType } from '../message.ts';
import { ask, records, send, shown, StillClock } from './questions.testing.ts';
import { DnsServer, type DnsServerOptions } from './server.ts';
import type { ServedZone } from './served-zone.ts';
import { DnsZone } from './zone.ts';

const question = (name: string, type: QueryType = 'TXT') => ({ questions: [{ name, type, class: 'IN' as const }] });

function exchange(
  net: Net,
  address: { host: string; port: number },
  message: Partial<DnsMessage>,
  transport: 'udp' | 'tcp' = 'udp',
): Promise<DnsMessage> {
  const data = encodeMessage(newMessage({ id: 99, ...message }));
  return net.exchangeDns({ address, transport, message: data, timeoutMs: 5000 }).then(decodeMessage);
}

/** Runs the client's story in a world where `example.com` is served at 10.0.0.1, and returns what it took. */
async function inWorld(
  options: Omit<DnsServerOptions, 'ports'>,
  story: (ports: Ports, server: DnsServer) => Promise<void>,
): Promise<void> {
  const world = new World({ seed: 'dns server' });
  const machine = world.machine({ name: 'ns1.example.com' });
  const client = world.machine({ name: 'client' });
  const started = new Promise<DnsServer>((resolve) => {
    const main = async (ports: Ports) => {
      const server = new DnsServer({ ports, ...options });
      await server.serve(ports.net, { host: '10.0.0.1', port: 53 });
      resolve(server);
      await new Promise(() => undefined);
    };
    world.boot({ machine, name: 'server', main });
  });
  const tell = async (): Promise<void> => {
    const server = await started;
    const exit = await world.boot({ machine: client, name: 'client', main: (ports) => story(ports, server) }).exited;
    if (exit.how === 'failed') throw exit.error;
  };
  await world.drive(tell());
}

const at = { host: '10.0.0.1', port: 53 };
const zoneWith = (lines: string): DnsZone => new DnsZone('example.com', { records: lines });

describe('a server in a simulated world', () => {
  it('shows what an update added, and notes who asked what', async () => {
    const zone = zoneWith('www TXT hello');
    await inWorld({ zones: [zone] }, async ({ net }, server) => {
      const update = {
        opcode: 'UPDATE',
        ...question('example.com.', 'SOA'),
        authorities: records('new TXT x'),
      } as const;
      expect(await exchange(net, at, update, 'tcp')).toMatchObject({ rcode: 'NOERROR', opcode: 'UPDATE' });
      expect((await exchange(net, at, question('new.example.com.'))).answers).toHaveLength(1);
      expect(
        server.queries.map(({ transport, opcode, name, type, rcode }) => [transport, opcode, name, type, rcode]),
      ).toEqual([
        ['tcp', 'UPDATE', 'example.com.', 'SOA', 'NOERROR'],
        ['udp', 'QUERY', 'new.example.com.', 'TXT', 'NOERROR'],
      ]);
    });
  });

  it('that is a secondary shows each change as late as it was told', async () => {
    const zone = zoneWith('www TXT hello');
    const main: ServedZone = { zone, lagMs: 5000 };
    await inWorld({ zones: [main] }, async ({ net, clock }) => {
      const count = async (): Promise<number> => (await exchange(net, at, question('_a.example.com.'))).answers.length;
      zone.add('_a TXT one');
      await clock.sleep(2000);
      zone.add('_a TXT two');
      expect(await count()).toBe(0);
      await clock.sleep(2900);
      expect(await count()).toBe(0);
      await clock.sleep(100);
      expect(await count()).toBe(1);
      await clock.sleep(2000);
      expect(await count()).toBe(2);
      zone.remove('_a TXT one\n_a TXT two');
      expect(await count()).toBe(2);
      await clock.sleep(5000);
      expect(await count()).toBe(0);
    });
  });

  it('that is slow answers late, with what it knew when it was asked', async () => {
    const zone = zoneWith('www TXT hello');
    await inWorld({ zones: [zone], faults: { delayMs: ({ type }) => (type === 'TXT' ? 3000 : 0) } }, async (ports) => {
      const before = ports.clock.monotonic();
      const answer = exchange(ports.net, at, question('www.example.com.'));
      await ports.clock.sleep(1000);
      zone.removeAll('www');
      expect((await answer).answers).toHaveLength(1);
      expect(ports.clock.monotonic() - before).toBeGreaterThanOrEqual(3000);
    });
  });

  it('that drops questions by chance drops the same ones each time', async () => {
    const results = async (): Promise<string> => {
      const outcomes: string[] = [];
      await inWorld({ zones: [zoneWith('www TXT hello')], faults: { drop: 0.5 } }, async ({ net }, server) => {
        for (let n = 0; n < 20; n += 1) await exchange(net, at, question('www.example.com.')).catch(() => undefined);
        outcomes.push(...server.queries.map(({ rcode }) => rcode ?? '-'));
      });
      return outcomes.join(' ');
    };
    const first = await results();
    expect(await results()).toBe(first);
    expect(first).toContain('-');
    expect(first).toContain('NOERROR');
  });
});

describe('a server with faults', () => {
  const zone = zoneWith('www TXT hello\nbad TXT x\nbelow.bad TXT y');
  const server = new DnsServer({ ports: { clock: new StillClock() }, zones: [zone] });

  it('drops the questions that were chosen', async () => {
    server.faults = { drop: ({ name }) => name.startsWith('bad.') };
    await expect(ask(server, 'bad.example.com.', 'TXT')).rejects.toThrow('silent');
    expect(await ask(server, 'www.example.com.', 'TXT')).toMatchObject({ rcode: 'NOERROR' });
  });

  it('is silent by UDP alone', async () => {
    server.faults = { silentUdp: true };
    await expect(send(server, question('www.example.com.'))).rejects.toThrow('silent');
    expect((await send(server, question('www.example.com.'), 'tcp')).answers).toHaveLength(1);
  });

  it('truncates what goes by UDP', async () => {
    server.faults = { truncate: true };
    expect(await send(server, question('www.example.com.'))).toMatchObject({ truncated: true, answers: [] });
    expect(await send(server, question('www.example.com.'), 'tcp')).toMatchObject({ truncated: false });
  });

  it('fails for some names, or as it is told, until it is told otherwise', async () => {
    server.faults = { servfail: ['bad.example.com'] };
    expect(await ask(server, 'below.bad.example.com.', 'TXT')).toMatchObject({ rcode: 'SERVFAIL', answers: [] });
    expect(await ask(server, 'www.example.com.', 'TXT')).toMatchObject({ rcode: 'NOERROR' });
    server.faults = { rcode: ({ type }) => (type === 'TXT' ? 'REFUSED' : undefined) };
    expect(await ask(server, 'www.example.com.', 'TXT')).toMatchObject({ rcode: 'REFUSED' });
    server.faults = {};
    expect(await ask(server, 'www.example.com.', 'TXT')).toMatchObject({ rcode: 'NOERROR' });
  });

  it.each([
    ['refused', { rcode: 'REFUSED', authoritative: false, answers: [] }],
    ['servfail', { rcode: 'SERVFAIL', authoritative: false, answers: [] }],
    ['not-authoritative', { rcode: 'NOERROR', authoritative: false }],
  ] as const)('is lame: %s', async (lame, reply) => {
    const other = new DnsServer({ ports: { clock: new StillClock() }, zones: [{ zone, lame }] });
    expect(await ask(other, 'www.example.com.', 'TXT')).toMatchObject(reply);
  });

  it('that shall drop by chance needs dice', async () => {
    server.faults = { drop: 0.5 };
    await expect(ask(server, 'www.example.com.', 'TXT')).rejects.toThrow(TypeError);
  });
});

describe('a server on a real machine', () => {
  it.each(['127.0.0.1', '::1'])('answers at %s by UDP and TCP', async (host) => {
    const ports = nodePorts();
    const server = new DnsServer({ ports, zones: [zoneWith('www TXT hello')] });
    const listener = await server.serve(ports.net, { host, port: 0 });
    const [address = { host, port: 0 }] = listener.addresses;
    for (const transport of ['udp', 'tcp'] as const) {
      const reply = await exchange(ports.net, address, question('www.example.com.'), transport);
      expect(shown(reply.answers)).toEqual(['www.example.com. 300 TXT hello']);
    }
    await listener.close();
  });
});
