import { describe, expect, it } from 'vitest';
import { utf8 } from '../core/index.ts';
import { FileJournal, FileLocks, FileState, StagedCommits, StateFolder } from './index.ts';
import { TestWorld } from './test-world.testing.ts';

const folder = '/srv/.everseal';

function all(world: TestWorld) {
  const process = world.boot();
  const state = new StateFolder(process, folder);
  return {
    journal: new FileJournal(process, state),
    locks: new FileLocks(process, state),
    state: new FileState(process, state),
    commits: new StagedCommits(process, state),
  };
}

describe('the state folder', () => {
  it('is made at the first write, for its owner only, with its format', async () => {
    const world = new TestWorld();
    const { state } = all(world);
    expect(await state.get('a')).toBeUndefined();
    expect(world.disk.exists('/srv')).toBe(false);
    await state.put('a', 1);
    expect(world.disk.stat(folder)?.mode).toBe(0o700);
    expect(JSON.parse(world.disk.readText(`${folder}/format.json`))).toEqual({ format: 1 });
  });

  it('is read-only when a later version wrote it', async () => {
    const world = new TestWorld();
    await all(world).state.put('a', 1);
    world.disk.write(`${folder}/format.json`, utf8('{"format":2}'), { mode: 0o600 });
    const { journal, locks, state, commits } = all(world);
    expect(await state.get('a')).toBeUndefined();
    const newer = {
      code: 'newer-format',
      message: expect.stringContaining('format 2'),
      next: expect.stringContaining('Update'),
    };
    await expect(state.put('a', 2)).rejects.toMatchObject(newer);
    await expect(state.delete('a')).rejects.toMatchObject(newer);
    await expect(journal.begin('a', { step: 'x' })).rejects.toMatchObject(newer);
    await expect(journal.unfinished()).rejects.toMatchObject(newer);
    await expect(locks.tryAcquire('a')).rejects.toMatchObject(newer);
    await expect(locks.check({ lock: 'a', number: 1 })).rejects.toMatchObject(newer);
    await expect(commits.begin('a')).rejects.toMatchObject(newer);
    await expect(commits.recover('a', [])).rejects.toMatchObject(newer);
  });

  it('says which file is damaged', async () => {
    const world = new TestWorld();
    world.disk.createFolder(folder, 0o700);
    world.disk.write(`${folder}/format.json`, utf8('x'), { mode: 0o600 });
    const damaged = { code: 'corrupt', message: expect.stringContaining('/srv/.everseal/format.json') };
    await expect(all(world).state.put('a', 1)).rejects.toMatchObject(damaged);
    expect(await all(world).state.get('a')).toBeUndefined();
  });

  it('can be made by several processes at once', async () => {
    const world = new TestWorld();
    await Promise.all(Array.from({ length: 6 }, (_, i) => all(world).state.put(`key ${i}`, i)));
    expect(await all(world).state.get('key 5')).toBe(5);
    expect(world.disk.list(folder).sort()).toEqual(['format.json', 'state']);
  });

  it('tries again after a failure', async () => {
    const world = new TestWorld();
    const { state } = all(world);
    const lift = world.disk.faults.fill();
    await expect(state.put('a', 1)).rejects.toMatchObject({ code: 'disk-full' });
    lift();
    await state.put('a', 1);
    expect(await state.get('a')).toBe(1);
  });

  it('treats damaged state as none', async () => {
    const world = new TestWorld();
    await all(world).state.put('a', 1);
    world.disk.write(`${folder}/state/a.json`, utf8('{"key":"a"'), { mode: 0o600 });
    expect(await all(world).state.get('a')).toBeUndefined();
    await all(world).state.put('a', 2);
    expect(await all(world).state.get('a')).toBe(2);
  });
});
