/** What every store of certificates must do. */
import { describe, expect, it } from 'vitest';
import { firstVersion, secondFacts, secondVersion } from './certificate-samples.testing.ts';
import type { CertificateStore, CertificateVersion, Fence, Locks } from './stores.ts';

export interface CertificatesWorld {
  readonly certificates: CertificateStore;
  readonly locks: Locks;
  /** The same store, as another process sees it. */
  readonly other: CertificateStore;
}

/**
 * @example
 * ```ts
 * certificatesConformance('MyStore', async () => makeAnEmptyStore());
 * ```
 */
export function certificatesConformance(store: string, makeWorld: () => Promise<CertificatesWorld>): void {
  describe(`${store} is a store of certificates`, () => {
    it('has nothing at first', async () => {
      const { certificates } = await makeWorld();
      expect(await certificates.load('example.com')).toBeUndefined();
      expect(await certificates.read('example.com')).toBeUndefined();
      expect(await certificates.list()).toEqual([]);
      expect(await certificates.due(new Date('2100-01-01'), 10)).toEqual([]);
    });

    it('gives back what was committed, to other processes too', async () => {
      const world = await makeWorld();
      const fence = await fenceOf(world, 'example.com');
      const stored = await world.certificates.commit('example.com', secondVersion, undefined, fence);
      const { facts, requested, omitted } = secondVersion;
      expect(stored).toMatchObject({ name: 'example.com', facts, requested, omitted, hasKey: true });
      for (const certificates of [world.certificates, world.other]) {
        expect(await certificates.load('example.com')).toEqual(stored);
        expect(await certificates.list()).toEqual(['example.com']);
        const material = await certificates.read('example.com');
        expect(material?.chain).toBe(secondVersion.chain);
        expect(material?.key?.reveal()).toBe(secondVersion.key?.reveal());
      }
    });

    it('replaces the current version by the next one', async () => {
      const world = await makeWorld();
      const fence = await fenceOf(world, 'a');
      const first = await world.certificates.commit('a', firstVersion, undefined, fence);
      const second = await world.certificates.commit('a', secondVersion, first.version, fence);
      expect(second.version).not.toBe(first.version);
      expect(await world.other.load('a')).toEqual(second);
      expect((await world.other.read('a'))?.chain).toBe(secondVersion.chain);
      expect(await world.other.list()).toEqual(['a']);
    });

    it('gives the same certificate committed again a new version', async () => {
      const world = await makeWorld();
      const fence = await fenceOf(world, 'a');
      const first = await world.certificates.commit('a', firstVersion, undefined, fence);
      const again = await world.certificates.commit('a', firstVersion, first.version, fence);
      expect(again.version).not.toBe(first.version);
    });

    it.each([
      ['there is none of that version', undefined, 'no-such-version'],
      ['there is one already', firstVersion, undefined],
      ['another one is current', firstVersion, 'no-such-version'],
    ])('refuses a commit when %s', async (_why, present, expected) => {
      const world = await makeWorld();
      const fence = await fenceOf(world, 'a');
      if (present !== undefined) await world.certificates.commit('a', present, undefined, fence);
      const before = await world.other.load('a');
      await expect(world.certificates.commit('a', secondVersion, expected, fence)).rejects.toMatchObject({
        code: 'conflict',
      });
      expect(await world.other.load('a')).toEqual(before);
      expect((await world.other.read('a'))?.chain).toBe(present?.chain);
    });

    it('refuses whoever has lost the lock', async () => {
      const world = await makeWorld();
      const old = await fenceOf(world, 'a');
      const fence = await fenceOf(world, 'a');
      const { certificates } = world;
      await expect(certificates.commit('a', firstVersion, undefined, old)).rejects.toMatchObject({
        code: 'stale-lease',
      });
      await expect(certificates.recover('a', old)).rejects.toMatchObject({ code: 'stale-lease' });
      expect(await world.other.load('a')).toBeUndefined();
      await certificates.recover('a', fence);
      await certificates.commit('a', firstVersion, undefined, fence);
      expect((await world.other.load('a'))?.facts).toEqual(firstVersion.facts);
    });

    it('lets one of several commits on the same version win', async () => {
      const world = await makeWorld();
      const fence = await fenceOf(world, 'a');
      const commits = [firstVersion, secondVersion, firstVersion].map((version) =>
        world.certificates.commit('a', version, undefined, fence),
      );
      const results = await Promise.allSettled(commits);
      const won = results.filter(({ status }) => status === 'fulfilled');
      expect(won.length).toBeGreaterThanOrEqual(1);
      expectPair(await world.other.read('a'));
    });

    it('stores a certificate whose key is elsewhere', async () => {
      const world = await makeWorld();
      const fence = await fenceOf(world, 'a');
      const stored = await world.certificates.commit('a', { ...firstVersion, key: undefined }, undefined, fence);
      expect(stored.hasKey).toBe(false);
      const material = await world.other.read('a');
      expect(material).toEqual({ chain: firstVersion.chain, key: undefined });
    });

    it('does not give out the old key with a new certificate that has none', async () => {
      const world = await makeWorld();
      const fence = await fenceOf(world, 'a');
      const first = await world.certificates.commit('a', firstVersion, undefined, fence);
      const second = await world.certificates.commit('a', { ...secondVersion, key: undefined }, first.version, fence);
      expect(second.hasKey).toBe(false);
      expect(second.requested).toEqual(secondVersion.requested);
      expect(await world.other.load('a')).toEqual(second);
      expect(await world.other.read('a')).toEqual({ chain: secondVersion.chain, key: undefined });
    });

    it('keeps names apart, whatever they are made of', async () => {
      const world = await makeWorld();
      const names = ['*.example.com', 'example.com', 'foo', 'foo.com', '192.0.2.7', '2001:db8::7', 'me@example.com'];
      for (const name of names) {
        await world.certificates.commit(name, firstVersion, undefined, await fenceOf(world, name));
      }
      expect([...(await world.other.list())].sort()).toEqual([...names].sort());
      for (const name of names) expect((await world.other.load(name))?.name).toBe(name);
    });

    it('names those that expire before a date, soonest first', async () => {
      const world = await makeWorld();
      const versions = { late: secondVersion, early: firstVersion, middle: { ...firstVersion } };
      for (const [name, version] of Object.entries(versions)) {
        await world.certificates.commit(name, version, undefined, await fenceOf(world, name));
      }
      const { other } = world;
      expect(await other.due(new Date('2026-08-30T00:00:00Z'), 10)).toEqual([]);
      expect([...(await other.due(new Date('2026-08-30T00:00:01Z'), 10))].sort()).toEqual(['early', 'middle']);
      const all = await other.due(new Date(secondFacts.notAfter.getTime() + 1), 10);
      expect(all).toHaveLength(3);
      expect(all[2]).toBe('late');
      expect(await other.due(new Date('2100-01-01'), 2)).toHaveLength(2);
    });

    it('shows readers the old pair or the new one, never a mixture', async () => {
      const world = await makeWorld();
      const fence = await fenceOf(world, 'a');
      let current = await world.certificates.commit('a', firstVersion, undefined, fence);
      let writing = true;
      const reader = async () => {
        while (writing) {
          expectPair(await world.other.read('a'));
          const loaded = await world.other.load('a');
          expect(loaded?.hasKey).toBe(true);
          expect(loaded?.requested).toEqual(versionOf(loaded?.facts.serial).requested);
        }
      };
      const readers = [reader(), reader()];
      for (let round = 0; round < 6; round += 1) {
        current = await world.certificates.commit(
          'a',
          round % 2 === 0 ? secondVersion : firstVersion,
          current.version,
          fence,
        );
      }
      writing = false;
      await Promise.all(readers);
    });
  });
}

function versionOf(serial: string | undefined): CertificateVersion {
  return serial === secondFacts.serial ? secondVersion : firstVersion;
}

function expectPair(material: Awaited<ReturnType<CertificateStore['read']>>): void {
  const version = material?.chain === secondVersion.chain ? secondVersion : firstVersion;
  expect(material?.chain).toBe(version.chain);
  expect(material?.key?.reveal()).toBe(version.key?.reveal());
}

/** Takes the lock and lets it go at once: the fence stays the newest until the next call. */
async function fenceOf({ locks }: CertificatesWorld, name: string): Promise<Fence> {
  const lease = await locks.tryAcquire(`certificate/${name}`);
  if (lease === undefined) throw new Error(`the lock of ${name} is held`);
  await lease.release();
  return lease.fence;
}
