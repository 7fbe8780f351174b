import { describe, expect, it } from 'vitest';
import { Secret, utf8 } from '../../core/index.ts';
import {
  firstKey,
  firstKeySec1,
  rsaKeyPkcs1,
  rsaKeyPkcs8,
  secondKey,
} from '../../engine/certificate-samples.testing.ts';
import type { StoredAccount } from '../../engine/index.ts';
import { TestWorld } from '../../store/test-world.testing.ts';
import { legoStores } from './stores.ts';

const path = '/srv/lego';
const folder = `${path}/accounts/localhost_14000/me@example.com`;

const account: StoredAccount = {
  directory: 'https://localhost:14000/dir',
  id: 'me@example.com',
  email: 'me@example.com',
  keyAlgorithm: 'EC256',
  key: new Secret(firstKey),
  registration: {
    url: 'https://localhost:14000/my-account/1',
    status: 'valid',
    contacts: ['mailto:me@example.com'],
    termsAgreed: true,
    orders: 'https://localhost:14000/list-orderz/1?x&y',
  },
};

/** As lego 5.3.1 wrote it. */
const legoJson =
  '{\n\t"id": "me@example.com",\n\t"email": "me@example.com",\n\t"keyType": "EC256",\n\t"server": "https://localhost:14000/dir",' +
  '\n\t"origin": "command",\n\t"registration": {\n\t\t"status": "valid",\n\t\t"contact": [\n\t\t\t"mailto:me@example.com"\n\t\t],' +
  '\n\t\t"termsOfServiceAgreed": true,\n\t\t"orders": "https://localhost:14000/list-orderz/1?x\\u0026y",' +
  '\n\t\t"accountURL": "https://localhost:14000/my-account/1"\n\t}\n}';

function write(world: TestWorld, json: string, key: string | undefined): void {
  world.disk.createFolder(folder, 0o700);
  world.disk.write(`${folder}/account.json`, utf8(json), { mode: 0o600 });
  if (key !== undefined) world.disk.write(`${folder}/me@example.com.key`, utf8(key), { mode: 0o600 });
}

function accounts(world: TestWorld) {
  return legoStores(world.boot(), { path }).accounts;
}

describe('accounts written for lego', () => {
  it('have lego’s files, octet by octet, for their owner only', async () => {
    const world = new TestWorld();
    await accounts(world).save(account);
    expect(world.disk.readText(`${folder}/account.json`)).toBe(legoJson);
    expect(world.disk.readText(`${folder}/me@example.com.key`)).toBe(firstKey);
    expect(world.disk.list(folder)).toHaveLength(2);
    for (const file of world.disk.list(folder)) expect(world.disk.stat(`${folder}/${file}`)?.mode).toBe(0o600);
    expect(world.disk.stat(folder)?.mode).toBe(0o700);
  });

  it('have no registration before the CA has answered', async () => {
    const world = new TestWorld();
    await accounts(world).save({ ...account, email: undefined, registration: undefined });
    expect(world.disk.readText(`${folder}/account.json`)).toBe(
      '{\n\t"id": "me@example.com",\n\t"email": "",\n\t"keyType": "EC256",\n\t"server": "https://localhost:14000/dir",' +
        '\n\t"origin": "command",\n\t"registration": null\n}',
    );
  });

  it('leave the key’s file alone when only the registration changes', async () => {
    const world = new TestWorld();
    await accounts(world).save({ ...account, registration: undefined });
    const before = world.disk.stat(`${folder}/me@example.com.key`);
    await accounts(world).save(account);
    expect(world.disk.stat(`${folder}/me@example.com.key`)).toEqual(before);
    expect(world.disk.readText(`${folder}/account.json`)).toBe(legoJson);
  });

  it('keep what only lego knows', async () => {
    const world = new TestWorld();
    const binding = '{"protected":"x<y","payload":""}';
    const json = legoJson
      .replace('"command"', '"configuration"')
      .replace('"accountURL"', `"externalAccountBinding": ${binding}, "accountURL"`);
    write(world, json, firstKey);
    await accounts(world).save({ ...account, key: new Secret(secondKey) });
    const saved = JSON.parse(world.disk.readText(`${folder}/account.json`));
    expect(saved).toMatchObject({
      origin: 'configuration',
      registration: { externalAccountBinding: JSON.parse(binding) },
    });
  });

  it('do not replace an account of another directory on the same host', async () => {
    const world = new TestWorld();
    write(world, legoJson, firstKey);
    const other = { ...account, directory: 'https://localhost:14000/other', key: new Secret(secondKey) };
    expect(await accounts(world).load(other)).toBeUndefined();
    await accounts(world).save(other);
    expect(world.disk.readText(`${folder}/account.json`)).toBe(legoJson);
    expect((await accounts(world).load(other))?.key.reveal()).toBe(secondKey);
    expect((await accounts(world).load(account))?.key.reveal()).toBe(firstKey);
  });
});

describe('accounts that lego wrote', () => {
  it.each([
    ['PKCS#8', firstKey, firstKey, 'EC256'],
    ['SEC1', firstKeySec1, firstKey, 'EC256'],
    ['PKCS#1', rsaKeyPkcs1, rsaKeyPkcs8, 'RSA2048'],
  ])('are loaded, with a key in the form %s', async (_form, key, pkcs8, keyAlgorithm) => {
    const world = new TestWorld();
    write(world, legoJson, key);
    const loaded = await accounts(world).load(account);
    expect({ ...loaded, key: loaded?.key.reveal() }).toEqual({ ...account, keyAlgorithm, key: pkcs8 });
    expect(await accounts(world).list()).toEqual([{ directory: account.directory, id: account.id }]);
  });

  it.each([
    ['null', legoJson.replace(/"registration": \{[\s\S]*\}\n\}/, '"registration": null\n}')],
    ['empty', legoJson.replace('"status": "valid"', '"status": ""')],
    [
      'missing',
      '{"id":"me@example.com","email":"me@example.com","server":"https://localhost:14000/dir","keyType":"EC256"}',
    ],
  ])('are to be recovered by their key when the registration is %s', async (_what, json) => {
    const world = new TestWorld();
    write(world, json, firstKey);
    const loaded = await accounts(world).load(account);
    expect(loaded?.registration).toBeUndefined();
    expect(loaded?.key.reveal()).toBe(firstKey);
  });

  it('belong to whom their folder says when the file does not', async () => {
    const world = new TestWorld();
    write(world, legoJson.replace('\n\t"server": "https://localhost:14000/dir",', ''), firstKey);
    expect((await accounts(world).load(account))?.registration?.url).toBe(account.registration?.url);
    expect(await accounts(world).list()).toEqual([]);
    await accounts(world).save(account);
    expect(await accounts(world).list()).toHaveLength(1);
  });

  it('are none without their key, which lego would make anew', async () => {
    const world = new TestWorld();
    write(world, legoJson, undefined);
    const process = world.boot();
    expect(await legoStores(process, { path }).accounts.load(account)).toBeUndefined();
    expect(process.warnings).toEqual([expect.stringContaining('no key beside it')]);
  });

  it('are to be recovered by their key when only that is left', async () => {
    const world = new TestWorld();
    write(world, legoJson, firstKey);
    world.disk.remove(`${folder}/account.json`);
    const loaded = await accounts(world).load(account);
    expect(loaded).toMatchObject({ directory: account.directory, id: account.id, keyAlgorithm: 'EC256' });
    expect(loaded?.registration).toBeUndefined();
    expect(loaded?.key.reveal()).toBe(firstKey);
    expect(await accounts(world).list()).toEqual([]);
    await accounts(world).save(account);
    expect(world.disk.readText(`${folder}/me@example.com.key`)).toBe(firstKey);
    expect(world.disk.readText(`${folder}/account.json`)).toBe(legoJson);
  });

  it.each([
    ['account.json', '{"id":', firstKey],
    ['account.json', '{"id":7}', firstKey],
    ['me@example.com.key', legoJson, 'rubbish'],
    ['me@example.com.key', legoJson, ''],
  ])('are reported when %s is damaged', async (file, json, key) => {
    const world = new TestWorld();
    write(world, json, key);
    const error: unknown = await accounts(world)
      .load(account)
      .catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'corrupt', message: expect.stringContaining(`${folder}/${file}`) });
    expect(error).toMatchObject({ next: expect.stringContaining('backup') });
  });
});
