import { createSocket } from 'node:dgram';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startBind } from './harness/bind.ts';
import { clockAhead } from './harness/clock-ahead.ts';
import { type DnsWish, dnsupdateSettings, obtainByDns } from './harness/dns-run.ts';
import { type TemporaryFolder, temporaryFolder } from './harness/folder.ts';
import { startKnot } from './harness/knot.ts';
import { loopbackAddresses } from './harness/loopback.ts';
import { type NameServer, textsAt } from './harness/name-server.ts';
import { type Pebble, startPebble } from './harness/pebble.ts';
import type { Finished } from './harness/process.ts';
import { Started } from './harness/started.ts';

const resolver = '127.10.6.53';
const kinds = [
  { title: 'BIND', start: startBindAt, address: '127.10.6.1', closed: 'REFUSED' },
  { title: 'Knot', start: startKnotAt, address: '127.10.6.3', closed: 'BADKEY' },
] as const;

function zonesOf(title: string, address: string) {
  const records = ['@ NS ns1', `ns1 A ${address}`];
  const name = title.toLowerCase();
  return [
    { apex: `open.${name}.example`, records: [...records, '_acme-challenge 99 TXT "theirs"'] },
    { apex: `closed.${name}.example`, records, updates: false },
    // The server does not load it.
    { apex: `broken.${name}.example`, records: [...records, 'www A not-an-address'] },
  ];
}

function startBindAt(address: string, title: string): Promise<NameServer> {
  return startBind({ addresses: [address], zones: zonesOf(title, address) });
}

function startKnotAt(address: string, title: string): Promise<NameServer> {
  return startKnot({ address, zones: zonesOf(title, address) });
}

const started = new Started();
let pebble: Pebble;
let folder: TemporaryFolder;
beforeAll(async () => {
  const forwards = Object.fromEntries(
    kinds.flatMap(({ title, address }) => zonesOf(title, address).map(({ apex }) => [apex, address])),
  );
  [pebble] = await Promise.all([
    started.keep(startPebble('calm', `${resolver}:53`)),
    started.keep(startBind({ addresses: [resolver], forwards })),
  ]);
});
afterAll(() => started.stop());
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** A refusal that names all of these, and what to do; and nothing is left in the zone. */
async function expectRefusal(
  wish: Omit<DnsWish, 'path' | 'resolver'> & { resolver?: string },
  told: readonly (string | RegExp)[],
): Promise<Finished> {
  const run = await obtainByDns(pebble, { path: folder.path, resolver, ...wish });
  expect(run, run.stderr).toMatchObject({ code: 1 });
  for (const part of told) expect(run.stderr).toMatch(part);
  expect(run.stderr).not.toMatch(/^\s+at .*\(?(node:|file:|\/).*:\d+:\d+/m);
  return run;
}

describe.each(kinds)('$title', ({ title, start, address, closed }) => {
  const under = (label: string) => `${label}.${title.toLowerCase()}.example`;
  let server: NameServer;
  let settings: Record<string, string>;
  beforeAll(async () => {
    server = await started.keep(start(address, title));
    settings = dnsupdateSettings(server);
  });
  afterEach(async () => {
    expect(await textsAt(address, `_acme-challenge.${under('open')}.`)).toEqual(['99 theirs']);
  });

  it('that does not know the key says BADKEY', async () => {
    const domains = [under('open'), `*.${under('open')}`];
    await expectRefusal({ domains, settings: { ...settings, DNSUPDATE_TSIG_KEY: 'no-such-key' } }, [
      under('open'),
      address,
      'BADKEY',
      'no-such-key',
      /Check name and algorithm of the key/,
    ]);
  });

  it('that has another secret for the key says BADSIG', async () => {
    const DNSUPDATE_TSIG_SECRET = Buffer.from('not the secret that the server has').toString('base64');
    const run = await expectRefusal({ domains: [under('open')], settings: { ...settings, DNSUPDATE_TSIG_SECRET } }, [
      under('open'),
      address,
      'BADSIG',
      server.key.name,
      /Copy the secret/,
    ]);
    expect(run.stderr).not.toContain(DNSUPDATE_TSIG_SECRET);
  });

  // Of the two clocks it is ours that is wrong: named does not start under libfaketime.
  it('whose clock is an hour behind says BADTIME', async () => {
    await expectRefusal({ domains: [under('open')], settings: { ...settings, ...clockAhead(3_600) } }, [
      under('open'),
      address,
      'BADTIME',
      /3(599|600|601) s apart/,
      /Set the clock/,
    ]);
  });

  it('that does not let the key update the zone is named with what to allow', async () => {
    await expectRefusal({ domains: [under('closed')], settings }, [under('closed'), address, closed, server.key.name]);
  });

  it('that cannot load the zone is named with its SERVFAIL', async () => {
    await expectRefusal({ domains: [under('broken')], settings }, [
      under('broken'),
      resolver,
      'SERVFAIL',
      /Check the name servers/,
    ]);
  });
});

describe('a resolver', () => {
  it('that does not answer is named', async () => {
    const address = '127.10.6.99';
    const release = loopbackAddresses([address]);
    const silent = createSocket('udp4');
    await new Promise<void>((resolve) => silent.bind(53, address, resolve));
    try {
      const settings = { DNSUPDATE_NAMESERVER: '127.10.6.1' };
      await expectRefusal(
        { domains: ['open.bind.example'], settings, resolver: address, more: ['--dns.timeout', '1'] },
        ['open.bind.example', address],
      );
    } finally {
      silent.close();
      release();
    }
  });

  it('that is nowhere is named', async () => {
    const settings = { DNSUPDATE_NAMESERVER: '127.10.6.1' };
    await expectRefusal({ domains: ['open.bind.example'], settings, resolver: '127.10.6.98' }, [
      'open.bind.example',
      '127.10.6.98',
    ]);
  });

  it('that says SERVFAIL is named', async () => {
    const settings = { DNSUPDATE_NAMESERVER: '127.10.6.1' };
    const lame = '127.10.6.54';
    await started.keep(startBind({ addresses: [lame], forwards: { 'dead.example': '127.10.6.97' } }));
    await expectRefusal({ domains: ['dead.example'], settings, resolver: lame }, ['dead.example', lame, 'SERVFAIL']);
  });
});

describe('a zone', () => {
  const address = '127.10.6.5';
  const own = '127.10.6.55';
  let settings: Record<string, string>;
  beforeAll(async () => {
    const records = ['@ NS ns1', `ns1 A ${address}`];
    const loop = ['_acme-challenge.loop CNAME ring', 'ring CNAME _acme-challenge.loop'];
    const elsewhere = ['child NS ns.child', 'ns.child A 127.10.6.6'];
    // It is delegated to a server that does not have it.
    const lame = ['lame NS ns1'];
    const zones = [{ apex: 'torn.example', records: [...records, ...loop, ...elsewhere, ...lame] }];
    const child = [{ apex: 'child.torn.example', records: ['@ NS ns', 'ns A 127.10.6.6'] }];
    const [server] = await Promise.all([
      started.keep(startBind({ addresses: [address], zones })),
      started.keep(startBind({ addresses: ['127.10.6.6'], zones: child })),
      started.keep(startBind({ addresses: [own], forwards: { 'torn.example': address } })),
    ]);
    settings = dnsupdateSettings(server);
  });

  it.each<readonly [string, string, readonly (string | RegExp)[]]>([
    ['that does not exist', 'host.nowhere.example', [/No zone found/, /Check the spelling/]],
    ['with aliases in a circle', 'loop.torn.example', ['ring.torn.example', /Mend or remove the CNAME/]],
    ['that is delegated to a server without it', 'lame.torn.example', [address, /Load the zone there/]],
    [
      'that is on another server than the one that is to be updated',
      'child.torn.example',
      [address, 'NOTAUTH', /primary server/],
    ],
  ])('%s is named', async (_, name, told) => {
    await expectRefusal({ domains: [name], settings, resolver: own }, [name, ...told]);
  });

  it('whose server for updates is nowhere is named', async () => {
    const nowhere = '127.10.6.97';
    await expectRefusal({ domains: ['torn.example'], settings: { DNSUPDATE_NAMESERVER: nowhere }, resolver: own }, [
      'torn.example',
      nowhere,
      /Check that (the server runs|a DNS server listens there)/,
    ]);
  });
});
