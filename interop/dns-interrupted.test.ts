import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startBind } from './harness/bind.ts';
import { type DnsWish, dnsArguments, dnsEnvironment, dnsupdateSettings, obtainByDns } from './harness/dns-run.ts';
import { type TemporaryFolder, temporaryFolder } from './harness/folder.ts';
import { type NameServer, textsAt } from './harness/name-server.ts';
import { type Pebble, startPebble } from './harness/pebble.ts';
import { type Server, startServer } from './harness/process.ts';
import { program } from './harness/root.ts';
import { Started } from './harness/started.ts';

const primary = '127.10.5.1';
const secondary = '127.10.5.2';
const resolver = '127.10.5.53';
const apex = 'stopped.example';
const record = `_acme-challenge.${apex}.`;

describe('everseal stopped while it waits for a secondary that never comes after', () => {
  const started = new Started();
  let bind: NameServer;
  let pebble: Pebble;
  let folder: TemporaryFolder;
  let wish: DnsWish;
  beforeAll(async () => {
    const records = [
      '@ NS ns1',
      `ns1 A ${primary}`,
      '@ NS ns2',
      `ns2 A ${secondary}`,
      `_acme-challenge 99 TXT "theirs"`,
    ];
    bind = await started.keep(startBind({ addresses: [primary], zones: [{ apex, records }] }));
    [, , pebble] = await Promise.all([
      started.keep(startBind({ addresses: [secondary], secondaryOf: { primary, zones: [apex], everySeconds: 3600 } })),
      started.keep(startBind({ addresses: [resolver], forwards: { [apex]: primary } })),
      started.keep(startPebble('calm', `${resolver}:53`)),
    ]);
  });
  afterAll(() => started.stop());
  beforeEach(() => {
    folder = temporaryFolder();
    wish = { path: folder.path, resolver, domains: [apex, `*.${apex}`], settings: dnsupdateSettings(bind) };
  });
  afterEach(() => folder.remove());

  /** A run that has written its two values and waits. */
  async function waitingRun(): Promise<Server> {
    const run = startServer(process.execPath, [program, ...dnsArguments(pebble, wish)], {
      env: dnsEnvironment(pebble, wish),
    });
    while ((await textsAt(primary, record)).length < 3) {
      if (!run.running()) throw new Error(`It ended early:\n${run.output()}`);
      await sleep(25);
    }
    await sleep(300);
    return run;
  }

  it.each([
    ['goes on with the order', [apex, `*.${apex}`]],
    ['makes another order', [apex]],
  ])(
    'by kill -9 leaves its records to the next run, which %s and removes them and nothing else',
    async (_, domains) => {
      const killed = await waitingRun();
      killed.signal('SIGKILL');
      await killed.ended;
      const left = (await textsAt(primary, record)).filter((text) => text !== '99 theirs');
      expect(left).toHaveLength(2);
      const next = await obtainByDns(pebble, { ...wish, domains, more: ['--dns.propagation.disable-ans'] });
      expect(next, next.stderr).toMatchObject({ code: 0 });
      expect(await textsAt(primary, record)).toEqual(['99 theirs']);
    },
  );

  it.each(['SIGINT', 'SIGTERM'] as const)('by %s removes its records at once', async (name) => {
    const run = await waitingRun();
    const begin = performance.now();
    run.signal(name);
    expect(await run.ended, run.output()).toBe(name === 'SIGINT' ? 130 : 143);
    expect(performance.now() - begin).toBeLessThan(3_000);
    expect(await textsAt(primary, record)).toEqual(['99 theirs']);
  });
});
