import { describe, expect, it } from 'vitest';
import { type FileSystem, utf8 } from '../core/index.ts';
import { FileLocks, StateFolder } from './index.ts';
import { type TestProcess, TestWorld } from './test-world.testing.ts';

const folder = '/srv/.everseal';

function locksOf(process: TestProcess): FileLocks {
  return new FileLocks(process, new StateFolder(process, folder));
}

describe('locks on disk', () => {
  it('take a lock over at once from a holder that died', async () => {
    const world = new TestWorld();
    const holder = world.boot();
    const lost = await locksOf(holder).tryAcquire('a');
    const other = locksOf(world.boot());
    expect(await other.tryAcquire('a')).toBeUndefined();
    world.kill(holder);
    expect((await other.tryAcquire('a'))?.fence.number).toBe((lost?.fence.number ?? 0) + 1);
  });

  it('wait for the end of the lease where nothing is known of the holder', async () => {
    const world = new TestWorld();
    const holder = world.boot();
    await locksOf(holder).tryAcquire('a');
    world.kill(holder);
    const process = world.boot();
    const elsewhere = { ...process, host: { ...process.host, isAlive: async () => 'unknown' as const } };
    const other = locksOf(elsewhere);
    expect(await other.tryAcquire('a')).toBeUndefined();
    world.advance(other.leaseMs);
    expect(await other.tryAcquire('a')).toBeDefined();
  });

  it('are not held forever when the clock is set back', async () => {
    const world = new TestWorld();
    const locks = locksOf(world.boot());
    await locks.tryAcquire('a');
    world.setClock(-365 * 24 * 60 * 60_000);
    const other = locksOf(world.boot());
    expect(await other.tryAcquire('a')).toBeUndefined();
    world.advance(other.leaseMs / 2);
    expect(await other.tryAcquire('a')).toBeUndefined();
    world.advance(other.leaseMs / 2 + 1);
    expect(await other.tryAcquire('a')).toBeDefined();
  });

  it.each(['write', 'link'] as const)(
    'are not taken by whoever looked long ago, and then comes to %s',
    async (step) => {
      const world = new TestWorld();
      const others = locksOf(world.boot());
      await (await others.tryAcquire('a'))?.release();
      const process = world.boot();
      // Paused before it makes number 2: the others are at 3 by now, and 2 is free again.
      const overtake = async () => {
        await (await others.tryAcquire('a'))?.release();
        await others.tryAcquire('a');
      };
      const hooked: FileSystem = {
        ...process.fs,
        write: async (path, data, options) => {
          if (step === 'write' && path.includes('/locks/')) await overtake();
          await process.fs.write(path, data, options);
        },
        link: async (from, to) => {
          if (step === 'link') await overtake();
          await process.fs.link(from, to);
        },
      };
      await new StateFolder(process, folder).writable('locks');
      expect(await locksOf({ ...process, fs: hooked }).tryAcquire('a')).toBeUndefined();
      expect(world.disk.list(`${folder}/locks/a`)).toEqual(['3']);
    },
  );

  it('keep only the newest file', async () => {
    const world = new TestWorld();
    const locks = locksOf(world.boot());
    for (let round = 0; round < 5; round += 1) await (await locks.tryAcquire('certificate/a'))?.release();
    expect(world.disk.tree(`${folder}/locks`)).toEqual([`${folder}/locks/certificate%2fa/5`]);
  });

  it('hold a damaged lock for one lease', async () => {
    const world = new TestWorld();
    const locks = locksOf(world.boot());
    const lease = await locks.tryAcquire('a');
    world.disk.write(`${folder}/locks/a/1`, utf8('{"tok'), { mode: 0o600 });
    expect(await locks.tryAcquire('a')).toBeUndefined();
    world.advance(locks.leaseMs + 1);
    expect((await locks.tryAcquire('a'))?.fence.number).toBe((lease?.fence.number ?? 0) + 1);
  });

  it('work on a disk without second names', async () => {
    const world = new TestWorld();
    const [locks, other] = [locksOf(world.boot()), locksOf(world.boot())];
    await (await locks.tryAcquire('a'))?.release();
    world.disk.faults.add({ code: 'permission', operations: ['link'] });
    for (let round = 0; round < 5; round += 1) {
      const taken = await Promise.all([locks.tryAcquire('a'), other.tryAcquire('a'), locks.tryAcquire('a')]);
      const won = taken.filter((lease) => lease !== undefined);
      expect(won).toHaveLength(1);
      await won[0]?.release();
    }
  });

  it('leave work that is done alone when the release fails', async () => {
    const world = new TestWorld();
    const process = world.boot();
    const lease = await locksOf(process).tryAcquire('a');
    const lift = world.disk.faults.fill();
    await lease?.release();
    lift();
    expect(process.warnings).toEqual([expect.stringContaining('a could not be released')]);
  });

  it('say so when they cannot be written', async () => {
    const world = new TestWorld();
    world.disk.faults.fill();
    await expect(locksOf(world.boot()).tryAcquire('a')).rejects.toMatchObject({ code: 'disk-full' });
  });

  it('have at most one holder through crashes, whatever was going on', async () => {
    for (let effect = 1; effect <= 30; effect += 1) {
      const world = new TestWorld(`locks ${effect}`);
      const first = await locksOf(world.boot()).tryAcquire('a');
      await first?.release();
      await locksOf(world.boot({ effect, when: effect % 2 === 0 ? 'before' : 'after' }))
        .tryAcquire('a')
        .catch(() => undefined);
      world.disk.powerCut();
      const locks = locksOf(world.boot());
      world.advance(locks.leaseMs);
      const taken = await Promise.all([locks.tryAcquire('a'), locksOf(world.boot()).tryAcquire('a')]);
      const won = taken.filter((lease) => lease !== undefined);
      expect(won, `effect ${effect}`).toHaveLength(1);
      expect(won[0]?.fence.number).toBeGreaterThan(first?.fence.number ?? 0);
    }
  });
});
