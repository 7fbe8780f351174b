import { describe, expect, it } from 'vitest';
import { BatchError, EversealError, type EversealEvent, type Net } from '../core/index.ts';
import { nodePorts } from '../node/index.ts';
import { type DnsTown, type DnsTownOptions, inDnsTown } from './dns-town.testing.ts';
import { type PropagatingRecord, type PropagationChecks, waitForPropagation } from './propagation.ts';
import { createResolver, type DnsResolver } from './resolver.ts';
import { DnsServer } from './server/server.ts';
import { DnsZone } from './server/zone.ts';

const both = { authoritative: true, recursive: true };
const name = '_acme-challenge.example.com.';
const digest = 'the-digest';
const record: PropagatingRecord = { name, zone: 'example.com.', value: digest };
const line = `_acme-challenge TXT ${digest}`;

interface Wait {
  readonly checks?: PropagationChecks;
  readonly records?: readonly PropagatingRecord[];
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
  readonly signal?: AbortSignal;
  readonly resolver?: DnsResolver;
}

interface Outcome {
  readonly ms: number;
  readonly error: unknown;
  readonly events: readonly EversealEvent[];
  readonly notes: readonly string[];
}

async function wait(town: DnsTown, how: Wait = {}): Promise<Outcome> {
  const { clock } = town.ports;
  const { checks = both, records = [record], timeoutMs = 60_000, intervalMs = 2_000, resolver = town.resolver } = how;
  const events: EversealEvent[] = [];
  const notes: string[] = [];
  const before = clock.monotonic();
  const options = { resolver, clock, checks, records, timing: { timeoutMs, intervalMs } };
  const sinks = {
    events: (event: EversealEvent) => events.push(event),
    log: { debug: (text: string) => notes.push(text) },
  };
  const error = await waitForPropagation({ ...options, ...sinks }, how.signal ?? town.signal).then(
    () => undefined,
    (failure: unknown) => failure,
  );
  return { ms: clock.monotonic() - before, error, events, notes };
}

const txtQuestions = (server: DnsServer) => server.queries.filter(({ type }) => type === 'TXT');

/** What the wait comes to in a town of its own. */
async function outcomeOf(
  options: DnsTownOptions,
  how: Wait & { readonly before?: (town: DnsTown) => void | Promise<void> } = {},
): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  await inDnsTown(options, async (town) => {
    await how.before?.(town);
    outcomes.push(await wait(town, how));
  });
  const [outcome] = outcomes;
  if (outcome === undefined) throw new TypeError('the story did not come to its end');
  return outcome;
}

const messageOf = ({ error }: Outcome): string =>
  error instanceof EversealError ? error.message : `no failure: ${error}`;

describe('waiting for a record', () => {
  it('that is everywhere takes one look at each address, and no waiting', async () => {
    await inDnsTown({ records: line }, async (town) => {
      const outcome = await wait(town);
      expect(outcome).toMatchObject({ error: undefined, events: [], notes: [] });
      expect(outcome.ms).toBeLessThan(100);
      expect([town.ns1, town.ns2].map((server) => txtQuestions(server).length)).toEqual([3, 2]); // one for the resolver
      expect(txtQuestions(town.recursor)).toHaveLength(1);
    });
  });

  it('asks once for all values of a name, as apex and wildcard have them', async () => {
    await inDnsTown({ records: `${line}\n_acme-challenge TXT another` }, async (town) => {
      const outcome = await wait(town, { records: [record, { ...record, value: 'another' }] });
      expect(outcome.error).toBeUndefined();
      expect([town.ns1, town.ns2].map((server) => txtQuestions(server).length)).toEqual([3, 2]);
    });
  });

  it('waits for a secondary that lags 5 s and no longer, and asks nobody else again', async () => {
    await inDnsTown({ ns2: { lagMs: 5000 } }, async (town) => {
      town.example.add(line);
      const { ms, error, events } = await wait(town);
      expect(error).toBeUndefined();
      expect(ms).toBeGreaterThan(4900);
      expect(ms).toBeLessThan(5000 + 2000);
      expect(events).toEqual([{ type: 'waiting', what: '1 TXT record to show at 2 servers', ms: 60_000 }]);
      expect(txtQuestions(town.ns1).length).toBeLessThanOrEqual(3);
    });
  });

  it('repeats soon at first, so that a short lag costs little', async () => {
    await inDnsTown({ ns2: { lagMs: 150 } }, async (town) => {
      town.example.add(line);
      expect((await wait(town, { intervalMs: 30_000 })).ms).toBeLessThan(400);
    });
  });

  it('asks the resolvers only after all authoritative servers have it', async () => {
    await inDnsTown({ ns2: { lagMs: 3000 } }, async (town) => {
      town.example.add(line);
      await wait(town);
      const seen = txtQuestions(town.recursor).map(({ at, rcode }) => ({ late: at > 3000, rcode }));
      expect(seen).toEqual([{ late: true, rcode: 'NOERROR' }]);
    });
  });

  it('finds the zone where it is not told, once for all', async () => {
    await inDnsTown({ records: line }, async (town) => {
      expect(await wait(town, { records: [{ name, zone: '', value: digest }] })).toMatchObject({ error: undefined });
    });
  });

  it('takes the value for shown among foreign ones, and in a CNAME’s target', async () => {
    const records = `${line}\n_acme-challenge TXT "a foreign value"\nalias CNAME _acme-challenge`;
    const alias = { ...record, name: 'alias.example.com.' };
    expect(await outcomeOf({ records }, { records: [record, alias] })).toMatchObject({ error: undefined });
  });

  it('of 50 names at 4 addresses asks all at once, and for the name servers once', async () => {
    const names = Array.from({ length: 50 }, (_, n) => `_acme-challenge.w${n}`);
    const records = names.map((one) => `${one} TXT ${digest}`).join('\n');
    await inDnsTown({ records, resolver: { cache: false } }, async (town) => {
      const watched = names.map((one) => ({ ...record, name: `${one}.example.com.` }));
      const { ms, error } = await wait(town, { records: watched, checks: { authoritative: true, recursive: false } });
      expect(error).toBeUndefined();
      expect(ms).toBeLessThan(70);
      expect(town.recursor.queries.filter(({ type }) => type === 'NS')).toHaveLength(1);
      expect(txtQuestions(town.ns1)).toHaveLength(100);
    });
  });

  it('of records in several zones asks the servers of each', async () => {
    const other = new DnsZone('other.test', { nameServers: { 'ns1.example.com.': [] }, records: line });
    const there = { name: '_acme-challenge.other.test.', value: digest };
    expect(await outcomeOf({ records: line, zones: [other] }, { records: [record, there] })).toMatchObject({
      error: undefined,
    });
  });

  it('gets through a network that loses every third question', async () => {
    let questions = 0;
    const drop = (): boolean => {
      questions += 1;
      return questions % 3 === 0;
    };
    const lose = ({ ns1, ns2, recursor }: DnsTown): void => {
      for (const server of [ns1, ns2, recursor]) server.faults = { drop };
    };
    const outcome = await outcomeOf({ records: line }, { before: lose, records: [{ name, value: digest }] });
    expect(outcome.error).toBeUndefined();
    expect(outcome.ms).toBeLessThan(30_000);
  });

  it('works on a real network, on both families', async () => {
    const ports = nodePorts();
    const zone = new DnsZone('example.com', { nameServers: { ns1: ['127.0.0.1', '::1'] }, records: line });
    const server = new DnsServer({ ports, zones: [zone] });
    const first = await server.serve(ports.net, { host: '127.0.0.1', port: 0 });
    const nameServerPort = first.addresses[0]?.port ?? 0;
    const second = await server.serve(ports.net, { host: '::1', port: nameServerPort });
    const resolver = createResolver({ ports, servers: first.addresses, nameServerPort });
    const { clock } = ports;
    const timing = { timeoutMs: 10_000, intervalMs: 1000 };
    const records = [{ name, value: digest }];
    await waitForPropagation({ resolver, clock, records, checks: both, timing }, new AbortController().signal);
    expect(txtQuestions(server)).toHaveLength(3);
    await Promise.all([first.close(), second.close()]);
  });

  it('looks a last time when the time is over, and not later', async () => {
    const add = (town: DnsTown) => void town.example.add(line);
    expect(await outcomeOf({ ns2: { lagMs: 2900 } }, { before: add, timeoutMs: 3000 })).toMatchObject({
      error: undefined,
    });
    const late = await outcomeOf({ ns2: { lagMs: 3500 } }, { before: add, timeoutMs: 3000 });
    expect(late.error).toBeInstanceOf(BatchError);
    expect(late.ms).toBeLessThan(3100);
  });
});

describe('what is looked at', () => {
  it('are the resolvers alone where the horizon is split or port 53 is blocked', async () => {
    await inDnsTown({ records: line }, async (town) => {
      expect(await wait(town, { checks: { authoritative: false, recursive: true } })).toMatchObject({
        error: undefined,
      });
      expect(txtQuestions(town.ns1).length + txtQuestions(town.ns2).length).toBe(1);
      expect(town.recursor.queries.map(({ type }) => type)).toEqual(['TXT']);
    });
  });

  it('are the authoritative servers alone', async () => {
    await inDnsTown({ records: line }, async (town) => {
      expect(await wait(town, { checks: { authoritative: true, recursive: false } })).toMatchObject({
        error: undefined,
      });
      expect(txtQuestions(town.recursor)).toEqual([]);
    });
  });

  it('is nothing when both are off or there is no record', async () => {
    expect(await outcomeOf({}, { checks: { authoritative: false, recursive: false } })).toMatchObject({
      ms: 0,
      events: [],
    });
    expect(await outcomeOf({}, { records: [] })).toMatchObject({ ms: 0, error: undefined });
  });

  it.each([0, 7000])('is nothing for a fixed wait of %i ms', async (fixedWaitMs) => {
    await inDnsTown({}, async (town) => {
      const { ms, events } = await wait(town, { checks: { ...both, fixedWaitMs } });
      expect(Math.round(ms)).toBe(fixedWaitMs);
      expect(events).toEqual([{ type: 'waiting', what: '1 TXT record to spread', ms: fixedWaitMs }]);
      expect(town.recursor.queries).toEqual([]);
    });
  });
});

describe('a record that does not show', () => {
  const short = { timeoutMs: 1000, checks: { authoritative: true, recursive: false } };

  it('fails with its name, its value, each server and the cure', async () => {
    const { error } = await outcomeOf(
      { ns2: { lagMs: 9_000_000 } },
      { ...short, before: ({ example }) => void example.add(line) },
    );
    expect(error).toBeInstanceOf(BatchError);
    expect(error).toMatchObject({
      code: 'not-propagated',
      message:
        'The TXT record _acme-challenge.example.com. with the value "the-digest" is not everywhere after 1 s: ' +
        'ns2.example.com. (10.0.1.2) answers NXDOMAIN (no such name); ns2.example.com. (fd00::1:2) answers NXDOMAIN (no such name)',
      next: expect.stringMatching(/longer.*--dns\.propagation\.disable-ans/),
    });
  });

  it.each([
    ['refused', 'answers REFUSED (it does not serve the zone: lame)'],
    ['servfail', 'answers SERVFAIL (it does not serve the zone: lame)'],
  ] as const)('at a lame server names it: %s', async (lame, text) => {
    expect(messageOf(await outcomeOf({ records: line, ns2: { lame } }, short))).toContain(
      `ns2.example.com. (10.0.1.2) ${text}`,
    );
  });

  it('at a server that only refers to others says that it is lame', async () => {
    const lose = ({ ns2 }: DnsTown): void => {
      ns2.host(new DnsZone('com', { nameServers: { 'ns.other.test.': [] }, records: 'example NS ns1.example.com.' }));
      ns2.unhost('example.com');
    };
    expect(messageOf(await outcomeOf({ records: line }, { ...short, before: lose }))).toContain(
      'ns2.example.com. (10.0.1.2) answers without authority (it does not serve the zone: lame)',
    );
  });

  it('at a silent server names it', async () => {
    const silence = ({ ns2 }: DnsTown): void => {
      ns2.faults = { drop: () => true };
    };
    const outcome = await outcomeOf({ records: line, resolver: { timeoutMs: 800 } }, { ...short, before: silence });
    expect(messageOf(outcome)).toContain(
      'ns2.example.com. (10.0.1.2) does not answer; ns2.example.com. (fd00::1:2) does',
    );
    expect(outcome.error).toHaveProperty('next', expect.stringContaining('Mend or remove'));
    expect(outcome.ms).toBeLessThan(3100);
  });

  it('at a server that is silent for longer than there is time ends in time', async () => {
    const silence = ({ ns2 }: DnsTown): void => {
      ns2.faults = { drop: () => true };
    };
    const outcome = await outcomeOf({ records: line }, { ...short, before: silence });
    expect(messageOf(outcome)).toContain('ns2.example.com. (10.0.1.2) has not answered yet');
    expect(outcome.ms).toBeLessThan(3100);
  });

  it('at a silent server does not cost a question for each name', async () => {
    await inDnsTown({ resolver: { timeoutMs: 500 } }, async (town) => {
      town.ns2.faults = { drop: () => true };
      const records = Array.from({ length: 100 }, (_, n) => ({ ...record, name: `w${n}.example.com.` }));
      await wait(town, { ...short, records, timeoutMs: 100 });
      expect(txtQuestions(town.ns2).length).toBeLessThan(150);
    });
  });

  it('shows what is there instead', async () => {
    const outcome = await outcomeOf(
      { records: '_acme-challenge TXT "another\u0007one"\n_acme-challenge TXT two' },
      short,
    );
    expect(messageOf(outcome)).toContain('(10.0.1.1) shows "another one", "two" instead');
    const empty = await outcomeOf({ records: '_acme-challenge A 192.0.2.1' }, short);
    expect(messageOf(empty)).toContain('(10.0.1.1) has no TXT record there');
  });

  it('at a name that has become an alias says so', async () => {
    const checks = { authoritative: true, recursive: false };
    const aliased = await outcomeOf({ records: '_acme-challenge CNAME held.example.net.' }, { ...short, checks });
    expect(messageOf(aliased)).toContain('(10.0.1.1) has a CNAME record to held.example.net. there, and no TXT record');
  });

  it('at a resolver names that, and the way to leave it out', async () => {
    const outcome = await outcomeOf({}, { ...short, checks: { authoritative: false, recursive: true } });
    expect(messageOf(outcome)).toMatch(/: the resolver 10\.0\.2\.1 answers NXDOMAIN/);
    expect(outcome.error).toHaveProperty('next', expect.stringContaining('--dns.propagation.disable-rns'));
  });

  it('does not spoil the others: the failure says which it was', async () => {
    const records = [record, { ...record, value: 'another' }, { ...record, name: 'x.example.com.' }];
    const { error } = await outcomeOf({ records: line }, { ...short, records });
    expect(error instanceof BatchError && error.failures.map(({ index }) => index)).toEqual([1, 2]);
  });

  it('of a zone whose servers cannot be found fails with that', async () => {
    const { error } = await outcomeOf({}, { ...short, records: [{ ...record, zone: 'nowhere.test.' }] });
    expect(error).toMatchObject({ code: 'name-not-found', message: 'The zone nowhere.test. does not exist' });
  });

  it('stops with the signal', async () => {
    const stop = new AbortController();
    const reason = new EversealError('aborted', 'enough');
    const abort = ({ ports }: DnsTown): void => void ports.clock.sleep(700).then(() => stop.abort(reason));
    const { error, ms } = await outcomeOf({}, { signal: stop.signal, before: abort });
    expect(error).toBe(reason);
    expect(Math.round(ms)).toBe(700);
  });
});

describe('an address family that leads nowhere', () => {
  const authoritative = { authoritative: true, recursive: false };

  /** As on a machine without a route for it. */
  function without(family: 4 | 6, net: Net): Net {
    const isMissing = (host: string): boolean => host.includes(':') === (family === 6);
    return {
      ...net,
      exchangeDns: (options) =>
        isMissing(options.address.host)
          ? Promise.reject(new EversealError('network', 'the host cannot be reached'))
          : net.exchangeDns(options),
    };
  }

  it('is left out with one note', async () => {
    await inDnsTown({ records: line }, async (town) => {
      const ports = { ...town.ports, net: without(6, town.ports.net) };
      const resolver = createResolver({ ports, servers: town.resolver.servers });
      const outcome = await wait(town, { resolver, records: [record, record], checks: authoritative });
      expect(outcome).toMatchObject({ error: undefined, events: [], notes: [expect.stringContaining('IPv6')] });
    });
  });

  const silentSoon = { records: line, resolver: { timeoutMs: 500 } };

  it('is left out, too, when what is sent there is swallowed', async () => {
    const swallow = ({ example }: DnsTown): void => {
      for (const host of ['ns1', 'ns2']) {
        example.removeAll(host, 'AAAA');
        example.add(`${host} AAAA fd00::dead`);
      }
    };
    const outcome = await outcomeOf(silentSoon, { before: swallow, checks: authoritative, timeoutMs: 3000 });
    expect(outcome).toMatchObject({ error: undefined, notes: [expect.stringContaining('IPv6')] });
  });

  it('is not left out for one silent address among others', async () => {
    const spoil = ({ example }: DnsTown): void => void example.add('ns1 AAAA fd00::dead');
    const outcome = await outcomeOf(silentSoon, { before: spoil, checks: authoritative, timeoutMs: 3000 });
    expect([messageOf(outcome), outcome.notes]).toEqual([expect.stringContaining('(fd00::dead) does not answer'), []]);
  });

  it('is not left out for a server that has no other', async () => {
    const spoil = ({ example }: DnsTown): void => {
      for (const host of ['ns1', 'ns2']) example.removeAll(host, 'AAAA');
      example.removeAll('ns2', 'A');
      example.add('ns2 AAAA fd00::dead');
    };
    const outcome = await outcomeOf(silentSoon, { before: spoil, checks: authoritative, timeoutMs: 3000 });
    expect(messageOf(outcome)).toContain('(fd00::dead) does not answer');
  });

  it('is not left out when nothing else works', async () => {
    await inDnsTown({ records: line }, async (town) => {
      const net = without(6, without(4, town.ports.net));
      const resolver: DnsResolver = {
        ...town.resolver,
        servers: town.resolver.servers,
        nameServers: (zone, signal) => town.resolver.nameServers(zone, signal),
        ask: (...args) =>
          createResolver({ ports: { ...town.ports, net }, servers: town.resolver.servers }).ask(...args),
      };
      const { error } = await wait(town, { resolver, checks: authoritative, timeoutMs: 1000 });
      expect(error).toMatchObject({ message: expect.stringContaining('cannot be reached from this machine') });
    });
  });
});

describe('a resolver that remembers the time before the record', () => {
  const tooEarly = async ({ resolver, example, signal }: DnsTown): Promise<void> => {
    await resolver.lookupTxt(name, signal);
    example.add(line);
  };

  it('is waited for when it forgets in time', async () => {
    const outcome = await outcomeOf({ negativeTtl: 20 }, { before: tooEarly });
    expect(outcome).toMatchObject({ error: undefined, notes: [] });
    expect(outcome.ms).toBeGreaterThan(19_000);
    expect(outcome.ms).toBeLessThan(22_000);
  });

  it('is not waited for when it does not, since all authoritative servers have the record', async () => {
    const outcome = await outcomeOf({ negativeTtl: 3600 }, { before: tooEarly });
    expect(outcome).toMatchObject({
      error: undefined,
      events: [],
      notes: [expect.stringMatching(/10\.0\.2\.1 .*300 s/)],
    });
    expect(outcome.ms).toBeLessThan(100);
  });

  it('is waited for when it is no memory, but a copy of the zone that lags', async () => {
    const lag = ({ recursor, example }: DnsTown): void => {
      recursor.host({ zone: example, lagMs: 3000 });
      example.add(line);
    };
    const outcome = await outcomeOf({ negativeTtl: 3600 }, { before: lag });
    expect(outcome).toMatchObject({ error: undefined, notes: [] });
    expect(outcome.ms).toBeGreaterThan(2900);
  });

  it('is waited for where nobody else is asked', async () => {
    const checks = { authoritative: false, recursive: true };
    const { error } = await outcomeOf({ negativeTtl: 3600 }, { before: tooEarly, checks, timeoutMs: 5000 });
    expect(error).toMatchObject({ code: 'not-propagated' });
  });
});
