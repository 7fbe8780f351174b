import { describe, expect, it } from 'vitest';
import { utf8 } from '../../core/index.ts';
import {
  firstFacts,
  firstKey,
  firstKeySec1,
  firstLeaf,
  firstVersion,
  rsaKeyPkcs1,
  rsaKeyPkcs8,
  rsaLeaf,
  sampleIssuer,
  secondKey,
  secondLeaf,
  secondVersion,
} from '../../engine/certificate-samples.testing.ts';
import type { CertificateVersion, Stores } from '../../engine/index.ts';
import { TestWorld } from '../../store/test-world.testing.ts';
import { legoStores, type LegoStoresOptions } from './stores.ts';

const path = '/srv/lego';
const folder = `${path}/certificates`;

function open(world: TestWorld, options: Partial<LegoStoresOptions> = {}): Stores {
  return legoStores(world.boot(), { path, ...options });
}

async function commit(stores: Stores, name: string, version: CertificateVersion) {
  const lease = await stores.locks.tryAcquire(`certificate/${name}`);
  if (lease === undefined) throw new Error('held');
  await stores.certificates.recover(name, lease.fence);
  const current = await stores.certificates.load(name);
  const stored = await stores.certificates.commit(name, version, current?.version, lease.fence);
  await lease.release();
  return stored;
}

/** A tree as lego 5.3.1 writes it. */
function legoTree(world: TestWorld, files: Readonly<Record<string, string>>): void {
  world.disk.createFolder(folder, 0o700);
  for (const [name, text] of Object.entries(files)) world.disk.write(`${folder}/${name}`, utf8(text), { mode: 0o600 });
}

const legoJson = [
  '{',
  '\t"id": "*.example.com",',
  '\t"domains": [',
  '\t\t"*.example.com"',
  '\t],',
  '\t"keyType": "EC256",',
  '\t"certUrl": "https://ca.test/cert/1",',
  '\t"certStableUrl": "https://ca.test/cert/1",',
  '\t"origin": "command"',
  '}',
].join('\n');

const legoFiles = {
  '_.example.com.crt': firstLeaf + sampleIssuer,
  '_.example.com.issuer.crt': sampleIssuer,
  '_.example.com.key': firstKey,
  '_.example.com.json': legoJson,
};

describe('certificates written for lego', () => {
  it('have lego’s files, octet by octet, for their owner only', async () => {
    const world = new TestWorld();
    await commit(open(world, { pem: true }), '*.example.com', {
      ...secondVersion,
      requested: {
        ...secondVersion.requested,
        identifiers: [
          { type: 'dns', value: '*.example.com' },
          { type: 'dns', value: 'a<b>&c' },
        ],
      },
    });
    const files = world.disk.list(folder).sort();
    expect(files).toEqual([
      '_.example.com.crt',
      '_.example.com.issuer.crt',
      '_.example.com.json',
      '_.example.com.key',
      '_.example.com.pem',
    ]);
    for (const file of files) expect(world.disk.stat(`${folder}/${file}`)?.mode).toBe(0o600);
    for (const above of [path, folder]) expect(world.disk.stat(above)?.mode).toBe(0o700);
    const text = (extension: string) => world.disk.readText(`${folder}/_.example.com${extension}`);
    expect(text('.crt')).toBe(secondLeaf + sampleIssuer);
    expect(text('.issuer.crt')).toBe(sampleIssuer);
    expect(text('.key')).toBe(secondKey);
    expect(text('.pem')).toBe(secondLeaf + sampleIssuer + secondKey);
    // As lego 5.3.1 wrote it when given the same.
    expect(text('.json')).toBe(
      '{\n\t"id": "*.example.com",\n\t"domains": [\n\t\t"*.example.com",\n\t\t"a\\u003cb\\u003e\\u0026c"\n\t],\n\t"keyType": "EC256",' +
        '\n\t"preferredChain": "Example Root \\u003cX\\u003e",\n\t"profile": "shortlived",' +
        '\n\t"certUrl": "https://ca.test/certificate/2?a=1\\u0026b=2",\n\t"certStableUrl": "https://ca.test/certificate/2?a=1\\u0026b=2",' +
        '\n\t"origin": "command"\n}',
    );
  });

  it('say when they come from a configuration file', async () => {
    const world = new TestWorld();
    await commit(open(world, { origin: 'configuration' }), 'a', firstVersion);
    expect(JSON.parse(world.disk.readText(`${folder}/a.json`))).toMatchObject({ origin: 'configuration' });
  });

  it('have an empty issuer file when the CA sent the leaf alone, as lego has it', async () => {
    const world = new TestWorld();
    await commit(open(world), 'a', { ...firstVersion, chain: firstLeaf });
    expect(world.disk.readText(`${folder}/a.issuer.crt`)).toBe('');
  });

  it('keep a combined file up to date that is there already, and the modes that were given', async () => {
    const world = new TestWorld();
    await commit(open(world, { pem: true }), 'a', firstVersion);
    world.disk.chmod(`${folder}/a.key`, 0o640);
    await commit(open(world), 'a', secondVersion);
    expect(world.disk.readText(`${folder}/a.pem`)).toBe(secondLeaf + sampleIssuer + secondKey);
    expect(world.disk.stat(`${folder}/a.key`)?.mode).toBe(0o640);
  });

  it('do not overwrite a file of another certificate', async () => {
    const world = new TestWorld();
    const stores = open(world);
    await commit(stores, 'a', firstVersion);
    await expect(commit(stores, 'a.issuer', secondVersion)).rejects.toMatchObject({ code: 'bad-identifier' });
    expect(world.disk.readText(`${folder}/a.issuer.crt`)).toBe(sampleIssuer);
  });

  it('leave nothing behind when the disk is full', async () => {
    const world = new TestWorld();
    const stores = open(world);
    await commit(stores, 'a', firstVersion);
    for (let skip = 0; skip < 25; skip += 1) {
      const lift = world.disk.faults.add({
        code: 'disk-full',
        operations: ['write', 'link'],
        path: /certificate|commits/,
        skip,
      });
      const outcome = await commit(open(world), 'a', secondVersion).catch((error: unknown) => error);
      lift();
      world.advance(60_001);
      if (!(outcome instanceof Error)) return;
      expect(outcome).toMatchObject({ code: 'disk-full' });
      expect((await open(world).certificates.load('a'))?.facts).toEqual(firstFacts);
      expect(world.disk.tree(path).filter((file) => file.endsWith('.tmp') && !file.includes('/locks/'))).toEqual([]);
    }
    throw new Error('the disk never sufficed');
  });
});

describe('certificates that lego wrote', () => {
  it('are loaded, and parsed once', async () => {
    const world = new TestWorld();
    legoTree(world, legoFiles);
    const stored = await open(world).certificates.load('*.example.com');
    expect(stored).toMatchObject({
      name: '*.example.com',
      facts: firstFacts,
      requested: undefined,
      omitted: [],
      hasKey: true,
    });
    const reads: string[] = [];
    const process = world.boot();
    const read = (file: string) => {
      reads.push(file);
      return process.fs.read(file);
    };
    const fs = { ...process.fs, read };
    expect(await legoStores({ ...process, fs }, { path }).certificates.load('*.example.com')).toEqual(stored);
    expect(reads.filter((file) => file.startsWith(folder))).toEqual([]);
    const material = await open(world).certificates.read('*.example.com');
    expect(material?.chain).toBe(legoFiles['_.example.com.crt']);
    expect(material?.key?.reveal()).toBe(firstKey);
    expect(await open(world).certificates.list()).toEqual(['*.example.com']);
  });

  it.each([
    ['SEC1', firstLeaf, firstKeySec1, firstKey],
    ['PKCS#1', rsaLeaf, rsaKeyPkcs1, rsaKeyPkcs8],
  ])('may have a key in the form %s', async (_form, leaf, key, pkcs8) => {
    const world = new TestWorld();
    legoTree(world, { ...legoFiles, '_.example.com.crt': leaf, '_.example.com.key': key });
    const { certificates } = open(world);
    expect((await certificates.load('*.example.com'))?.hasKey).toBe(true);
    expect((await certificates.read('*.example.com'))?.key?.reveal()).toBe(pkcs8);
  });

  it('may be on a disk that cannot be written to', async () => {
    const world = new TestWorld();
    legoTree(world, legoFiles);
    world.disk.faults.makeReadOnly();
    const { certificates } = open(world);
    expect((await certificates.load('*.example.com'))?.facts).toEqual(firstFacts);
    expect(await certificates.due(new Date('2100-01-01'), 5)).toEqual(['*.example.com']);
    await expect(commit(open(world), '*.example.com', secondVersion)).rejects.toMatchObject({ code: 'read-only-disk' });
  });

  it('make a commit on the version before a conflict', async () => {
    const world = new TestWorld();
    const stores = open(world);
    const stored = await commit(stores, '*.example.com', secondVersion);
    legoTree(world, legoFiles);
    const lease = await stores.locks.tryAcquire('certificate/*.example.com');
    if (lease === undefined) throw new Error('held');
    const late = stores.certificates.commit('*.example.com', secondVersion, stored.version, lease.fence);
    await expect(late).rejects.toMatchObject({ code: 'conflict' });
    const now = await stores.certificates.load('*.example.com');
    expect(now).toMatchObject({ facts: firstFacts, requested: undefined, hasKey: true });
  });

  it('keep what was requested when only the files’ times change', async () => {
    const world = new TestWorld();
    const stored = await commit(open(world), 'a', secondVersion);
    for (const extension of ['crt', 'key', 'json']) {
      const file = `${folder}/a.${extension}`;
      world.disk.write(file, world.disk.read(file), { mode: 0o600 });
    }
    const { certificates } = open(world);
    const loaded = await certificates.load('a');
    expect(loaded).toEqual({ ...stored, version: loaded?.version });
    expect(loaded?.version).not.toBe(stored.version);
    expect(await open(world).certificates.load('a')).toEqual(loaded);
  });

  it('do not exist without their .json file, as for lego', async () => {
    const world = new TestWorld();
    const { '_.example.com.json': _, ...rest } = legoFiles;
    legoTree(world, rest);
    expect(await open(world).certificates.load('*.example.com')).toBeUndefined();
  });

  it('count as certificates without a key while another key lies beside them', async () => {
    const world = new TestWorld();
    legoTree(world, { ...legoFiles, '_.example.com.key': secondKey });
    const process = world.boot();
    const { certificates } = legoStores(process, { path });
    expect((await certificates.load('*.example.com'))?.hasKey).toBe(false);
    expect((await certificates.read('*.example.com'))?.key).toBeUndefined();
    expect(process.warnings).toEqual([expect.stringContaining('is not the key of')]);
  });

  it('make a warning when everybody can read the key', async () => {
    const world = new TestWorld();
    legoTree(world, legoFiles);
    world.disk.chmod(`${folder}/_.example.com.key`, 0o640);
    const group = world.boot();
    await legoStores(group, { path }).certificates.load('*.example.com');
    expect(group.warnings).toEqual([]);
    world.disk.chmod(`${folder}/_.example.com.key`, 0o644);
    const process = world.boot();
    const { certificates } = legoStores(process, { path });
    await certificates.load('*.example.com');
    await certificates.read('*.example.com');
    expect(process.warnings).toEqual([expect.stringContaining(`${folder}/_.example.com.key`)]);
  });

  it.each([
    ['.crt', { '_.example.com.crt': 'rubbish' }],
    ['.crt', { '_.example.com.crt': '-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n' }],
    ['.crt', { '_.example.com.crt': '' }],
    ['.key', { '_.example.com.key': 'rubbish' }],
    ['.key', { '_.example.com.key': '-----BEGIN PRIVATE KEY-----\nMAAA\n-----END PRIVATE KEY-----\n' }],
    ['.json', { '_.example.com.json': '{"id": "*.exam' }],
    ['.json', { '_.example.com.json': '[]' }],
  ])('are reported when damaged: %s', async (extension, damage) => {
    const world = new TestWorld();
    legoTree(world, { ...legoFiles, ...damage });
    const process = world.boot();
    const { certificates } = legoStores(process, { path });
    const error: unknown = await certificates.load('*.example.com').catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'corrupt', message: expect.stringContaining(`_.example.com${extension}`) });
    expect(error).toMatchObject({ next: expect.stringMatching(/backup.*\./) });
    expect(String(error)).not.toContain('\n');
    expect(await certificates.due(new Date('2100-01-01'), 5)).toEqual([]);
    expect(process.warnings).toContainEqual(expect.stringContaining('due cannot be told'));
    expect(await certificates.list()).toHaveLength(1);
  });

  it('are reported when a file is missing', async () => {
    const world = new TestWorld();
    const { '_.example.com.crt': _, ...rest } = legoFiles;
    legoTree(world, rest);
    await expect(open(world).certificates.load('*.example.com')).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('go by the name of their file when lego v4 or a migration named them otherwise', async () => {
    const world = new TestWorld();
    legoTree(world, { ...legoFiles, '_.example.com.json': '{"domain":"*.example.com","certUrl":"https://ca.test/1"}' });
    expect(await open(world).certificates.list()).toEqual(['_.example.com']);
    legoTree(world, { '_.example.com.json': '{"id":"quite.another.name"}' });
    expect(await open(world).certificates.list()).toEqual(['_.example.com']);
    expect((await open(world).certificates.load('_.example.com'))?.facts).toEqual(firstFacts);
  });

  it('can be read, but not replaced, where a later version of ours has been', async () => {
    const world = new TestWorld();
    const stored = await commit(open(world), 'a', secondVersion);
    world.disk.write(`${path}/.everseal/format.json`, utf8('{"format":2}'), { mode: 0o600 });
    const stores = open(world);
    const loaded = await stores.certificates.load('a');
    expect(loaded).toEqual({ ...stored, requested: undefined, omitted: [] });
    await expect(commit(stores, 'a', firstVersion)).rejects.toMatchObject({ code: 'newer-format' });
    expect(await open(world).certificates.load('a')).toEqual(loaded);
  });
});
