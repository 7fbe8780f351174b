import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { certificateFiles, type EmbeddedCa, obtain, startEmbeddedCa } from './harness/everseal.ts';
import { type TemporaryFolder, temporaryFolder } from './harness/folder.ts';
import { freePort } from './harness/free-port.ts';
import { legoObtain } from './harness/lego.ts';
import { keyMatches, serialOf } from './harness/openssl.ts';
import { type Pebble, startPebble } from './harness/pebble.ts';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

describe('lego 5.3.1 and the embedded CA', () => {
  let ca: EmbeddedCa;
  let home: TemporaryFolder;
  beforeAll(async () => {
    home = temporaryFolder();
    ca = await startEmbeddedCa(home.path, await freePort());
  });
  afterAll(async () => {
    await ca?.stop();
    home.remove();
  });

  it('obtains a certificate', async () => {
    const run = await legoObtain(ca, { path: folder.path, domains: ['lego.localhost'] });
    expect(run, run.stderr).toMatchObject({ code: 0 });
    const { crt, key } = certificateFiles(folder.path, 'lego.localhost');
    expect(keyMatches(crt, key)).toBe(true);
  });

  it('renews it', async () => {
    await legoObtain(ca, { path: folder.path, domains: ['renew.localhost'] });
    const { crt } = certificateFiles(folder.path, 'renew.localhost');
    const before = serialOf(crt);
    const run = await legoObtain(ca, { path: folder.path, domains: ['renew.localhost'], more: ['--renew-force'] });
    expect(run, run.stderr).toMatchObject({ code: 0 });
    expect(serialOf(crt)).not.toBe(before);
  });

  it('puts several names into one certificate', async () => {
    const run = await legoObtain(ca, { path: folder.path, domains: ['a.localhost', 'b.localhost'] });
    expect(run, run.stderr).toMatchObject({ code: 0 });
  });
});

describe('one tree, two programs', () => {
  let pebble: Pebble;
  beforeAll(async () => {
    pebble = await startPebble('calm');
  });
  afterAll(() => pebble?.stop());

  it("everseal keeps, and by force renews, what lego obtained, with lego's account", async () => {
    const wish = { path: folder.path, domains: ['from-lego.example'] };
    expect((await legoObtain(pebble, wish)).code).toBe(0);
    const { crt, key } = certificateFiles(folder.path, 'from-lego.example');
    const before = readFileSync(crt, 'utf8');
    const account = accountUrl(folder.path, pebble);

    const kept = await obtain(pebble, wish);
    expect(kept, kept.stderr).toMatchObject({ code: 0 });
    expect(readFileSync(crt, 'utf8')).toBe(before);

    const renewed = await obtain(pebble, { ...wish, more: ['--renew-force'] });
    expect(renewed, renewed.stderr).toMatchObject({ code: 0 });
    expect(readFileSync(crt, 'utf8')).not.toBe(before);
    expect(keyMatches(crt, key)).toBe(true);
    expect(accountUrl(folder.path, pebble)).toBe(account);
  });

  it("lego keeps, and by force renews, what everseal obtained, with everseal's account", async () => {
    const wish = { path: folder.path, domains: ['from-everseal.example'] };
    expect((await obtain(pebble, wish)).code).toBe(0);
    const { crt, key } = certificateFiles(folder.path, 'from-everseal.example');
    const before = readFileSync(crt, 'utf8');
    const account = accountUrl(folder.path, pebble);

    const kept = await legoObtain(pebble, wish);
    expect(kept, kept.stderr).toMatchObject({ code: 0 });
    expect(readFileSync(crt, 'utf8')).toBe(before);

    const renewed = await legoObtain(pebble, { ...wish, more: ['--renew-force'] });
    expect(renewed, renewed.stderr).toMatchObject({ code: 0 });
    expect(readFileSync(crt, 'utf8')).not.toBe(before);
    expect(keyMatches(crt, key)).toBe(true);
    expect(accountUrl(folder.path, pebble)).toBe(account);
  });

  it('reads again what lego renewed in a tree of ours', async () => {
    const wish = { path: folder.path, domains: ['to-and-fro.example'] };
    expect((await obtain(pebble, wish)).code).toBe(0);
    expect((await legoObtain(pebble, { ...wish, more: ['--renew-force'] })).code).toBe(0);
    const { crt } = certificateFiles(folder.path, 'to-and-fro.example');
    const before = readFileSync(crt, 'utf8');
    const kept = await obtain(pebble, wish);
    expect(kept, kept.stderr).toMatchObject({ code: 0 });
    expect(readFileSync(crt, 'utf8')).toBe(before);
  });
});

function accountUrl(path: string, pebble: Pebble): string {
  const host = new URL(pebble.directory).host.replace(':', '_');
  const text = readFileSync(`${path}/accounts/${host}/suite@example.com/account.json`, 'utf8');
  const account: { registration?: { accountURL?: string } } = JSON.parse(text);
  expect(account.registration?.accountURL).toMatch(/^https:/);
  return account.registration?.accountURL ?? '';
}
