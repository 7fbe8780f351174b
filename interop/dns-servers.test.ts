import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TsigAlgorithm } from '../src/dns/index.ts';
import { startBind } from './harness/bind.ts';
import { type DnsWish, dnsupdateSettings, obtainByDns } from './harness/dns-run.ts';
import { certificateFiles } from './harness/everseal.ts';
import { type TemporaryFolder, temporaryFolder } from './harness/folder.ts';
import { startKnot } from './harness/knot.ts';
import { type NameServer, putForeign, rawTextsAt, textsAt } from './harness/name-server.ts';
import { verifyChain } from './harness/openssl.ts';
import { type Pebble, startPebble } from './harness/pebble.ts';
import { Started } from './harness/started.ts';

const started = new Started();
afterAll(() => started.stop());

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** Two values of somebody else's at one name: more than one string, octets that are no text, and a TTL of their own. */
const foreign = ['777 TXT "of \\"somebody\\" else; \\\\ \\000\\255" "and a second string"', '777 TXT ""'];

const ns = (address: string) => ['@ NS ns1', `ns1 A ${address}`];

const bindAddress = '127.10.1.1';
const knotAddress = '127.10.1.2';
const childAddress = '127.10.1.3';
const resolver = '127.10.1.53';

describe('everseal and real DNS servers', () => {
  let bind: NameServer;
  let knot: NameServer;
  let child: NameServer;
  let pebble: Pebble;
  beforeAll(async () => {
    const mine = foreign.map((content) => `_acme-challenge ${content}`);
    const delegation = ['child NS ns.child', `ns.child A ${childAddress}`];
    const alias = '_acme-challenge.alias CNAME for-alias.knot.example.';
    [bind, knot, child, pebble] = await Promise.all([
      started.keep(
        startBind({
          addresses: [bindAddress],
          zones: [
            { apex: 'bind.example', records: [...ns(bindAddress), ...mine, ...delegation, alias] },
            { apex: 'other.example', records: ns(bindAddress) },
          ],
        }),
      ),
      started.keep(
        startKnot({
          address: knotAddress,
          zones: [{ apex: 'knot.example', records: [...ns(knotAddress), ...mine, 'for-alias 555 TXT "theirs"'] }],
        }),
      ),
      started.keep(
        startBind({
          addresses: [childAddress],
          zones: [{ apex: 'child.bind.example', records: ['@ NS ns', `ns A ${childAddress}`] }],
        }),
      ),
      started.keep(startPebble('calm', `${resolver}:53`)),
      started.keep(
        startBind({
          addresses: [resolver],
          forwards: { 'bind.example': bindAddress, 'other.example': bindAddress, 'knot.example': knotAddress },
        }),
      ),
    ]);
  });

  async function expectCertificate(wish: Pick<DnsWish, 'domains' | 'settings'>): Promise<string> {
    const run = await obtainByDns(pebble, { path: folder.path, resolver, ...wish });
    expect(run, run.stderr).toMatchObject({ code: 0 });
    const [first = ''] = wish.domains;
    const { crt } = certificateFiles(folder.path, first.replace('*', '_'));
    for (const name of wish.domains) verifyChain(crt, await pebble.rootFile(), name.replace('*', 'any'));
    expect(run.stderr).not.toMatch(/warn/i);
    return run.stderr;
  }

  it.each([
    ['BIND', 'bind.example', () => bind],
    ['Knot', 'knot.example', () => knot],
  ])('prove a name and its wildcard beside the values of somebody else at %s', async (_, zone, server) => {
    const name = `_acme-challenge.${zone}.`;
    const before = await rawTextsAt(server().address, name);
    expect(before).toHaveLength(2);
    await expectCertificate({ domains: [zone, `*.${zone}`], settings: dnsupdateSettings(server()) });
    expect(await rawTextsAt(server().address, name)).toEqual(before);
  });

  it('prove names of a zone that is delegated to another server', async () => {
    const domains = ['child.bind.example', '*.child.bind.example', 'host.below.child.bind.example'];
    await expectCertificate({ domains, settings: dnsupdateSettings(child) });
    for (const name of ['', 'host.below.']) {
      expect(await textsAt(childAddress, `_acme-challenge.${name}child.bind.example.`)).toEqual([]);
    }
    expect(bind.log()).not.toMatch(/updating zone 'child/);
  });

  it('prove a name whose challenge name is an alias into a zone of another server', async () => {
    await expectCertificate({
      domains: ['alias.bind.example', '*.alias.bind.example'],
      settings: dnsupdateSettings(knot),
    });
    expect(await textsAt(knotAddress, 'for-alias.knot.example.')).toEqual(['555 theirs']);
  });

  it('prove fifty names of two zones in one order, with one update for each zone and phase', async () => {
    const domains = Array.from({ length: 50 }, (_, at) => `n${at}.${at % 2 === 0 ? 'bind' : 'other'}.example`);
    const before = bind.log().length;
    const told = await expectCertificate({ domains, settings: dnsupdateSettings(bind) });
    expect(told).not.toContain('MaxListenersExceeded');
    const log = bind.log().slice(before);
    for (const zone of ['bind.example', 'other.example']) {
      expect(updatesOf(log, zone)).toEqual([
        { 'adding an RR': 25, 'deleting an RR': 0 },
        { 'adding an RR': 0, 'deleting an RR': 25 },
      ]);
    }
    for (const name of domains) expect(await textsAt(bindAddress, `_acme-challenge.${name}.`)).toEqual([]);
  });

  /** What each update did, by BIND's log: one client's port and message is one update. */
  function updatesOf(log: string, zone: string) {
    const actions = ['adding an RR', 'deleting an RR'] as const;
    const lines = log.split('\n').filter((line) => line.includes(`updating zone '${zone}/IN'`));
    const clients = new Set(lines.map((line) => /client @\S+ (\S+)\/key/.exec(line)?.[1] ?? line));
    return [...clients].map((client) => {
      const own = lines.filter((line) => line.includes(`${client}/key`));
      return Object.fromEntries(actions.map((action) => [action, own.filter((line) => line.includes(action)).length]));
    });
  }
});

describe.each<TsigAlgorithm>(['hmac-md5', 'hmac-sha1', 'hmac-sha224', 'hmac-sha384', 'hmac-sha512'])(
  'BIND with a key for %s',
  (algorithm) => {
    const address = '127.10.2.1';
    const own = new Started();
    afterAll(() => own.stop());

    it('takes the updates', async () => {
      const zones = [{ apex: 'signed.example', records: ns(address) }];
      const [server, , pebble] = await Promise.all([
        own.keep(startBind({ addresses: [address], zones, algorithm })),
        own.keep(startBind({ addresses: ['127.10.2.53'], forwards: { 'signed.example': address } })),
        own.keep(startPebble('calm', '127.10.2.53:53')),
      ]);
      const settings = dnsupdateSettings(server);
      const wish = { path: folder.path, resolver: '127.10.2.53', domains: ['signed.example', '*.signed.example'] };
      const run = await obtainByDns(pebble, { ...wish, settings });
      expect(run, run.stderr).toMatchObject({ code: 0 });
      expect(server.log()).toMatch(/adding an RR at '_acme-challenge\.signed\.example' TXT/);
      expect(await textsAt(address, '_acme-challenge.signed.example.')).toEqual([]);
    });
  },
);

describe('a secondary that is five seconds late', () => {
  const primary = '127.10.3.1';
  const secondary = '127.10.3.2';
  const apex = 'late.example';
  const lagSeconds = 5;

  it('is waited for, and no longer than that', async () => {
    const records = [...ns(primary), '@ NS ns2', `ns2 A ${secondary}`];
    const server = await started.keep(startBind({ addresses: [primary], zones: [{ apex, records }] }));
    const late = startBind({
      addresses: [secondary],
      secondaryOf: { primary, zones: [apex], everySeconds: lagSeconds },
    });
    const [, , pebble] = await Promise.all([
      started.keep(late),
      started.keep(startBind({ addresses: ['127.10.3.53'], forwards: { [apex]: secondary } })),
      started.keep(startPebble('calm', '127.10.3.53:53')),
    ]);
    await refreshOfSecondary(server);
    const wish = { path: folder.path, resolver: '127.10.3.53', domains: [apex, `*.${apex}`] };
    const run = await obtainByDns(pebble, { ...wish, settings: dnsupdateSettings(server) });
    expect(run, run.stderr).toMatchObject({ code: 0 });
    // BIND takes off up to a quarter of the time, so that secondaries do not all come at once.
    expect(run.ms).toBeGreaterThan(lagSeconds * 500);
    expect(run.ms).toBeLessThan(lagSeconds * 1000 + 5000);
    expect(pebble.log()).not.toMatch(/incorrect|Correct value not found/i);
    expect(await textsAt(primary, `_acme-challenge.${apex}.`)).toEqual([]);
  });

  /** Waits until it has just copied the zone: from now on it is late by the whole time. */
  async function refreshOfSecondary(server: NameServer): Promise<void> {
    await putForeign(server, `${apex}.`, `marker.${apex}.`, 'here', 60);
    while ((await textsAt(secondary, `marker.${apex}.`)).length === 0) await sleep(50);
  }
});

describe('IPv6', () => {
  const apex = 'six.example';

  it('alone is enough for name servers', async () => {
    const zones = [{ apex, records: ['@ NS ns1', 'ns1 AAAA ::1'] }];
    const [server, , pebble] = await Promise.all([
      started.keep(startBind({ addresses: ['::1'], zones })),
      started.keep(startBind({ addresses: ['127.10.4.53'], forwards: { [apex]: '::1' } })),
      started.keep(startPebble('calm', '127.10.4.53:53')),
    ]);
    const wish = { path: folder.path, resolver: '127.10.4.53', domains: [apex, `*.${apex}`] };
    const run = await obtainByDns(pebble, { ...wish, settings: dnsupdateSettings(server) });
    expect(run, run.stderr).toMatchObject({ code: 0 });
    expect(await textsAt('::1', `_acme-challenge.${apex}.`)).toEqual([]);
  });
});
