import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DnsUpdater } from '../src/dns/index.ts';
import { nodePorts } from '../src/node/index.ts';
import { type AcmeDnsStandIn, startAcmeDnsStandIn } from './harness/acme-dns-stand-in.ts';
import { startBind } from './harness/bind.ts';
import { type DnsWish, obtainByDns } from './harness/dns-run.ts';
import { certificateFiles } from './harness/everseal.ts';
import { type TemporaryFolder, temporaryFolder } from './harness/folder.ts';
import { type HttpCall, startHttp } from './harness/http-server.ts';
import { type NameServer, textsAt } from './harness/name-server.ts';
import { verifyChain } from './harness/openssl.ts';
import { type Pebble, startPebble } from './harness/pebble.ts';
import { Started } from './harness/started.ts';

const address = '127.10.7.1';
const acmeDnsAddress = '127.10.7.2';
const resolver = '127.10.7.53';
const apex = 'town.example';

const started = new Started();
let bind: NameServer;
let acmeDns: AcmeDnsStandIn;
let pebble: Pebble;
let folder: TemporaryFolder;
beforeAll(async () => {
  const records = ['@ NS ns1', `ns1 A ${address}`, '_acme-challenge 333 TXT "theirs"'];
  [bind, acmeDns, pebble] = await Promise.all([
    started.keep(startBind({ addresses: [address], zones: [{ apex, records }] })),
    started.keep(startAcmeDnsStandIn('auth.example', acmeDnsAddress)),
    started.keep(startPebble('calm', `${resolver}:53`)),
    started.keep(startBind({ addresses: [resolver], forwards: { [apex]: address, 'auth.example': acmeDnsAddress } })),
  ]);
});
afterAll(() => started.stop());
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

async function expectCertificate(code: string, wish: Pick<DnsWish, 'domains' | 'settings' | 'more'>): Promise<string> {
  const run = await obtainByDns(pebble, { path: folder.path, resolver, by: ['--dns', code], ...wish });
  expect(run, run.stderr).toMatchObject({ code: 0 });
  const [first = ''] = wish.domains;
  const { crt } = certificateFiles(folder.path, first);
  for (const name of wish.domains) verifyChain(crt, await pebble.rootFile(), name.replace('*', 'any'));
  return run.stderr;
}

describe('acme-dns (a stand-in)', () => {
  it('is told of a domain by one CNAME record, made by hand once, and holds the values from then on', async () => {
    const domains = ['host.town.example', '*.host.town.example'];
    const settings = {
      ACME_DNS_API_BASE: acmeDns.api,
      ACME_DNS_STORAGE_PATH: join(folder.path, 'acme-dns.json'),
      ACME_DNS_ALLOWLIST: '127.0.0.0/8',
    };
    const wish = { path: folder.path, resolver, by: ['--dns', 'acme-dns'], domains, settings };
    const first = await obtainByDns(pebble, wish);
    expect(first, first.stderr).toMatchObject({ code: 1 });
    const [account] = acmeDns.accounts.values();
    expect(account).toMatchObject({ allowfrom: ['127.0.0.0/8'] });
    const { fulldomain = '', password = '' } = account ?? {};
    expect(first.stderr).toContain(`_acme-challenge.host.town.example. CNAME ${fulldomain}.`);
    expect(first.stderr).not.toContain(password);

    updateBind([`update add _acme-challenge.host.${apex}. 1 CNAME ${fulldomain}.`]);
    // The resolver remembers for a second that there was none.
    await sleep(1_100);
    await expectCertificate('acme-dns', { domains, settings });
    expect(new Set(acmeDns.values(fulldomain))).toHaveLength(2);

    const before = acmeDns.values(fulldomain);
    await expectCertificate('acmedns', { domains, settings, more: ['--renew-force'] });
    expect(acmeDns.accounts.size).toBe(1);
    expect(acmeDns.values(fulldomain).filter((value) => before.includes(value))).toEqual([]);
  });
});

describe('httpreq', () => {
  it('has a web server write and remove the records', async () => {
    const updater = new DnsUpdater({ ports: nodePorts(), server: { host: address, port: 53 }, key: bind.key });
    const server = await startHttp(async (call) => {
      const { fqdn, value } = JSON.parse(call.body);
      const signal = AbortSignal.timeout(5_000);
      if (call.path === '/dns/present') await updater.add(`${apex}.`, [{ name: fqdn, value, ttl: 1 }], signal);
      if (call.path === '/dns/cleanup') await updater.remove(`${apex}.`, [{ name: fqdn, value }], signal);
      return { status: call.path.startsWith('/dns/') ? 200 : 404 };
    });
    try {
      const settings = { HTTPREQ_ENDPOINT: `${server.url}/dns`, HTTPREQ_USERNAME: 'suite', HTTPREQ_PASSWORD: 'secret' };
      await expectCertificate('httpreq', { domains: [apex, `*.${apex}`], settings });
      const valuesOf = (path: string) => server.calls.filter((call) => call.path === path).map(({ body }) => body);
      expect(new Set(valuesOf('/dns/present'))).toHaveLength(2);
      expect(new Set(valuesOf('/dns/cleanup'))).toEqual(new Set(valuesOf('/dns/present')));
      const login = ({ headers }: HttpCall) => headers.authorization;
      expect(new Set(server.calls.map(login))).toEqual(new Set([`Basic ${btoa('suite:secret')}`]));
    } finally {
      await server.stop();
    }
    expect(await textsAt(address, `_acme-challenge.${apex}.`)).toEqual(['333 theirs']);
  });

  it('shows what the web server says to a record that it does not make', async () => {
    const server = await startHttp(() => ({ status: 403, json: { reason: 'no such zone here' } }));
    try {
      const settings = { HTTPREQ_ENDPOINT: server.url };
      const wish = { path: folder.path, resolver, by: ['--dns', 'httpreq'], domains: [apex], settings };
      const run = await obtainByDns(pebble, wish);
      expect(run, run.stderr).toMatchObject({ code: 1 });
      expect(run.stderr).toMatch(/403/);
      expect(run.stderr).toContain('no such zone here');
    } finally {
      await server.stop();
    }
  });
});

describe('exec', () => {
  it('has a shell script write and remove the records, by nsupdate', async () => {
    const { program, log } = script();
    await expectCertificate('exec', { domains: [apex, `*.${apex}`], settings: { EXEC_PATH: program } });
    const calls = readFileSync(log, 'utf8').trim().split('\n');
    expect(calls.map((call) => call.replace(/ [\w-]{43}$/, ' VALUE'))).toEqual([
      `present _acme-challenge.${apex}. VALUE`,
      `present _acme-challenge.${apex}. VALUE`,
      `cleanup _acme-challenge.${apex}. VALUE`,
      `cleanup _acme-challenge.${apex}. VALUE`,
    ]);
    expect(await textsAt(address, `_acme-challenge.${apex}.`)).toEqual(['333 theirs']);
  });

  it('ends the order when the program fails, shows its last lines, and has it clean up', async () => {
    const { program, log } = script('echo "zone is locked by the night shift" >&2; exit 3');
    const wish = { path: folder.path, resolver, by: ['--dns', 'exec'], domains: [`failing.${apex}`] };
    const run = await obtainByDns(pebble, { ...wish, settings: { EXEC_PATH: program } });
    expect(run, run.stderr).toMatchObject({ code: 1 });
    expect(run.stderr).toContain('zone is locked by the night shift');
    expect(run.stderr).toContain('exit code 3');
    expect(readFileSync(log, 'utf8')).toMatch(/^present .*\ncleanup /);
    expect(await textsAt(address, `_acme-challenge.failing.${apex}.`)).toEqual([]);
  });

  it('says which program is missing', async () => {
    const program = join(folder.path, 'no-such-program.sh');
    const wish = { path: folder.path, resolver, by: ['--dns', 'exec'], domains: [`missing.${apex}`] };
    const run = await obtainByDns(pebble, { ...wish, settings: { EXEC_PATH: program } });
    expect(run, run.stderr).toMatchObject({ code: 1 });
    expect(run.stderr).toContain(program);
  });

  /** As people write it: notes its arguments, updates the zone, and does `after` in the end of `present`. */
  function script(after = ''): { readonly program: string; readonly log: string } {
    const program = join(folder.path, 'update-dns.sh');
    const log = join(folder.path, 'calls.log');
    const { name, algorithm, secret } = bind.key;
    const lines = [
      '#!/bin/sh',
      'set -eu',
      `echo "$@" >> ${log}`,
      'case "$1" in present) verb=add ;; cleanup) verb=delete ;; *) exit 2 ;; esac',
      `nsupdate -y ${algorithm}:${name}:${secret.reveal()} <<END`,
      `server ${address}`,
      'update $verb $2 333 TXT "$3"',
      'send',
      'END',
      'echo "$1 done for $2"',
      `[ "$1" = cleanup ] || { ${after === '' ? ':' : after}; }`,
      '',
    ];
    writeFileSync(program, lines.join('\n'));
    chmodSync(program, 0o755);
    return { program, log };
  }
});

/** nsupdate's own words. */
function updateBind(lines: readonly string[]): void {
  const { name, algorithm, secret } = bind.key;
  const input = [`server ${address}`, ...lines, 'send', ''].join('\n');
  execFileSync('nsupdate', ['-y', `${algorithm}:${name}:${secret.reveal()}`], { input });
}
