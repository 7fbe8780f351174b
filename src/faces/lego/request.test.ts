import { describe, expect, it } from 'vitest';
import { World } from '../../../sim/index.ts';
import { parseCommand, urfave } from '../../argv/index.ts';
import { type Identifier, softwareKey, utf8, ecKeyPair } from '../../core/index.ts';
import type { StoredCertificate } from '../../engine/index.ts';
import { buildCsr } from '../../pki/index.ts';
import { runCommand } from './flags.ts';
import { readRunRequest, storeFolder } from './request.ts';

const dns = (value: string): Identifier => ({ type: 'dns', value });
const minimal = '--http -d a.example';
const start = new Date('2030-01-01T00:00:00Z');
const later = new Date('2030-03-01T00:00:00Z');

function stored(identifiers: readonly Identifier[], notAfter = later): StoredCertificate {
  const facts = {
    identifiers,
    notBefore: start,
    notAfter,
    serial: '01',
    certId: undefined,
    keyAlgorithm: undefined,
    fingerprint: '',
    issuer: '',
  };
  return { name: 'a.example', version: '1', facts, requested: undefined, omitted: [], hasKey: true };
}

interface Situation {
  readonly environment?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, Uint8Array>>;
  /** Of the files. Default 0600. */
  readonly mode?: number;
  readonly stored?: StoredCertificate;
  readonly interactive?: boolean;
}

/** What the words come to on a machine whose working folder is `/srv`. */
async function request(line: string, situation: Situation = {}) {
  const world = new World({ seed: 'request', start });
  const machine = world.machine({ name: 'host.test' });
  machine.disk.createFolder('/srv', 0o755);
  for (const [path, data] of Object.entries(situation.files ?? {}))
    machine.disk.write(path, data, { mode: situation.mode ?? 0o600 });
  const process = world.boot({
    machine,
    name: 'everseal',
    main: async () => undefined,
    interactive: situation.interactive ?? false,
  });
  const environment = situation.environment ?? {};
  const { ports } = world.boot({
    machine,
    name: 'idle',
    main: () => new Promise(() => undefined),
    interactive: situation.interactive ?? false,
  });
  await world.drive(process.exited);
  return world.drive(
    readRunRequest({
      flags: parseCommand(runCommand, line.split(' ').filter(Boolean), environment, urfave),
      environment,
      workingFolder: '/srv',
      ports,
      certificates: { load: async () => situation.stored },
    }),
  );
}

describe('a request from flags', () => {
  it('has lego’s defaults', async () => {
    const { spec, challenges, client, force, preflight } = await request(minimal);
    expect(spec).toMatchObject({
      name: 'a.example',
      identifiers: [dns('a.example')],
      key: { kind: 'generate', algorithm: 'EC256', reuse: false },
      renewal: { ari: true, ariWaitMs: 0 },
      issuers: [
        {
          directory: 'https://acme-v02.api.letsencrypt.org/directory',
          account: { id: 'noemail@example.com', keyAlgorithm: 'EC256' },
        },
      ],
    });
    expect(spec.renewal.beforeExpiryMs).toBeUndefined();
    const { http, ...others } = challenges;
    expect(http).toEqual({ address: { host: '', port: 80 }, delayMs: 0, proxyHeader: 'Host', webroot: undefined });
    expect(others).toMatchObject({ tls: undefined, dns: undefined, dnsAccount: undefined, persist: undefined });
    expect(preflight).toBe(true);
    expect(client).toEqual({ requestTimeoutMs: 120_000 });
    expect(force).toBe(false);
  });

  it('takes every flag to where it belongs', async () => {
    const line =
      '--http --http.address 127.0.0.1:5002 --http.delay 2s -d A.Example,*.b.example -s letsencrypt-staging -m me@example.com -a -k rsa2048 ' +
      '--account-id me --eab --eab.kid kid --eab.hmac c2VjcmV0 --cert.name mine --reuse-key --must-staple --enable-cn --profile tls --preferred-chain Root ' +
      '--not-before 2030-01-02T00:00:00Z --not-after 2030-01-03T00:00:00Z --cert.timeout 60 --http-timeout 5 --user-agent mine/1 --tls-skip-verify -6 ' +
      '--http.proxy-header X-Forwarded-Host --http.webroot /www --tls --tls.address :8443 --tls.delay 1s --dns exec --dns-account pdns ' +
      '--dns.resolvers 192.0.2.1,[::1]:5353 --dns.timeout 3 --dns.propagation.disable-ans --dns-persist --dns-persist.provider desec ' +
      '--dns-persist.issuer-domain-name ca.example --dns-persist.persist-until 2030-01-03T00:00:00Z --dns-persist.resolvers 192.0.2.2 ' +
      '--dns-persist.timeout 4 --dns-persist.propagation.wait 5s --allow-partial --no-preflight ' +
      '--renew-days 30 --renew-force --ari-disable --ari-wait-to-renew-duration 1m --no-random-sleep';
    const { spec, ...rest } = await request(line.replace(',*.b.example', ',b.example'));
    const issuer = spec.issuers[0];
    expect(spec).toMatchObject({
      name: 'mine',
      identifiers: [dns('a.example'), dns('b.example')],
      key: { kind: 'generate', algorithm: 'RSA2048', reuse: true },
      renewal: { ari: false, ariWaitMs: 60_000, beforeExpiryMs: 30 * 86_400_000 },
      order: {
        mustStaple: true,
        commonName: true,
        notBefore: new Date('2030-01-02T00:00:00Z'),
        notAfter: new Date('2030-01-03T00:00:00Z'),
      },
      partial: true,
      deadlineMs: 600_000 + 60_000 + 60_000,
    });
    expect(issuer).toMatchObject({
      directory: 'https://acme-staging-v02.api.letsencrypt.org/directory',
      profile: 'tls',
      preferredChain: 'Root',
      tls: { insecure: true },
      family: 6,
      account: {
        id: 'me',
        email: 'me@example.com',
        terms: 'agreed',
        keyAlgorithm: 'RSA2048',
        externalAccount: { kid: 'kid' },
      },
    });
    expect(issuer?.account.externalAccount?.macKey.reveal()).toBe('c2VjcmV0');
    expect(rest).toEqual({
      challenges: {
        tls: { address: { host: '::', port: 8443 }, delayMs: 1_000 },
        http: {
          address: { host: '127.0.0.1', port: 5002 },
          delayMs: 2_000,
          proxyHeader: 'X-Forwarded-Host',
          webroot: '/www',
        },
        dns: 'exec',
        dnsAccount: 'pdns',
        look: {
          resolvers: ['192.0.2.1', '[::1]:5353'],
          timeoutMs: 3_000,
          checks: { authoritative: false, recursive: true },
          followCname: true,
        },
        persist: {
          provider: 'desec',
          issuerDomainName: 'ca.example',
          persistUntil: new Date('2030-01-03T00:00:00Z'),
          look: {
            resolvers: ['192.0.2.2'],
            timeoutMs: 4_000,
            checks: { authoritative: true, recursive: true, fixedWaitMs: 5_000 },
            followCname: true,
          },
        },
      },
      preflight: false,
      client: { requestTimeoutMs: 5_000, userAgent: 'mine/1' },
      force: true,
      patient: false,
      randomWaitMs: 0,
      warnings: ['--http.address and --http.proxy-header are not used without a listener'],
    });
  });

  it.each([
    ['--renew-days 0', 0],
    ['--renew-days=-1', 200 * 365 * 86_400_000],
    ['', undefined],
  ])('%s renews that long before expiry', async (flag, ms) => {
    expect((await request(`${minimal} ${flag}`)).spec.renewal.beforeExpiryMs).toBe(ms);
  });

  it('says that EAB keys without --eab are not used', async () => {
    const { spec, warnings } = await request(`${minimal} --eab.kid k --eab.hmac c2VjcmV0`);
    expect(spec.issuers[0]?.account.externalAccount).toBeUndefined();
    expect(warnings).toEqual(['--eab.kid and --eab.hmac are not used without --eab']);
  });

  it.each([
    ['--tls.delay 1s', ['--tls.delay is not used without --tls']],
    ['--dns.propagation.disable-ans', ['--dns.propagation.disable-ans is not used without --dns']],
    ['--dns-persist.provider pdns', ['--dns-persist.provider is not used without --dns-persist']],
    ['--dns exec --dns.propagation.disable-ans', []],
  ])('says of %s what is not used', async (flags, warnings) => {
    expect((await request(`${minimal} ${flags}`)).warnings).toEqual(warnings);
  });

  it('leaves CNAMEs alone when the environment says so', async () => {
    const { challenges } = await request(`${minimal} --dns exec`, {
      environment: { LEGO_DISABLE_CNAME_SUPPORT: 'true' },
    });
    expect(challenges.look.followCname).toBe(false);
  });

  it('asks about terms only when somebody can answer', async () => {
    const { terms } = (await request(minimal)).spec.issuers[0]?.account ?? {};
    expect(typeof terms === 'object' && (await terms.ask('https://ca.example/terms'))).toBe(false);
  });

  it('waits a random time only where nobody watches', async () => {
    expect((await request(minimal)).randomWaitMs).toBe(480_000);
    expect((await request(minimal, { interactive: true })).randomWaitMs).toBe(0);
  });

  it.each([
    ['nothing stored', {}, '', false],
    ['a stored one that is valid', { stored: stored([dns('a.example')]) }, '', true],
    ['a stored one that has expired', { stored: stored([dns('a.example')], start) }, '', false],
    ['somebody at the terminal', { stored: stored([dns('a.example')]), interactive: true }, '', false],
    ['--renew-force', { stored: stored([dns('a.example')]) }, '--renew-force', false],
  ] as const)('is patient after failures with %s', async (_what, situation, flag, patient) => {
    expect((await request(`${minimal} ${flag}`, situation)).patient).toBe(patient);
  });
});

describe('a request about a stored certificate', () => {
  const both = { stored: stored([dns('a.example'), dns('b.example')]) };

  it('keeps its names and adds new ones', async () => {
    expect((await request('--http -d c.example', both)).spec.identifiers).toEqual([
      dns('a.example'),
      dns('b.example'),
      dns('c.example'),
    ]);
  });

  it('drops names only with --force-cert-domains', async () => {
    expect((await request('--http -d b.example --force-cert-domains', both)).spec.identifiers).toEqual([
      dns('b.example'),
    ]);
  });

  it('takes its names when none are given', async () => {
    const { spec } = await request('--http -c a.example', both);
    expect(spec).toMatchObject({ name: 'a.example', identifiers: [dns('a.example'), dns('b.example')] });
  });
});

describe('files of a request', () => {
  it('may be a private key', async () => {
    const { privateKey } = ecKeyPair('P-384');
    const pem = utf8(privateKey.export({ type: 'sec1', format: 'pem' }).toString());
    const { spec } = await request(`${minimal} --private-key my.key`, { files: { '/srv/my.key': pem } });
    expect(spec.key).toMatchObject({ kind: 'given', key: { algorithm: 'EC384' } });
  });

  it.each([
    [0o640, []],
    [0o604, ['The private key /srv/my.key can be read by every user of this machine: chmod o= /srv/my.key']],
  ])('may be a private key of mode %o, which is told when others can read it', async (mode, warnings) => {
    const { privateKey } = ecKeyPair('P-256');
    const pem = utf8(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    const found = await request(`${minimal} --private-key my.key`, { files: { '/srv/my.key': pem }, mode });
    expect(found.warnings).toEqual(warnings);
  });

  it.each([
    [`${minimal} --private-key my.file`, 'bad-key', 'The file of --private-key, my.file, is unfit: '],
    ['--http --csr my.file', 'bad-certificate', 'The file of --csr, my.file, is unfit: '],
  ])('are named when they hold rubbish: %s', async (line, code, start) => {
    const error: unknown = await request(line, { files: { '/srv/my.file': utf8('rubbish') } }).catch(
      (cause: unknown) => cause,
    );
    expect(error).toMatchObject({ code, message: expect.stringContaining(start), next: expect.stringMatching(/./) });
  });

  it('may be a signing request, which brings its names', async () => {
    const signer = softwareKey(ecKeyPair('P-256').privateKey);
    const csr = await buildCsr({ signer, identifiers: [dns('b.example'), dns('a.example')] });
    const { spec, randomWaitMs } = await request('--http --csr /srv/my.csr', { files: { '/srv/my.csr': csr } });
    expect(spec).toMatchObject({
      name: 'b.example',
      identifiers: [dns('b.example'), dns('a.example')],
      key: { kind: 'csr' },
    });
    expect(randomWaitMs).toBe(0);
  });

  it('are the roots to trust, with lego’s variables', async () => {
    const environment = { LEGO_CA_CERTIFICATES: 'bad.pem', LEGO_CA_SERVER_NAME: 'ca.internal' };
    await expect(request(minimal, { environment, files: { '/srv/bad.pem': utf8('nothing') } })).rejects.toMatchObject({
      code: 'usage',
      message: 'LEGO_CA_CERTIFICATES names /srv/bad.pem, which cannot be used: it holds no PEM certificate',
    });
    const { spec } = await request(minimal, { environment: { LEGO_CA_SERVER_NAME: 'ca.internal' } });
    expect(spec.issuers[0]?.tls).toEqual({ serverName: 'ca.internal' });
  });
});

describe('flags that make no sense', () => {
  it.each([
    [
      '--http',
      'There is nothing to get a certificate for',
      'Name it with --domains, or the stored one with --cert.name, or give a signing request with --csr.',
    ],
    [
      '--http -d a.example --csr x',
      'Both --domains and --csr were given',
      'Give one of them: a signing request brings its own names.',
    ],
    [
      '--http --csr x --force-cert-domains',
      'Both --force-cert-domains and --csr were given',
      'Leave out --force-cert-domains: the names of a signing request are exact anyway.',
    ],
    [
      '--http --csr x --private-key y',
      'Both --private-key and --csr were given',
      'Give one of them: a signing request is signed by its key already.',
    ],
    [
      '-d a.example',
      'No challenge was selected',
      'Add --http, --tls, --dns CODE or --dns-persist to say how control of the names is proved.',
    ],
    [
      `${minimal} --dns exec --dns.propagation.wait 3s --dns.propagation.disable-rns`,
      'Both --dns.propagation.wait and --dns.propagation.disable-rns were given',
      'Give one of them: with a fixed wait no server is asked.',
    ],
    [
      '--tls --http -d *.a.example',
      'HTTP-01 and TLS-ALPN-01 cannot prove the wildcard *.a.example',
      'Add --dns with a DNS provider, or name each host instead: a wildcard needs a DNS challenge.',
    ],
    [
      '--dns exec -d a.example,192.0.2.7',
      'A DNS challenge cannot prove the address 192.0.2.7',
      'Add --http or --tls: an IP address is proved by a connection to it (RFC 8738).',
    ],
    [`${minimal} -4 -6`, 'Both --ipv4only and --ipv6only were given', 'Leave both out to use IPv4 and IPv6.'],
    [`${minimal} --eab --eab.kid k`, '--eab needs --eab.kid and --eab.hmac', 'Give both, as the CA told you.'],
    [`${minimal} --http.delay -1s`, 'A wait cannot be negative', 'Give a duration such as 0, 30s or 2m.'],
    [`${minimal} --cert.timeout 0`, 'Flag --cert.timeout cannot be 0', 'Give a number of seconds from 1 on.'],
    [`${minimal} --http-timeout -5`, 'Flag --http-timeout cannot be -5', 'Give a number of seconds from 1 on.'],
    [`${minimal} -k EC257`, 'There is no key type "EC257"', 'Did you mean EC256?'],
    [
      `${minimal} -k DSA1024x`,
      'There is no key type "DSA1024x"',
      'Choose one of EC256, EC384, RSA2048, RSA3072, RSA4096, RSA8192.',
    ],
    [
      '--http -d *.a.example',
      'HTTP-01 cannot prove the wildcard *.a.example',
      'Add --dns with a DNS provider, or name each host instead: a wildcard needs a DNS challenge.',
    ],
    [
      '--http -c gone',
      'There is no stored certificate "gone" to renew',
      'Name what it shall be good for with --domains.',
    ],
    [
      `${minimal} --private-key gone`,
      'The file of --private-key cannot be read: Cannot read /srv/gone: there is no such file or folder',
      'Check the path after --private-key.',
    ],
  ])('%s', async (line, message, next) => {
    await expect(request(line)).rejects.toMatchObject({ code: 'usage', message, next });
  });

  it('refuses names that no certificate can hold', async () => {
    await expect(request('--http -d a..example')).rejects.toMatchObject({ code: 'bad-identifier' });
  });
});

describe('the folder of the store', () => {
  it.each([
    ['', '/srv/.lego'],
    ['--path certs', '/srv/certs'],
    ['--path /var/lib/lego', '/var/lib/lego'],
  ])('%s', (line, folder) => {
    const flags = parseCommand(runCommand, line.split(' ').filter(Boolean), {}, urfave);
    expect(storeFolder(flags, '/srv')).toBe(folder);
  });
});
