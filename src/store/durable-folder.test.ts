import { describe, expect, it } from 'vitest';
import { utf8 } from '../core/index.ts';
import { ensureFolder } from './index.ts';
import { TestWorld } from './test-world.testing.ts';

describe('a folder that is to last', () => {
  it('survives a power cut with its parents', async () => {
    const world = new TestWorld();
    await ensureFolder(world.boot().fs, '/srv/a/b', 0o700);
    world.disk.powerCut();
    expect(world.disk.stat('/srv/a/b')?.kind).toBe('folder');
  });

  it('does so when somebody else made it and died before its name was safe', async () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const world = new TestWorld(`unsynced ${seed}`);
      await ensureFolder(world.boot().fs, '/srv', 0o700);
      world.disk.createFolder('/srv/a', 0o700);
      const { fs } = world.boot();
      await ensureFolder(fs, '/srv/a', 0o700);
      await fs.write('/srv/a/file', utf8('kept'), { mode: 0o600 });
      await fs.sync('/srv/a/file');
      await fs.sync('/srv/a');
      world.disk.powerCut();
      expect(world.disk.readText('/srv/a/file')).toBe('kept');
    }
  });
});
