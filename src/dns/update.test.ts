import { describe, expect, it } from 'vitest';
import { type Machine, World } from '../../sim/index.ts';
import { EversealError, type Ports, Secret } from '../core/index.ts';
import { nodePorts } from '../node/index.ts';
import { ScriptedServer, txt } from './scripted-server.testing.ts';
import type { TsigKey } from './tsig.ts';
import { DnsUpdater } from './update.ts';

const key: TsigKey = { name: 'update.', algorithm: 'hmac-sha256', secret: new Secret('YSBzaGFyZWQgc2VjcmV0') };
const { signal } = new AbortController();
const address = { host: 'ns.example', port: 53 };
const challenge = '_acme-challenge.www.example.';

interface Scene {
  readonly world: World;
  readonly server: ScriptedServer;
  readonly ports: Ports;
  readonly client: Machine;
  updater(options?: Partial<ConstructorParameters<typeof DnsUpdater>[0]>): DnsUpdater;
}

/** A server on ns.example with this key, and the story on another machine. */
async function scene(story: (scene: Scene) => Promise<void>, records: Parameters<typeof txt>[] = []): Promise<void> {
  const world = new World({ seed: 'update' });
  const server = new ScriptedServer(records.map((record) => txt(...record)));
  server.keys = [key];
  const ns = world.machine({ name: 'ns.example' });
  const client = world.machine({ name: 'client' });
  world.boot({
    machine: ns,
    name: 'server',
    main: async (ports) => {
      await server.serve(ports, { host: '', port: 53 });
      await ports.clock.sleep(86_400_000);
    },
  });
  const main = async (ports: Ports) => {
    await ports.clock.sleep(10);
    const updater: Scene['updater'] = (options) => new DnsUpdater({ ports, server: address, key, ...options });
    await story({ world, server, ports, client, updater });
  };
  const exit = await world.drive(world.boot({ machine: client, name: 'client', main }).exited);
  if (exit.how === 'failed') throw exit.error;
}

async function failureOf(work: Promise<unknown>): Promise<EversealError> {
  const failure = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure instanceof EversealError) return failure;
  throw new Error(`no failure of ours: ${String(failure)}`);
}

const one = [{ name: challenge, value: 'proof', ttl: 120 }];

describe('an update', () => {
  it('adds all values by one signed message, and takes away exactly those', async () => {
    await scene(
      async ({ server, updater }) => {
        const records = ['a', 'b'].map((value) => ({ name: challenge, value, ttl: 120 }));
        await updater().add('example', records, signal);
        expect(server.texts).toEqual([`${challenge} 3600 a`, `${challenge} 3600 b`, `${challenge} 3600 foreign`]);
        await updater().remove('example', records, signal);
        expect(server.texts).toEqual([`${challenge} 3600 foreign`]);
        expect(server.updates.map(({ message }) => message.authorities.map((record) => record.class))).toEqual([
          ['IN', 'IN'],
          ['NONE', 'NONE'],
        ]);
        expect(server.seen.every(({ signed }) => signed)).toBe(true);
        expect(server.seen).toHaveLength(3); // one question, two updates
      },
      [[challenge, 'foreign', 3600]],
    );
  });

  it('gives its TTL to what is new only, once a name', async () => {
    await scene(
      async ({ server, updater }) => {
        await updater().add(
          'example.',
          [
            { name: 'a.example', value: '1', ttl: 60 },
            { name: 'A.example.', value: '2', ttl: 90 },
            { name: 'b.example.', value: '3', ttl: 60 },
          ],
          signal,
        );
        expect(server.texts).toEqual(['A.example. 60 2', 'a.example. 60 1', 'b.example. 7 3', 'b.example. 7 foreign']);
        expect(server.seen.filter(({ message }) => message.opcode === 'QUERY')).toHaveLength(2);
      },
      [['b.example.', 'foreign', 7]],
    );
  });

  it('may be made twice, and for what is not there', async () => {
    await scene(async ({ server, updater }) => {
      await updater().remove('example.', one, signal);
      await updater().add('example.', one, signal);
      await updater().add('example.', one, signal);
      expect(server.texts).toEqual([`${challenge} 120 proof`]);
      await updater().remove('example.', one, signal);
      await updater().remove('example.', one, signal);
      expect(server.texts).toEqual([]);
    });
  });

  it('of nothing asks nobody', async () => {
    await scene(async ({ server, updater }) => {
      await updater().add('example.', [], signal);
      await updater().remove('example.', [], signal);
      expect(server.seen).toEqual([]);
    });
  });

  it('goes on with its own TTL where questions are refused', async () => {
    await scene(async ({ server, updater }) => {
      server.rcodes = { QUERY: 'REFUSED' };
      await updater().add('example.', one, signal);
      expect(server.texts).toEqual([`${challenge} 120 proof`]);
    });
  });

  it('goes by UDP when it is short, by TCP when it is not, and in several messages when it must', async () => {
    await scene(async ({ server, updater }) => {
      await updater().add('example.', one, signal);
      const fifty = Array.from({ length: 50 }, (_, n) => ({ name: `n${n}.example.`, value: 'x'.repeat(43), ttl: 60 }));
      await updater().add('example.', fifty, signal);
      const large = Array.from({ length: 70 }, (_, n) => ({
        name: `n${n}.example.`,
        value: 'x'.repeat(2000),
        ttl: 60,
      }));
      await updater().add('example.', large, signal);
      expect(server.updates.map(({ transport }) => transport)).toEqual(['udp', 'tcp', 'tcp', 'tcp', 'tcp']);
      expect(server.updates.every(({ octets }) => octets <= 65_535)).toBe(true);
      expect(server.records).toHaveLength(121);
      await updater().remove('example.', [...one, ...fifty, ...large], signal);
      expect(server.records).toEqual([]);
    });
  });

  it('is not signed without a key', async () => {
    await scene(async ({ server, ports }) => {
      server.keys = [];
      await new DnsUpdater({ ports, server: address }).add('example.', one, signal);
      expect(server.texts).toEqual([`${challenge} 120 proof`]);
      expect(server.seen.some(({ signed }) => signed)).toBe(false);
    });
  });

  it('survives lost, late and cut off messages', async () => {
    for (const mishap of ['lost', 'reply-lost', 'cut', 'refused', 'doubled'] as const) {
      await scene(async ({ world, server, updater }) => {
        world.network.script({ mishap, match: /ns\.example:53/, times: 1 });
        await updater().add('example.', one, signal);
        world.network.script({ mishap, match: /ns\.example:53/, times: 1 });
        await updater().remove('example.', one, signal);
        expect(server.texts).toEqual([]);
      });
    }
  });

  it('is asked again by TCP when the reply is truncated or forged', async () => {
    await scene(async ({ server, updater }) => {
      server.alter = (reply, transport) => ({ ...reply, truncated: transport === 'udp' });
      await updater().add('example.', one, signal);
      expect(server.seen.map(({ transport }) => transport)).toEqual(['udp', 'tcp', 'udp', 'tcp']);
      server.alter = (reply) => reply;
      server.tamper = (data, transport) =>
        transport === 'udp' ? data.map((octet, at) => (at === 0 ? octet ^ 1 : octet)) : data;
      await updater().remove('example.', one, signal);
      expect(server.texts).toEqual([]);
    });
  });

  it('ends when the caller ends it', async () => {
    await scene(async ({ server, ports, updater }) => {
      server.tamper = () => undefined;
      const stop = new AbortController();
      const work = failureOf(updater().add('example.', one, stop.signal));
      await ports.clock.sleep(100);
      stop.abort(new EversealError('aborted', 'Stopped'));
      expect((await work).code).toBe('aborted');
    });
  });

  it('works on loopback', async () => {
    const ports = nodePorts();
    const server = new ScriptedServer([txt(challenge, 'foreign', 7)]);
    server.keys = [key];
    for (const host of ['127.0.0.1', '::1']) {
      const handler = await listening(ports, server, host);
      const updater = new DnsUpdater({ ports, server: { host, port: handler.port }, key });
      await updater.add('example.', one, signal);
      expect(server.texts).toEqual([`${challenge} 7 foreign`, `${challenge} 7 proof`]);
      await updater.remove('example.', one, signal);
      expect(server.texts).toEqual([`${challenge} 7 foreign`]);
      await handler.close();
    }
  });
});

describe('a failed update names names, server and answer, and the cure', () => {
  it.each<[string, (server: ScriptedServer) => void, string, string]>([
    [
      'by a refusal',
      (server) => {
        server.rcodes = { UPDATE: 'REFUSED' };
      },
      `dns-refused: ns.example answers REFUSED to the update of ${challenge} in example.: the TSIG key update. (hmac-sha256) may not do it`,
      'Allow the key update. to update TXT records in example.',
    ],
    [
      'for another zone',
      (server) => {
        server.zone = 'other.';
      },
      `dns-refused: ns.example answers NOTAUTH to the update of ${challenge} in example.: it is not the primary server of example.`,
      'Send updates to the primary server of example.',
    ],
    [
      'by NOTZONE',
      (server) => {
        server.rcodes = { UPDATE: 'NOTZONE' };
      },
      `ns.example answers NOTZONE to the update of ${challenge} in example.: a name is not within example. there`,
      'delegated to a zone of its own',
    ],
    [
      'by NOTIMP',
      (server) => {
        server.rcodes = { UPDATE: 'NOTIMP' };
      },
      'dns-refused: ns.example',
      'RFC 2136',
    ],
    [
      'by SERVFAIL',
      (server) => {
        server.rcodes = { UPDATE: 'SERVFAIL' };
      },
      `dns-failed: ns.example answers SERVFAIL to the update of ${challenge} in example.: it failed`,
      "Look into the server's log",
    ],
    [
      'by FORMERR',
      (server) => {
        server.rcodes = { UPDATE: 'FORMERR' };
      },
      'dns-failed: ns.example',
      'TSIG',
    ],
    [
      'by an rcode that nobody knows',
      (server) => {
        server.rcodes = { UPDATE: 'RCODE15' };
      },
      'it did not say why',
      "Look into the server's log",
    ],
    [
      'by BADKEY, for the name',
      (server) => {
        server.keys = [{ ...key, name: 'other.' }];
      },
      'dns-refused: ns.example answers BADKEY to the question for TXT at _acme-challenge.www.example.: it does not know the TSIG key update. (hmac-sha256)',
      'Check name and algorithm of the key',
    ],
    [
      'by BADKEY, for the algorithm',
      (server) => {
        server.keys = [{ ...key, algorithm: 'hmac-sha512' }];
      },
      'it does not know the TSIG key update. (hmac-sha256)',
      'Check name and algorithm of the key',
    ],
    [
      'by BADSIG',
      (server) => {
        server.keys = [{ ...key, secret: new Secret('b3RoZXI=') }];
      },
      "the secret of the TSIG key update. (hmac-sha256) is not the server's",
      'Copy the secret',
    ],
    [
      'by a reply with another id',
      (server) => {
        server.alter = (reply) => ({ ...reply, id: reply.id ^ 1 });
      },
      'dns-failed: The reply of ns.example to the question for TXT at _acme-challenge.www.example. is not authentic: its id is not that of the question',
      'Check that the address is that of the primary name server',
    ],
    [
      'by a reply to something else',
      (server) => {
        server.alter = (reply) => ({ ...reply, opcode: 'NOTIFY' });
      },
      'is not authentic: it replies to something else',
      'Check that the address',
    ],
    [
      'by a reply without signature',
      (server) => {
        server.signs = false;
      },
      'is not authentic: it is not signed',
      'has this TSIG key',
    ],
    [
      'by a reply with a broken signature',
      (server) => {
        server.tamper = (data) => data.map((octet, at) => (at === data.length - 8 ? octet ^ 1 : octet));
      },
      'is not authentic: its signature does not hold (BADSIG)',
      'Check that the address',
    ],
    [
      'by noise',
      (server) => {
        server.tamper = () => Uint8Array.of(1, 2, 3);
      },
      'is not authentic: A DNS message is malformed at octet 3: it ends too early',
      'Check that the address',
    ],
    [
      'by silence',
      (server) => {
        server.tamper = () => undefined;
      },
      'timeout: ns.example does not answer the question for TXT at _acme-challenge.www.example. by TCP',
      'no firewall stops UDP and TCP',
    ],
  ])('%s', async (_, spoil, message, next) => {
    await scene(async ({ server, updater }) => {
      spoil(server);
      const failure = await failureOf(updater().add('example.', one, signal));
      expect(`${failure.code}: ${failure.message}`).toContain(message);
      expect(failure.next).toContain(next);
      expect(`${failure.message}${failure.next}`).not.toContain(key.secret.reveal());
      expect(server.texts).toEqual([]);
    });
  });

  it('with clocks apart, by how much', async () => {
    await scene(async ({ server, client, updater }) => {
      client.jumpClock(-900_000);
      const failure = await failureOf(updater().add('example.', one, signal));
      expect(failure.code).toBe('dns-refused');
      expect(failure.message).toMatch(
        /answers BADTIME to .*: the clocks are 900 s apart \(server 2030-01-01T00:00:00\.000Z, here 2029-12-31T23:45:00\.\d+Z\)/,
      );
      expect(failure.next).toContain('NTP');
      expect(server.texts).toEqual([]);
    });
  });

  it('without a key, by what a key would change', async () => {
    await scene(async ({ ports }) => {
      const failure = await failureOf(new DnsUpdater({ ports, server: address }).add('example.', one, signal));
      expect(failure).toMatchObject({ code: 'dns-refused', next: expect.stringContaining('or better a TSIG key') });
    });
  });

  it('when a refusal comes unsigned, it is still told', async () => {
    await scene(async ({ server, updater }) => {
      server.signs = false;
      server.rcodes = { QUERY: 'REFUSED', UPDATE: 'REFUSED' };
      expect((await failureOf(updater().add('example.', one, signal))).message).toContain('REFUSED');
    });
  });

  it('where nobody listens', async () => {
    await scene(async ({ ports }) => {
      const updater = new DnsUpdater({ ports, server: { host: 'ns.example', port: 5353 }, key });
      const failure = await failureOf(updater.remove('example.', one, signal));
      expect(failure).toMatchObject({
        code: 'connection-refused',
        message: expect.stringContaining(`ns.example:5353 does not answer the update of ${challenge} in example.`),
        next: expect.stringContaining('address and port'),
      });
    });
  });

  it('in the time it was given', async () => {
    await scene(async ({ server, ports, updater }) => {
      server.tamper = () => undefined;
      const before = ports.clock.monotonic();
      await failureOf(updater({ timeoutMs: 3000 }).remove('example.', one, signal));
      expect(ports.clock.monotonic() - before).toBeLessThan(3100);
    });
  });

  it('where a CNAME stands, beside which the server would ignore the value', async () => {
    await scene(async ({ server, updater }) => {
      server.records = [{ name: challenge, class: 'IN', ttl: 60, type: 'CNAME', target: 'elsewhere.example.' }];
      const failure = await failureOf(updater().add('example.', one, signal));
      expect(failure).toMatchObject({
        code: 'dns-failed',
        message: `No TXT record can stand at ${challenge} on ns.example: it is a CNAME to elsewhere.example.`,
        next: expect.stringContaining('Write to elsewhere.example.'),
      });
    });
  });

  it('of a text that no record holds, and of a name that is none', async () => {
    await scene(async ({ server, updater }) => {
      const long = [{ name: challenge, value: 'x'.repeat(70_000), ttl: 60 }];
      expect(await failureOf(updater().remove('example.', long, signal))).toMatchObject({
        code: 'dns-failed',
        message: expect.stringContaining(challenge),
      });
      const nameless = [{ name: 'a..b', value: 'x', ttl: 60 }];
      expect(await failureOf(updater().add('example.', nameless, signal))).toMatchObject({ code: 'bad-identifier' });
      const many = Array.from({ length: 5 }, (_, n) => ({ name: `n${n}.example.`, value: 'x' }));
      server.rcodes = { UPDATE: 'REFUSED' };
      expect((await failureOf(updater().remove('example.', many, signal))).message).toContain(
        'the update of n0.example., n1.example., n2.example. and 2 more in example.',
      );
    });
  });
});

/** The server on a free port of a loopback address. */
async function listening(ports: Ports, server: ScriptedServer, host: string) {
  const listener = await server.serve(ports, { host, port: 0 });
  return { port: listener.addresses[0]?.port ?? 0, close: () => listener.close() };
}
