import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../core/index.ts';
import { StagedCommits, StateFolder } from './index.ts';
import { type TestProcess, TestWorld } from './test-world.testing.ts';

const tree = '/srv/tree';
const paths = [`${tree}/a`, `${tree}/b`] as const;
const fine = async () => undefined;

function commitsOf(process: TestProcess): StagedCommits {
  return new StagedCommits(process, new StateFolder(process, `${tree}/.everseal`));
}

async function stage(commits: StagedCommits, text: string) {
  const set = await commits.begin('pair');
  for (const path of paths) await set.add({ path, data: utf8(text), mode: 0o600 });
  return set;
}

async function write(commits: StagedCommits, text: string): Promise<void> {
  await (await stage(commits, text)).commit(fine);
}

async function texts(commits: StagedCommits): Promise<readonly (string | undefined)[]> {
  return (await commits.read('pair', paths)).map(({ data }) => data && fromUtf8(data));
}

function onDisk(world: TestWorld): readonly string[] {
  return paths.map((path) => world.disk.readText(path));
}

async function worldWith(text: string): Promise<TestWorld> {
  const world = new TestWorld();
  world.disk.createFolder(tree, 0o700);
  for (const folder of ['/', '/srv']) world.disk.sync(folder);
  await write(commitsOf(world.boot()), text);
  return world;
}

describe('a staged commit', () => {
  it('puts all files into their places and leaves nothing else', async () => {
    const world = await worldWith('old');
    await write(commitsOf(world.boot()), 'new');
    expect(onDisk(world)).toEqual(['new', 'new']);
    expect(world.disk.tree(tree).filter((path) => path.endsWith('.tmp') || path.includes('/commits/'))).toEqual([]);
  });

  it('changes nothing when its guard says no', async () => {
    const world = await worldWith('old');
    const commits = commitsOf(world.boot());
    const set = await stage(commits, 'new');
    await expect(set.commit(async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await texts(commits)).toEqual(['old', 'old']);
    await set.discard();
    expect(world.disk.list(tree).sort()).toEqual(['.everseal', 'a', 'b']);
  });

  it.each(['write', 'sync', 'rename'] as const)('changes nothing when the first %s fails', async (operation) => {
    const world = await worldWith('old');
    const commits = commitsOf(world.boot());
    const lift = world.disk.faults.add({ code: 'io', operations: [operation], times: 1 });
    const work = async () => {
      const set = await commits.begin('pair');
      try {
        for (const path of paths) await set.add({ path, data: utf8('new'), mode: 0o600 });
        await set.commit(fine);
      } catch (error) {
        await set.discard();
        throw error;
      }
    };
    await expect(work()).rejects.toMatchObject({ code: 'io' });
    lift();
    expect(await texts(commitsOf(world.boot()))).toEqual(['old', 'old']);
    expect(onDisk(world)).toEqual(['old', 'old']);
    world.disk.powerCut();
    expect(await texts(commitsOf(world.boot()))).toEqual(['old', 'old']);
  });

  it('changes nothing when its note cannot be made safe', async () => {
    for (let skip = 0; skip < 6; skip += 1) {
      const world = await worldWith('old');
      const set = await stage(commitsOf(world.boot()), 'new');
      world.disk.faults.add({ code: 'io', operations: ['sync'], skip, times: 1 });
      const outcome = await set.commit(fine).catch((error: unknown) => error);
      const seen = await texts(commitsOf(world.boot()));
      expect(seen).toEqual(outcome === undefined ? ['new', 'new'] : ['old', 'old']);
      if (outcome !== undefined) await set.discard();
      world.disk.powerCut();
      expect(await texts(commitsOf(world.boot()))).toEqual(seen);
    }
  });

  it('works on a disk without second names', async () => {
    const world = await worldWith('old');
    world.disk.faults.add({ code: 'io', operations: ['link'] });
    await write(commitsOf(world.boot()), 'new');
    expect(onDisk(world)).toEqual(['new', 'new']);
    expect(world.disk.tree(tree).filter((path) => path.endsWith('.tmp'))).toEqual([]);
  });

  it('stays decided when it cannot be finished, and is finished later', async () => {
    const world = await worldWith('old');
    const process = world.boot();
    const lift = world.disk.faults.add({ code: 'io', operations: ['rename'], skip: 1 });
    await write(commitsOf(process), 'new');
    expect(process.warnings).toEqual([expect.stringContaining('pair is decided')]);
    expect(onDisk(world)).toEqual(['new', 'old']);
    const other = commitsOf(world.boot());
    expect(await texts(other)).toEqual(['new', 'new']);
    expect(await other.pending()).toEqual(['pair']);
    await expect(other.recover('pair', paths)).rejects.toMatchObject({ code: 'io' });
    lift();
    await other.recover('pair', paths);
    expect(onDisk(world)).toEqual(['new', 'new']);
    expect(await other.pending()).toEqual([]);
  });

  it('finishes an unfinished one of the same name before its own', async () => {
    const world = await worldWith('old');
    const lift = world.disk.faults.add({ code: 'io', operations: ['rename'], skip: 1 });
    await write(commitsOf(world.boot()), 'new');
    lift();
    await write(commitsOf(world.boot()), 'newest');
    expect(onDisk(world)).toEqual(['newest', 'newest']);
  });

  it('installs nothing once somebody else recovered, however late it goes on', async () => {
    const world = await worldWith('old');
    const paused = await stage(commitsOf(world.boot()), 'stale');
    const other = commitsOf(world.boot());
    await paused.commit(async () => {
      // The holder is paused right after its guard said yes; another one takes over.
      await other.recover('pair', paths);
      await write(other, 'new');
    });
    expect(await texts(other)).toEqual(['new', 'new']);
    expect(onDisk(world)).toEqual(['new', 'new']);
    expect(await other.pending()).toEqual([]);
  });

  it('leaves the note of its successor alone, however late it goes on', async () => {
    const world = await worldWith('old');
    const process = world.boot();
    const other = commitsOf(world.boot());
    let paused = false;
    const rename = async (from: string, to: string) => {
      // Paused after its note was written: another one rolls it forward, and is in the middle of a commit of its own.
      if (!paused) {
        paused = true;
        await other.recover('pair', paths);
        world.disk.faults.add({ code: 'io', operations: ['rename'], skip: 1, times: 1 });
        await write(other, 'newest');
      }
      await process.fs.rename(from, to);
    };
    await write(commitsOf({ ...process, fs: { ...process.fs, rename } }), 'new');
    expect(onDisk(world)).toEqual(['newest', 'new']);
    expect(await texts(other)).toEqual(['newest', 'newest']);
    await other.recover('pair', paths);
    expect(onDisk(world)).toEqual(['newest', 'newest']);
  });

  it.each(['busy', 'cross-device'] as const)('writes in place where renaming is refused as %s', async (code) => {
    const world = await worldWith('old');
    const inode = world.disk.stat(paths[1])?.inode;
    world.disk.faults.add({ code, operations: ['rename'], path: /\.b\./ });
    await write(commitsOf(world.boot()), 'new');
    expect(onDisk(world)).toEqual(['new', 'new']);
    expect(world.disk.stat(paths[1])?.inode).toBe(inode);
    expect(world.disk.list(tree).sort()).toEqual(['.everseal', 'a', 'b']);
  });

  it('brings the old content back when there is no room to write in place', async () => {
    const world = await worldWith('old');
    world.disk.faults.add({ code: 'busy', operations: ['rename'], path: /\.a\./ });
    world.disk.faults.add({ code: 'disk-full', operations: ['write'], path: /\/a$/, times: 1 });
    await expect(write(commitsOf(world.boot()), 'new')).rejects.toMatchObject({ code: 'disk-full' });
    expect(onDisk(world)).toEqual(['old', 'old']);
    expect(await texts(commitsOf(world.boot()))).toEqual(['old', 'old']);
  });

  it('follows links, and stages elsewhere where it may not write beside the file', async () => {
    const world = await worldWith('old');
    world.disk.createFolder('/mounted', 0o755);
    world.disk.write('/mounted/b', utf8('old'), { mode: 0o640 });
    world.disk.remove(paths[1]);
    world.disk.symlink('../../mounted/b', paths[1]);
    world.disk.faults.add({ code: 'read-only-disk', operations: ['write'], path: /^\/mounted\/\.|\.\.\/mounted\/\./ });
    world.disk.faults.add({ code: 'cross-device', operations: ['rename'], path: /commits\/\.pair\.b\./ });
    await write(commitsOf(world.boot()), 'new');
    expect(world.disk.lstat(paths[1])?.kind).toBe('link');
    expect(world.disk.readText('/mounted/b')).toBe('new');
    expect(world.disk.stat('/mounted/b')?.mode).toBe(0o640);
    expect(world.disk.tree(tree).filter((path) => path.endsWith('.tmp'))).toEqual([]);
  });

  it('keeps the mode that somebody gave a file', async () => {
    const world = await worldWith('old');
    world.disk.chmod(paths[0], 0o640);
    await write(commitsOf(world.boot()), 'new');
    expect(paths.map((path) => world.disk.stat(path)?.mode)).toEqual([0o640, 0o600]);
  });

  it('can be finished after the tree was moved', async () => {
    const world = await worldWith('old');
    const lift = world.disk.faults.add({ code: 'io', operations: ['rename'], skip: 1 });
    await write(commitsOf(world.boot()), 'new');
    lift();
    world.disk.rename(tree, '/moved');
    const process = world.boot();
    const moved = new StagedCommits(process, new StateFolder(process, '/moved/.everseal'));
    await moved.recover('pair', ['/moved/a', '/moved/b']);
    expect(world.disk.readText('/moved/b')).toBe('new');
  });

  it('leaves the temporary files of other names alone', async () => {
    const world = await worldWith('old');
    const other = commitsOf(world.boot());
    const set = await other.begin('other');
    await set.add({ path: `${tree}/a.b`, data: utf8('1'), mode: 0o600 });
    await commitsOf(world.boot()).recover('pair', paths);
    await set.commit(fine);
    expect(world.disk.readText(`${tree}/a.b`)).toBe('1');
  });

  it('names a note that cannot be understood', async () => {
    const world = await worldWith('old');
    const note = `${tree}/.everseal/commits/pair.json`;
    world.disk.write(note, utf8('{}'), { mode: 0o600 });
    await expect(texts(commitsOf(world.boot()))).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining(note),
    });
    world.disk.write(note, utf8('{"format":2,"id":"x","name":"pair","files":[]}'), { mode: 0o600 });
    await expect(texts(commitsOf(world.boot()))).rejects.toMatchObject({ code: 'newer-format' });
  });
});
