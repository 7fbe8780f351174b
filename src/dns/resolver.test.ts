import { describe, expect, it } from 'vitest';
import { World } from '../../sim/index.ts';
import { EversealError, type Ports } from '../core/index.ts';
import { nodePorts } from '../node/index.ts';
import { decodeMessage, encodeMessage, newMessage, txtStrings } from './codec/index.ts';
import { addresses, inDnsTown } from './dns-town.testing.ts';
import type { DnsMessage, ResourceRecord } from './message.ts';
import { createResolver } from './resolver.ts';

const { signal } = new AbortController();
const server = { host: '10.0.0.1', port: 53 };

type Script = (query: DnsMessage, transport: 'udp' | 'tcp') => Partial<DnsMessage> | undefined;

const hello: ResourceRecord = { name: 'a.test.', class: 'IN', ttl: 60, type: 'TXT', strings: txtStrings('hello') };
const greet: Script = () => ({ answers: [hello] });

/** Runs the story beside scripted servers at 10.0.0.1, 10.0.0.2 …; `seen` is what they were asked. */
async function withScripts(
  scripts: readonly Script[],
  story: (ports: Ports, seen: string[]) => Promise<void>,
): Promise<void> {
  const world = new World({ seed: 'scripts' });
  const seen: string[] = [];
  scripts.forEach((script, index) => {
    const machine = world.machine({ name: `server ${index + 1}` });
    const handler = async (data: Uint8Array, transport: 'udp' | 'tcp') => {
      const query = decodeMessage(data);
      seen.push(`${index + 1} ${transport}${query.edns === undefined ? '' : ` ${query.edns.udpSize}`}`);
      const reply = script(query, transport);
      const { id, questions, edns } = query;
      return reply && encodeMessage(newMessage({ id, questions, edns, response: true, ...reply }));
    };
    world.network.listen(machine, { host: '', port: 53 }, { kind: 'dns', handler });
  });
  const main = (ports: Ports) => story(ports, seen);
  const exit = await world.drive(
    world.boot({ machine: world.machine({ name: 'client' }), name: 'client', main }).exited,
  );
  if (exit.how === 'failed') throw exit.error;
}

const serversOf = (count: number) => Array.from({ length: count }, (_, n) => ({ host: `10.0.0.${n + 1}`, port: 53 }));

describe('a question to one server', () => {
  const ask = (ports: Ports, more: { tcpOnly?: boolean; timeoutMs?: number } = {}) =>
    createResolver({ ports, servers: [server], ...more }).ask(server, 'a.test', 'TXT', { signal });

  it('goes by UDP with EDNS for 1232 octets, and without recursion', async () => {
    let recursion: boolean | undefined;
    const script: Script = (query) => {
      recursion = query.recursionDesired;
      return { answers: [hello], authoritative: true };
    };
    await withScripts([script], async (ports, seen) => {
      expect(await ask(ports)).toMatchObject({ server, rcode: 'NOERROR', authoritative: true, answers: [hello] });
      expect([seen, recursion]).toEqual([['1 udp 1232'], false]);
    });
  });

  it('goes on by TCP at once when the answer is truncated', async () => {
    const script: Script = (_, transport) => (transport === 'udp' ? { truncated: true } : { answers: [hello] });
    await withScripts([script], async (ports, seen) => {
      expect((await ask(ports)).answers).toEqual([hello]);
      expect(seen).toEqual(['1 udp 1232', '1 tcp 1232']);
      expect(ports.clock.monotonic()).toBeLessThan(50);
    });
  });

  it('is repeated by UDP and then tried by TCP when nothing comes, within the one timeout', async () => {
    const script: Script = (_, transport) => (transport === 'udp' ? undefined : { answers: [hello] });
    await withScripts([script], async (ports, seen) => {
      expect((await ask(ports)).answers).toEqual([hello]);
      expect(seen).toEqual(['1 udp 1232', '1 udp 1232', '1 tcp 1232']);
      expect(ports.clock.monotonic()).toBeLessThan(5000);
    });
  });

  it('fails at its timeout when the server is silent, saying so', async () => {
    await withScripts([() => undefined], async (ports) => {
      const failure = await ask(ports, { timeoutMs: 3000 }).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'timeout', next: expect.stringContaining('53') });
      expect(failure).toHaveProperty(
        'message',
        'No answer within 3 s from 10.0.0.1 for a.test. TXT (UDP: silent, TCP: silent)',
      );
      expect(ports.clock.monotonic()).toBeGreaterThan(2990);
      expect(ports.clock.monotonic()).toBeLessThan(3050);
    });
  });

  it('is asked without EDNS of a server that does not know it', async () => {
    const script: Script = (query) =>
      query.edns === undefined ? { answers: [hello] } : { rcode: 'FORMERR', edns: undefined, questions: [] };
    await withScripts([script], async (ports, seen) => {
      expect((await ask(ports)).answers).toEqual([hello]);
      expect(seen).toEqual(['1 udp 1232', '1 udp']);
    });
  });

  it('never goes by UDP when told so', async () => {
    await withScripts([greet], async (ports, seen) => {
      await ask(ports, { tcpOnly: true });
      expect(seen).toEqual(['1 tcp 1232']);
    });
  });

  it('has an id of its own each time', async () => {
    const ids = new Set<number>();
    const script: Script = ({ id }) => {
      ids.add(id);
      return {};
    };
    await withScripts([script], async (ports) => {
      for (let n = 0; n < 20; n += 1) await ask(ports);
      expect(ids.size).toBeGreaterThan(15);
    });
  });

  it.each<[string, Partial<DnsMessage>]>([
    ['another question', { questions: [{ name: 'b.test.', type: 'TXT', class: 'IN' }] }],
    ['another type', { questions: [{ name: 'a.test.', type: 'A', class: 'IN' }] }],
    ['no question', { questions: [] }],
    ['two questions', { questions: [1, 2].map(() => ({ name: 'a.test.', type: 'TXT', class: 'IN' }) as const) }],
    ['another id', { id: 0 }],
    ['a query', { response: false }],
    ['an update', { opcode: 'UPDATE' }],
  ])('does not take %s for its answer', async (_, reply) => {
    await withScripts([() => ({ answers: [hello], ...reply })], async (ports) => {
      await expect(ask(ports)).rejects.toMatchObject({
        code: 'bad-reply',
        message: expect.stringContaining('10.0.0.1'),
      });
    });
  });

  it('takes its own in whatever case', async () => {
    const shout: Script = () => ({ answers: [hello], questions: [{ name: 'A.TEST.', type: 'TXT', class: 'IN' }] });
    await withScripts([shout], async (ports) => {
      expect((await ask(ports)).answers).toEqual([hello]);
    });
  });

  it('is refused where nobody listens', async () => {
    const world = new World({ seed: 'nobody' });
    world.machine({ name: 'server' });
    const main = (ports: Ports) => ask(ports);
    const exit = await world.drive(world.boot({ machine: world.machine({ name: 'c' }), name: 'c', main }).exited);
    expect(exit).toMatchObject({ how: 'failed', error: { code: 'connection-refused' } });
  });

  it('goes on by TCP at once where UDP is refused', async () => {
    await withScripts([greet], async (ports) => {
      const tried: string[] = [];
      const exchangeDns: Ports['net']['exchangeDns'] = (options) => {
        tried.push(options.transport);
        if (options.transport === 'tcp') return ports.net.exchangeDns(options);
        return Promise.reject(new EversealError('connection-refused', 'refused'));
      };
      expect((await ask({ ...ports, net: { ...ports.net, exchangeDns } })).answers).toEqual([hello]);
      expect(tried).toEqual(['udp', 'tcp']);
    });
  });

  it('ends with the signal’s reason', async () => {
    await withScripts([() => undefined], async (ports) => {
      const stop = new AbortController();
      const asked = createResolver({ ports, servers: [server] }).ask(server, 'a.test', 'TXT', { signal: stop.signal });
      const reason = new EversealError('aborted', 'enough');
      await ports.clock.sleep(10);
      stop.abort(reason);
      await expect(asked).rejects.toBe(reason);
    });
  });
});

describe('a question to the resolvers', () => {
  it.each(['SERVFAIL', 'REFUSED'] as const)('goes to the next one after %s', async (rcode) => {
    await withScripts([() => ({ rcode }), greet], async (ports, seen) => {
      const resolver = createResolver({ ports, servers: serversOf(2) });
      expect(await resolver.lookupTxt('A.test', signal)).toEqual(['hello']);
      expect(seen).toEqual(['1 udp 1232', '2 udp 1232']);
    });
  });

  it('is answered by NXDOMAIN, too', async () => {
    await withScripts([() => ({ rcode: 'NXDOMAIN' }), greet], async (ports, seen) => {
      const resolver = createResolver({ ports, servers: serversOf(2) });
      expect(await resolver.lookupTxt('a.test', signal)).toEqual([]);
      expect(seen).toHaveLength(1);
    });
  });

  it('goes to one that was silent last for a while', async () => {
    await withScripts([() => undefined, greet], async (ports, seen) => {
      const resolver = createResolver({ ports, servers: serversOf(2), timeoutMs: 1000 });
      await resolver.lookupTxt('a.test', signal);
      const before = seen.length;
      await resolver.lookupTxt('a.test', signal);
      expect(seen.slice(before)).toEqual(['2 udp 1232']);
      await ports.clock.sleep(61_000);
      await resolver.lookupTxt('a.test', signal);
      expect(seen.slice(before + 1)[0]).toBe('1 udp 1232');
    });
  });

  it('that nobody answers names each with what it said', async () => {
    const scripts: readonly Script[] = [() => ({ rcode: 'SERVFAIL' }), () => undefined, () => ({ rcode: 'REFUSED' })];
    await withScripts(scripts, async (ports) => {
      const resolver = createResolver({ ports, servers: serversOf(3), timeoutMs: 1000 });
      await expect(resolver.query('a.test', 'CAA', signal)).rejects.toMatchObject({
        code: 'dns-failed',
        message:
          'Cannot look up a.test. CAA: 10.0.0.1 answers SERVFAIL; 10.0.0.2 does not answer; 10.0.0.3 answers REFUSED',
        next: expect.stringContaining('--dns.resolvers'),
      });
    });
  });

  it('that nobody listens at is named with the reason, once', async () => {
    await withScripts([() => undefined], async (ports) => {
      const gone = { ...server, port: 54 };
      const resolver = createResolver({ ports, servers: [gone] });
      const failed = resolver.query('a.test', 'A', signal);
      await expect(failed).rejects.toMatchObject({
        message: expect.stringMatching(
          /^Cannot look up a\.test\. A: 10\.0\.0\.1:54 gives no usable answer \([^()]+\)$/,
        ),
        next: expect.stringContaining('Check the network'),
      });
    });
  });

  it('is a timeout when all are silent', async () => {
    await withScripts([() => undefined], async (ports) => {
      const resolver = createResolver({ ports, servers: [server], timeoutMs: 1000 });
      await expect(resolver.query('a.test', 'A', signal)).rejects.toMatchObject({ code: 'timeout' });
    });
  });

  it('is asked once for all who ask at one time, and again only when the TTL is over', async () => {
    const script: Script = () => ({
      answers: [{ name: 'a.test.', class: 'IN', ttl: 60, type: 'A', address: '192.0.2.1' }],
    });
    await withScripts([script], async (ports, seen) => {
      const resolver = createResolver({ ports, servers: [server] });
      const query = () => resolver.query('a.test', 'A', signal);
      await Promise.all([query(), query(), resolver.query('A.TEST.', 'A', signal)]);
      expect(seen).toHaveLength(1);
      await ports.clock.sleep(59_000);
      await query();
      expect(seen).toHaveLength(1);
      await ports.clock.sleep(2_000);
      await query();
      expect(seen).toHaveLength(2);
    });
  });

  it.each([
    [30, 3600, 30],
    [3600, 20, 20],
  ])(
    'that has no answer is remembered for the SOA’s TTL of %i s or its minimum of %i s',
    async (ttl, minimum, life) => {
      const soa = { type: 'SOA', primary: 'ns.', mailbox: 'm.', serial: 1, refresh: 1, retry: 1, expire: 1 } as const;
      const script: Script = () => ({
        rcode: 'NXDOMAIN',
        authorities: [{ ...soa, name: 'test.', class: 'IN', ttl, minimum }],
      });
      await withScripts([script], async (ports, seen) => {
        const resolver = createResolver({ ports, servers: [server] });
        await resolver.query('a.test', 'A', signal);
        await ports.clock.sleep(life * 1000 - 500);
        await resolver.query('a.test', 'A', signal);
        expect(seen).toHaveLength(1);
        await ports.clock.sleep(1000);
        await resolver.query('a.test', 'A', signal);
        expect(seen).toHaveLength(2);
      });
    },
  );

  it.each<[string, Partial<DnsMessage>, { cache?: boolean; maxNegativeTtlSeconds?: number }, number]>([
    ['no cache is wanted', { answers: [{ ...hello, type: 'A', address: '192.0.2.1' }] }, { cache: false }, 2],
    ['nothing says for how long', { rcode: 'NXDOMAIN' }, {}, 2],
    ['the TTL is 0', { answers: [{ ...hello, type: 'A', address: '192.0.2.1', ttl: 0 }] }, {}, 2],
    ['it is a failure', { rcode: 'SERVFAIL' }, {}, 2],
    ['none of that is so', { answers: [{ ...hello, type: 'A', address: '192.0.2.1' }] }, {}, 1],
  ])('is asked anew when %s', async (_, reply, options, times) => {
    await withScripts([() => reply], async (ports, seen) => {
      const resolver = createResolver({ ports, servers: [server], ...options });
      for (let n = 0; n < 2; n += 1) await resolver.query('a.test', 'A', signal).catch(() => undefined);
      expect(seen).toHaveLength(times);
    });
  });

  it('that has no answer is remembered no longer than is wanted', async () => {
    const soa = { type: 'SOA', primary: 'ns.', mailbox: 'm.', serial: 1, refresh: 1, retry: 1, expire: 1 } as const;
    const none: Script = () => ({ authorities: [{ ...soa, name: 'test.', class: 'IN', ttl: 3600, minimum: 3600 }] });
    await withScripts([none], async (ports, seen) => {
      const resolver = createResolver({ ports, servers: [server], maxNegativeTtlSeconds: 5 });
      await resolver.query('a.test', 'A', signal);
      await ports.clock.sleep(5500);
      await resolver.query('a.test', 'A', signal);
      expect(seen).toHaveLength(2);
    });
  });

  it('goes to a silent one again when there is no other', async () => {
    let isSilent = true;
    await withScripts([(query, transport) => (isSilent ? undefined : greet(query, transport))], async (ports) => {
      const resolver = createResolver({ ports, servers: [server], timeoutMs: 1000 });
      await expect(resolver.lookupTxt('a.test', signal)).rejects.toMatchObject({ code: 'timeout' });
      isSilent = false;
      expect(await resolver.lookupTxt('a.test', signal)).toEqual(['hello']);
    });
  });

  it('for TXT is asked anew each time', async () => {
    await withScripts([greet], async (ports, seen) => {
      const resolver = createResolver({ ports, servers: [server] });
      await resolver.lookupTxt('a.test', signal);
      await resolver.lookupTxt('a.test', signal);
      expect(seen).toHaveLength(2);
    });
  });

  it('needs a resolver, of the family that is wanted', async () => {
    await withScripts([], async (ports) => {
      const failure = expect.objectContaining({ code: 'usage', next: expect.any(String) });
      expect(() => createResolver({ ports, servers: [] })).toThrowError(failure);
      expect(() => createResolver({ ports, servers: [server], family: 6 })).toThrowError(failure);
      const both = [server, { host: '::1', port: 53 }];
      expect(createResolver({ ports, servers: both, family: 6 }).servers).toEqual([{ host: '::1', port: 53 }]);
    });
  });

  it('works on a real network, on both families', async () => {
    const ports = nodePorts();
    for (const host of ['127.0.0.1', '::1']) {
      const handler = async (data: Uint8Array, transport: 'udp' | 'tcp') => {
        const { id, questions } = decodeMessage(data);
        const content = transport === 'udp' ? { truncated: true } : { answers: [hello] };
        return encodeMessage(newMessage({ id, questions, response: true, ...content }));
      };
      const listener = await ports.net.serveDns({ address: { host, port: 0 }, handler });
      const resolver = createResolver({ ports, servers: listener.addresses });
      expect(await resolver.lookupTxt('a.test', signal)).toEqual(['hello']);
      await listener.close();
    }
  });
});

describe('the name servers of a zone', () => {
  it('come with all their addresses', async () => {
    await inDnsTown({}, async ({ resolver }) => {
      expect(await resolver.nameServers('Example.COM', signal)).toEqual([
        { name: 'ns1.example.com.', addresses: addresses.ns1 },
        { name: 'ns2.example.com.', addresses: addresses.ns2 },
      ]);
    });
  });

  it('come with the addresses of one family when only that is wanted', async () => {
    await inDnsTown({ resolver: { family: 4 } }, async ({ resolver }) => {
      const servers = await resolver.nameServers('example.com.', signal);
      expect(servers.flatMap((one) => one.addresses)).toEqual(['10.0.1.1', '10.0.1.2']);
    });
  });

  it('are asked for no address that came along', async () => {
    const ns: ResourceRecord = { name: 'test.', class: 'IN', ttl: 60, type: 'NS', host: 'ns.test.' };
    const glue: ResourceRecord = { name: 'NS.test.', class: 'IN', ttl: 60, type: 'A', address: '192.0.2.1' };
    const asked: string[] = [];
    const script: Script = ({ questions: [question] }) => {
      asked.push(`${question?.name} ${question?.type}`);
      return question?.type === 'NS' ? { answers: [ns], additionals: [glue] } : {};
    };
    await withScripts([script], async (ports) => {
      const resolver = createResolver({ ports, servers: [server] });
      expect(await resolver.nameServers('test.', signal)).toEqual([{ name: 'ns.test.', addresses: ['192.0.2.1'] }]);
      expect(asked).toEqual(['test. NS', 'ns.test. AAAA']);
    });
  });

  it('whose names cannot be looked up do not spoil the others', async () => {
    await inDnsTown({ records: '@ NS ns.broken.example.com.' }, async ({ resolver, ns1, ns2 }) => {
      for (const one of [ns1, ns2]) one.faults = { servfail: ['broken.example.com.'] };
      const servers = await resolver.nameServers('example.com.', signal);
      expect(servers.map((one) => one.addresses.length)).toEqual([0, 2, 2]);
    });
  });

  it('that lead nowhere have no address, and are a failure when none has one', async () => {
    await inDnsTown({ records: '@ NS ns3\nlost NS nowhere.example.com.' }, async ({ resolver }) => {
      const servers = await resolver.nameServers('example.com.', signal);
      expect(servers.map((one) => one.addresses.length)).toEqual([2, 2, 0]);
      await expect(resolver.nameServers('www.example.com.', signal)).rejects.toMatchObject({ code: 'name-not-found' });
    });
  });
});
