/** What all locks must do. */
import { describe, expect, it } from 'vitest';
import type { Lease, Locks } from './stores.ts';

export interface LocksWorld {
  readonly locks: Locks;
  /** The same locks, as another living process sees them. */
  readonly other: Locks;
  /** Lets time pass for everybody. */
  readonly advance: (ms: number) => void;
}

/**
 * @example
 * ```ts
 * locksConformance('MyLocks', async () => makeFreeLocks());
 * ```
 */
export function locksConformance(store: string, makeWorld: () => Promise<LocksWorld>): void {
  describe(`${store} are locks`, () => {
    it('give a lock to one holder at a time', async () => {
      const { locks, other } = await makeWorld();
      const lease = await acquire(locks, 'a');
      expect(await locks.tryAcquire('a')).toBeUndefined();
      expect(await other.tryAcquire('a')).toBeUndefined();
      await lease.release();
      expect(await other.tryAcquire('a')).toBeDefined();
      expect(await locks.tryAcquire('a')).toBeUndefined();
    });

    it('keep names apart, whatever they are made of', async () => {
      const { locks, other } = await makeWorld();
      const names = [
        'a',
        'A',
        'a/b',
        'a%2fb',
        '..',
        '',
        'zone/example.com.',
        'x'.repeat(400),
        `${'x'.repeat(400)}y`,
        'ü',
      ];
      for (const name of names) expect((await acquire(locks, name)).fence.lock).toBe(name);
      for (const name of names) expect(await other.tryAcquire(name)).toBeUndefined();
    });

    it('number the holders upwards', async () => {
      const { locks, other } = await makeWorld();
      const numbers: number[] = [];
      for (const taker of [locks, other, locks]) {
        const lease = await acquire(taker, 'a');
        numbers.push(lease.fence.number);
        await lease.release();
      }
      expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    });

    it('let the newest fence pass and no older one', async () => {
      const { locks, other } = await makeWorld();
      const old = await acquire(locks, 'a');
      await other.check(old.fence);
      await old.release();
      const lease = await acquire(other, 'a');
      await locks.check(lease.fence);
      await expect(locks.check(old.fence)).rejects.toMatchObject({ code: 'stale-lease' });
      await expect(other.check({ lock: 'never-taken', number: 1 })).rejects.toMatchObject({ code: 'stale-lease' });
    });

    it('end a lease that is not renewed', async () => {
      const { locks, other, advance } = await makeWorld();
      const lost = await acquire(locks, 'a');
      advance(locks.leaseMs - 1_000);
      expect(await other.tryAcquire('a')).toBeUndefined();
      advance(1_000);
      const lease = await acquire(other, 'a');
      expect(lease.fence.number).toBeGreaterThan(lost.fence.number);
      await expect(lost.renew()).rejects.toMatchObject({ code: 'stale-lease' });
      await expect(locks.check(lost.fence)).rejects.toMatchObject({ code: 'stale-lease' });
      await lost.release();
      expect(await locks.tryAcquire('a')).toBeUndefined();
      await other.check(lease.fence);
    });

    it('extend a lease that is renewed', async () => {
      const { locks, other, advance } = await makeWorld();
      const lease = await acquire(locks, 'a');
      for (let round = 0; round < 4; round += 1) {
        advance(locks.leaseMs / 2);
        await lease.renew();
      }
      expect(await other.tryAcquire('a')).toBeUndefined();
      advance(locks.leaseMs);
      expect(await other.tryAcquire('a')).toBeDefined();
    });

    it('can be released twice, and not renewed after it', async () => {
      const { locks, other } = await makeWorld();
      const lease = await acquire(locks, 'a');
      await lease.release();
      const next = await acquire(other, 'a');
      await lease.release();
      await expect(lease.renew()).rejects.toMatchObject({ code: 'stale-lease' });
      await other.check(next.fence);
      expect(await locks.tryAcquire('a')).toBeUndefined();
    });

    it('have one winner among many takers, each time', async () => {
      const { locks, other, advance } = await makeWorld();
      for (let round = 0; round < 10; round += 1) {
        const takers = Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? locks : other).tryAcquire('a'));
        const won = (await Promise.all(takers)).filter((lease) => lease !== undefined);
        expect(won).toHaveLength(1);
        if (round % 2 === 0) await won[0]?.release();
        else advance(locks.leaseMs);
      }
    });
  });
}

async function acquire(locks: Locks, name: string): Promise<Lease> {
  const lease = await locks.tryAcquire(name);
  if (lease === undefined) throw new Error(`the lock ${name} is held`);
  return lease;
}
