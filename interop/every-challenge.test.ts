import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startBind } from './harness/bind.ts';
import { type DnsWish, dnsupdateSettings, obtainByDns } from './harness/dns-run.ts';
import { certificateFiles, everseal, startEmbeddedCa } from './harness/everseal.ts';
import { type TemporaryFolder, temporaryFolder } from './harness/folder.ts';
import { freePort } from './harness/free-port.ts';
import { type NameServer, textsAt } from './harness/name-server.ts';
import { startNginx } from './harness/nginx.ts';
import { verifyChain } from './harness/openssl.ts';
import { startPebble } from './harness/pebble.ts';
import type { Finished } from './harness/process.ts';
import { Started } from './harness/started.ts';

const address = '127.10.9.1';
const resolver = '127.10.9.53';
const apex = 'every.example';

/** A CA that validates by the resolver of this suite. */
interface Authority {
  readonly directory: string;
  readonly tlsRoot: string;
  readonly httpPort: number;
  readonly tlsPort: number;
  rootFile(): Promise<string>;
  stop(): Promise<void>;
}

type PersistDraft = 'draft-00' | 'draft-01' | 'draft-02';

async function embeddedCa(persist: PersistDraft): Promise<Authority> {
  const folder = temporaryFolder();
  const [httpPort, tlsPort] = [await freePort(), await freePort()];
  const challenges = ['http-01', 'tls-alpn-01', 'dns-01', 'dns-account-01', 'dns-persist-01'];
  const options = { tlsPort, resolver: `${resolver}:53`, challenges, persist: [persist] };
  try {
    const ca = await startEmbeddedCa(folder.path, httpPort, options);
    const stop = async () => {
      await ca.stop();
      folder.remove();
    };
    return { ...ca, tlsPort, rootFile: async () => ca.tlsRoot, stop };
  } catch (error) {
    folder.remove();
    throw error;
  }
}

const pebble = () => startPebble('calm', `${resolver}:53`);
const accountUrl = /accounturi=https:\/\//;
const accountHash = /accounturi=\S*sha-256\//;

const started = new Started();
let bind: NameServer;
let folder: TemporaryFolder;
beforeAll(async () => {
  const records = ['@ NS ns1', `ns1 A ${address}`, 'web A 127.0.0.1', 'web2 A 127.0.0.1', 'six AAAA ::1'];
  [bind] = await Promise.all([
    started.keep(startBind({ addresses: [address], zones: [{ apex, records }] })),
    started.keep(startBind({ addresses: [resolver], forwards: { [apex]: address } })),
  ]);
});
afterAll(() => started.stop());
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

describe.each<readonly [string, () => Promise<Authority>]>([
  ['Pebble', pebble],
  ['the embedded CA', () => embeddedCa('draft-01')],
])('%s', (_, start) => {
  let ca: Authority;
  beforeAll(async () => {
    ca = await started.keep(start());
  });

  const v4 = (port: number) => `127.0.0.1:${port}`;
  const v6 = (port: number) => `[::1]:${port}`;

  it('is answered http-01 by nginx, from its web root', async () => {
    const nginx = await startNginx(ca.httpPort);
    try {
      const domains = [`web.${apex}`, '127.0.0.1'];
      const run = await connect(domains, ['--http', '--http.webroot', nginx.webroot]);
      await expectCertificate(ca, run, domains);
      expect(nginx.log()).toMatch(/GET \/\.well-known\/acme-challenge\/[\w-]+ HTTP\/1\.1" 200/);
      expect(readdirSync(nginx.webroot, { recursive: true })).toEqual([]);
    } finally {
      await nginx.stop();
    }
  });

  it.each<readonly [string, readonly string[], () => readonly string[]]>([
    ['http-01', [`web.${apex}`, `web2.${apex}`], () => ['--http', '--http.address', v4(ca.httpPort)]],
    ['http-01 by IPv6', [`six.${apex}`], () => ['--http', '--http.address', v6(ca.httpPort)]],
    ['http-01 of an IP address', ['127.0.0.1'], () => ['--http', '--http.address', v4(ca.httpPort)]],
    ['tls-alpn-01', [`web.${apex}`, `web2.${apex}`], () => ['--tls', '--tls.address', v4(ca.tlsPort)]],
    ['tls-alpn-01 by IPv6', [`six.${apex}`], () => ['--tls', '--tls.address', v6(ca.tlsPort)]],
    ['tls-alpn-01 of an IP address', ['127.0.0.1'], () => ['--tls', '--tls.address', v4(ca.tlsPort)]],
    ['tls-alpn-01 of an IPv6 address', ['::1'], () => ['--tls', '--tls.address', v6(ca.tlsPort)]],
  ])('is answered %s', async (__, domains, more) => {
    await expectCertificate(ca, await connect(domains, more()), domains);
  });

  it('is answered http-01 after tls-alpn-01 has failed', async () => {
    const elsewhere = v4(await freePort());
    const more = ['--tls', '--tls.address', elsewhere, '--http', '--http.address', v4(ca.httpPort), '--no-preflight'];
    const run = await connect([`web.${apex}`], more);
    await expectCertificate(ca, run, [`web.${apex}`]);
    expect(run.stderr).toMatch(/tls-alpn-01 failed for web\.every\.example/);
  });

  it.each([
    ['dns-01', '--dns', '_acme-challenge'],
    ['dns-account-01', '--dns-account', '_[a-z2-7]{16}\\._acme-challenge'],
  ])('is answered %s for a name and its wildcard', async (type, flag, label) => {
    const domains = [`${type}.${apex}`, `*.${type}.${apex}`];
    const before = bind.log().length;
    await expectCertificate(ca, await byDns(ca, domains, [flag, 'dnsupdate']), domains);
    const changes = bind.log().slice(before);
    expect(changes).toMatch(new RegExp(`adding an RR at '${label}\\.${type}\\.${apex}' TXT`));
    expect(changes.split('adding an RR')).toHaveLength(3);
    expect(changes.split('deleting an RR')).toHaveLength(3);
  });

  function connect(domains: readonly string[], more: readonly string[]): Promise<Finished> {
    const base = ['--server', ca.directory, '--email', 'suite@example.com', '--accept-tos', '--path', folder.path];
    const resolvers = ['--dns.resolvers', resolver];
    return everseal(['run', ...base, '--domains', domains.join(','), ...resolvers, ...more], {
      env: { LEGO_CA_CERTIFICATES: ca.tlsRoot },
    });
  }
});

describe.each<readonly [string, () => Promise<Authority>, RegExp]>([
  ['Pebble', pebble, accountUrl],
  ['the embedded CA by draft 00', () => embeddedCa('draft-00'), accountUrl],
  ['the embedded CA by draft 01', () => embeddedCa('draft-01'), accountUrl],
  ['the embedded CA by draft 02', () => embeddedCa('draft-02'), accountHash],
])('dns-persist-01 at %s', (title, start, account) => {
  it('is answered by a record that stays, and that the next run finds', async () => {
    const ca = await started.keep(start());
    const name = `${title.replaceAll(' ', '-').toLowerCase()}.${apex}`;
    const domains = [name, `*.${name}`];
    const by = ['--dns-persist', '--dns-persist.provider', 'dnsupdate'];
    await expectCertificate(ca, await byDns(ca, domains, by), domains);
    const record = await textsAt(address, `_validation-persist.${name}.`);
    expect(record).toEqual([expect.stringMatching(account)]);
    expect(record[0]).toContain('policy=wildcard');
    const updates = () => bind.log().split('updating zone').length;
    const before = updates();
    await expectCertificate(ca, await byDns(ca, domains, by, ['--renew-force']), domains);
    expect(updates()).toBe(before);
    expect(await textsAt(address, `_validation-persist.${name}.`)).toEqual(record);
  });
});

function byDns(
  ca: Authority,
  domains: readonly string[],
  by: readonly string[],
  more: readonly string[] = [],
): Promise<Finished> {
  const wish: DnsWish = { path: folder.path, resolver, domains, by, more, settings: dnsupdateSettings(bind) };
  return obtainByDns(ca, wish);
}

async function expectCertificate(ca: Authority, run: Finished, domains: readonly string[]): Promise<void> {
  expect(run, run.stderr).toMatchObject({ code: 0 });
  const files = readdirSync(join(folder.path, 'certificates')).filter((file) => file.endsWith('.crt'));
  const [first = ''] = files.filter((file) => !file.endsWith('.issuer.crt'));
  const { crt } = certificateFiles(folder.path, first.slice(0, -'.crt'.length));
  for (const name of domains) verifyChain(crt, await ca.rootFile(), name.replace('*', 'any'));
}
