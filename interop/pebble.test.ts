import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { certificateFiles, obtain } from './harness/everseal.ts';
import { fileModes, type TemporaryFolder, temporaryFolder } from './harness/folder.ts';
import { daysLeft, keyMatches, serialOf, topIssuer, verifyChain } from './harness/openssl.ts';
import { eab, type Pebble, type PebbleMode, startPebble } from './harness/pebble.ts';

const modes: readonly (readonly [PebbleMode, readonly string[]])[] = [
  ['calm', []],
  ['rough', []],
  ['eab', ['--eab', '--eab.kid', eab.kid, '--eab.hmac', eab.hmac]],
];

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

describe.each(modes)('everseal run against a %s Pebble', (mode, more) => {
  let pebble: Pebble;
  beforeAll(async () => {
    pebble = await startPebble(mode);
  });
  afterAll(() => pebble?.stop());

  it('obtains a certificate that openssl verifies, with its key', async () => {
    const run = await obtain(pebble, { path: folder.path, domains: ['one.example'], more });
    expect(run, run.stderr).toMatchObject({ code: 0 });
    const { crt, key } = certificateFiles(folder.path, 'one.example');
    verifyChain(crt, await pebble.rootFile(), 'one.example');
    expect(keyMatches(crt, key)).toBe(true);
  });

  it('writes the files of the lego layout, all for the owner only', async () => {
    await obtain(pebble, { path: folder.path, domains: ['files.example'], more });
    const modesOf = fileModes(folder.path);
    const host = new URL(pebble.directory).host.replace(':', '_');
    const account = `accounts/${host}/suite@example.com`;
    expect([...modesOf.keys()]).toEqual(
      expect.arrayContaining([
        `${account}/account.json`,
        `${account}/suite@example.com.key`,
        'certificates/files.example.crt',
        'certificates/files.example.issuer.crt',
        'certificates/files.example.json',
        'certificates/files.example.key',
      ]),
    );
    expect([...modesOf].filter(([, bits]) => bits !== 0o600)).toEqual([]);
    expect([...modesOf.keys()].filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('leaves a certificate that is not due alone, and asks for no order', async () => {
    await obtain(pebble, { path: folder.path, domains: ['kept.example'], more });
    const { crt } = certificateFiles(folder.path, 'kept.example');
    const before = readFileSync(crt, 'utf8');
    const orders = pebble.log().split('order-plz').length;
    const again = await obtain(pebble, { path: folder.path, domains: ['kept.example'], more });
    expect(again, again.stderr).toMatchObject({ code: 0 });
    expect(readFileSync(crt, 'utf8')).toBe(before);
    expect(pebble.log().split('order-plz').length).toBe(orders);
  });

  it('renews by force, with another serial number', async () => {
    await obtain(pebble, { path: folder.path, domains: ['renewed.example'], more });
    const { crt, key } = certificateFiles(folder.path, 'renewed.example');
    const before = serialOf(crt);
    const wish = { path: folder.path, domains: ['renewed.example'], more: [...more, '--renew-force'] };
    const again = await obtain(pebble, wish);
    expect(again, again.stderr).toMatchObject({ code: 0 });
    expect(serialOf(crt)).not.toBe(before);
    expect(keyMatches(crt, key)).toBe(true);
    verifyChain(crt, await pebble.rootFile(), 'renewed.example');
  });

  it('puts ten names into one certificate', async () => {
    const domains = Array.from({ length: 10 }, (_, index) => `n${index}.ten.example`);
    const run = await obtain(pebble, { path: folder.path, domains, more });
    expect(run, run.stderr).toMatchObject({ code: 0 });
    for (const name of domains) {
      verifyChain(certificateFiles(folder.path, 'n0.ten.example').crt, await pebble.rootFile(), name);
    }
  });

  it('reports in JSON', async () => {
    const run = await obtain(pebble, { path: folder.path, domains: ['json.example'], more: [...more, '--json'] });
    expect(run, run.stderr).toMatchObject({ code: 0 });
    expect(() => JSON.parse(run.stdout)).not.toThrow();
    expect(run.stdout).toContain('json.example');
  });
});

describe('a rough Pebble with three chains and two profiles', () => {
  let pebble: Pebble;
  beforeAll(async () => {
    pebble = await startPebble('rough');
  });
  afterAll(() => pebble?.stop());

  it('gives the chain that --preferred-chain names', async () => {
    const second = topIssuer(readFileSync(await pebble.rootFile(1), 'utf8'));
    const more = ['--preferred-chain', second];
    const run = await obtain(pebble, { path: folder.path, domains: ['chain.example'], more });
    expect(run, run.stderr).toMatchObject({ code: 0 });
    const { crt } = certificateFiles(folder.path, 'chain.example');
    expect(topIssuer(readFileSync(crt, 'utf8'))).toBe(second);
    verifyChain(crt, await pebble.rootFile(1), 'chain.example');
  });

  it('asks for the profile that --profile names', async () => {
    const more = ['--profile', 'shortlived'];
    const run = await obtain(pebble, { path: folder.path, domains: ['short.example'], more });
    expect(run, run.stderr).toMatchObject({ code: 0 });
    expect(daysLeft(certificateFiles(folder.path, 'short.example').crt)).toBe(6);
  });
});

describe('an external account binding', () => {
  it('is asked for when the CA wants one and there is none', async () => {
    const pebble = await startPebble('eab');
    try {
      const run = await obtain(pebble, { path: folder.path, domains: ['unbound.example'] });
      expect(run.code).toBe(1);
      expect(run.stderr).toMatch(/eab/i);
    } finally {
      await pebble.stop();
    }
  });
});
