/** A process dies at every single change of the disk, with and without a power cut after it. */
import { describe, expect, it } from 'vitest';
import { Secret } from '../../core/index.ts';
import { firstKey, firstVersion, secondKey, secondVersion } from '../../engine/certificate-samples.testing.ts';
import type { CertificateVersion, Fence, StoredAccount, Stores } from '../../engine/index.ts';
import { TestWorld } from '../../store/test-world.testing.ts';
import { legoStores } from './stores.ts';

const path = '/srv/lego';
const name = 'example.com';
const lock = `certificate/${name}`;

/** Goes through all crash points of `work`, then `then` looks at what is left. */
async function crashEverywhere(
  before: (stores: Stores) => Promise<void>,
  work: (stores: Stores) => Promise<void>,
  then: (world: TestWorld, finished: boolean, where: string) => Promise<void>,
): Promise<void> {
  let points = 0;
  for (let effect = 1; ; effect += 1) {
    for (const when of ['before', 'after'] as const) {
      for (const power of ['stays', 'cut']) {
        const world = new TestWorld(`${effect} ${when} ${power}`);
        await before(legoStores(world.boot(), { path }));
        const process = world.boot({ effect, when });
        const outcome = await work(legoStores(process, { path })).then(
          () => 'finished',
          () => 'failed',
        );
        if (!process.crashed()) {
          expect(outcome).toBe('finished');
          expect(points).toBeGreaterThan(30);
          return;
        }
        points += 1;
        if (power !== 'stays') world.disk.powerCut();
        await then(world, outcome === 'finished', `crash ${when} effect ${effect}, power ${power}`);
      }
    }
  }
}

async function commit(stores: Stores, version: CertificateVersion): Promise<void> {
  const lease = await stores.locks.tryAcquire(lock);
  if (lease === undefined) throw new Error('the lock is held');
  await stores.certificates.recover(name, lease.fence);
  const current = await stores.certificates.load(name);
  await stores.certificates.commit(name, version, current?.version, lease.fence);
  await lease.release();
}

async function versionIn(stores: Stores): Promise<CertificateVersion | undefined> {
  const loaded = await stores.certificates.load(name);
  const material = await stores.certificates.read(name);
  if (loaded === undefined) {
    expect(material).toBeUndefined();
    return undefined;
  }
  const version = loaded.facts.serial === firstVersion.facts.serial ? firstVersion : secondVersion;
  expect(material?.chain).toBe(version.chain);
  expect(material?.key?.reveal()).toBe(version.key?.reveal());
  expect(loaded).toMatchObject({
    hasKey: true,
    facts: version.facts,
    requested: version.requested,
    omitted: version.omitted,
  });
  return version;
}

function temporaries(world: TestWorld): readonly string[] {
  return world.disk.tree(path).filter((file) => file.endsWith('.tmp') && !file.includes('/locks/'));
}

describe('a crash while a certificate is stored', () => {
  it.each([
    ['the first one', undefined],
    ['a renewal', firstVersion],
  ])('leaves the old certificate or the new one: %s', async (_which, old) => {
    await crashEverywhere(
      async (stores) => {
        if (old !== undefined) await commit(stores, old);
      },
      (stores) => commit(stores, secondVersion),
      async (world, finished, where) => {
        const stores = legoStores(world.boot(), { path });
        const found = await versionIn(stores);
        expect([old, secondVersion], where).toContain(found);
        if (finished) expect(found, where).toBe(secondVersion);
        expect(await stores.certificates.list(), where).toEqual(found === undefined ? [] : [name]);
        await recovered(world, stores, where);
        expect(await versionIn(stores), where).toBe(found);
        expect(temporaries(world), where).toEqual([]);
        await commit(stores, firstVersion);
        expect(await versionIn(legoStores(world.boot(), { path })), where).toBe(firstVersion);
      },
    );
  });
});

/** A power cut may tear a release, which then costs one lease of waiting. */
async function recovered(world: TestWorld, stores: Stores, where: string): Promise<Fence> {
  world.advance(stores.locks.leaseMs);
  const lease = await stores.locks.tryAcquire(lock);
  expect(lease, `${where}: nobody holds the lock`).toBeDefined();
  if (lease === undefined) throw new Error(where);
  await stores.certificates.recover(name, lease.fence);
  await lease.release();
  return lease.fence;
}

const account: StoredAccount = {
  directory: 'https://ca.test/directory',
  id: 'me@example.com',
  email: 'me@example.com',
  keyAlgorithm: 'EC256',
  key: new Secret(firstKey),
  registration: { url: 'https://ca.test/1', status: 'valid', contacts: [], termsAgreed: true, orders: undefined },
};
const rolledOver: StoredAccount = {
  ...account,
  key: new Secret(secondKey),
  registration: { url: 'https://ca.test/2', status: 'valid', contacts: [], termsAgreed: true, orders: undefined },
};

describe('a crash while an account is stored', () => {
  it.each([
    ['the first one', undefined],
    ['a new key', account],
  ])('leaves the old account or the new one: %s', async (_which, old) => {
    await crashEverywhere(
      async (stores) => {
        if (old !== undefined) await stores.accounts.save(old);
      },
      (stores) => stores.accounts.save(rolledOver),
      async (world, finished, where) => {
        const stores = legoStores(world.boot(), { path });
        const found = await accountIn(stores);
        expect([old, rolledOver], where).toContain(found);
        if (finished) expect(found, where).toBe(rolledOver);
        expect(await stores.accounts.list(), where).toHaveLength(found === undefined ? 0 : 1);
        await stores.accounts.save(account);
        expect(await accountIn(legoStores(world.boot(), { path })), where).toBe(account);
        expect(temporaries(world), where).toEqual([]);
      },
    );
  });
});

async function accountIn(stores: Stores): Promise<StoredAccount | undefined> {
  const found = await stores.accounts.load(account);
  if (found === undefined) return undefined;
  const expected = found.registration?.url === rolledOver.registration?.url ? rolledOver : account;
  expect({ ...found, key: found.key.reveal() }).toEqual({ ...expected, key: expected.key.reveal() });
  return expected;
}
