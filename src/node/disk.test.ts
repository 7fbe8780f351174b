import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../core/index.ts';
import { nodeDisk } from './disk.ts';
import { diskFailure } from './disk-failure.ts';

describe('diskFailure', () => {
  it.each([
    ['ENOENT', 'file-not-found'],
    ['EEXIST', 'file-exists'],
    ['EACCES', 'permission'],
    ['EPERM', 'permission'],
    ['ENOSPC', 'disk-full'],
    ['EDQUOT', 'disk-full'],
    ['EROFS', 'read-only-disk'],
    ['ENOTDIR', 'not-a-folder'],
    ['EISDIR', 'is-a-folder'],
    ['ENOTEMPTY', 'folder-not-empty'],
    ['EXDEV', 'cross-device'],
    ['EBUSY', 'busy'],
    ['EIO', 'io'],
    ['EMFILE', 'io'],
  ])('%s is %s', (errno, code) => {
    const failure = diskFailure(Object.assign(new TypeError('why'), { code: errno }), 'write', '/a/b');
    expect(failure.code).toBe(code);
    expect(failure.message).toMatch(/^Cannot write \/a\/b: ./);
  });

  it('keeps a strange path on one line', () => {
    expect(diskFailure(new TypeError('why'), 'read', 'a\n\u001b[2Jb').message).toBe('Cannot read a [2Jb: why');
  });
});

describe('nodeDisk', () => {
  const fs = nodeDisk();
  let folder = '';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'everseal-'));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('syncs files, folders, and files that may only be read', async () => {
    await fs.write(join(folder, 'a'), utf8('x'), { mode: 0o400 });
    await fs.sync(join(folder, 'a'));
    await fs.sync(folder);
  });

  it('writes through a link, also to a file that is not there yet, with the mode asked for', async () => {
    await symlink('target', join(folder, 'link'));
    await fs.write(join(folder, 'link'), utf8('one'), { mode: 0o666 });
    expect(await fs.stat(join(folder, 'target'))).toMatchObject({ size: 3, mode: 0o666 });
    await fs.append(join(folder, 'link'), utf8('two'), { mode: 0o600 });
    expect(await fs.stat(join(folder, 'target'))).toMatchObject({ size: 6, mode: 0o666 });
  });

  it('does not write exclusively through a link', async () => {
    await symlink('target', join(folder, 'link'));
    const work = fs.write(join(folder, 'link'), utf8('x'), { mode: 0o600, exclusive: true });
    await expect(work).rejects.toMatchObject({ code: 'file-exists' });
    expect(await fs.list(folder)).toEqual(['link']);
  });

  it('writes and reads large and empty files', async () => {
    const large = new Uint8Array(3_000_000).fill(9);
    await fs.write(join(folder, 'large'), large, { mode: 0o600 });
    await fs.write(join(folder, 'empty'), new Uint8Array(), { mode: 0o600 });
    expect((await fs.read(join(folder, 'large'))).every((octet) => octet === 9)).toBe(true);
    expect((await fs.read(join(folder, 'large'))).length).toBe(3_000_000);
    expect(await fs.read(join(folder, 'empty'))).toHaveLength(0);
  });

  it('gives octets of its own, not a view of a shared buffer', async () => {
    await writeFile(join(folder, 'a'), 'x');
    const data = await fs.read(join(folder, 'a'));
    expect(data.constructor).toBe(Uint8Array);
    expect(data.buffer.byteLength).toBe(1);
  });

  it('leaves the folders above as they were', async () => {
    await fs.chmod(folder, 0o750);
    await fs.createFolder(join(folder, 'a', 'b'), 0o711);
    expect((await fs.stat(folder))?.mode).toBe(0o750);
    expect((await fs.stat(join(folder, 'a')))?.mode).toBe(0o711);
  });

  it('makes folders of a path with a separator at its end', async () => {
    await fs.createFolder(join(folder, 'a', 'b/'), 0o777);
    expect((await fs.stat(join(folder, 'a')))?.mode).toBe(0o777);
    expect((await fs.stat(join(folder, 'a', 'b')))?.mode).toBe(0o777);
  });

  it('makes a folder that somebody else makes at the same time', async () => {
    await Promise.all(Array.from({ length: 8 }, () => fs.createFolder(join(folder, 'a', 'b', 'c'), 0o700)));
    expect((await fs.stat(join(folder, 'a', 'b', 'c')))?.mode).toBe(0o700);
  });

  it('refuses a link to nothing in the place of a folder', async () => {
    await symlink('target', join(folder, 'link'));
    await expect(fs.createFolder(join(folder, 'link'), 0o700)).rejects.toMatchObject({ code: 'file-exists' });
  });

  // Only Linux has a folder that nobody can add to, not even root.
  if (process.platform === 'linux') {
    it('gives up where no folder can be made, whoever runs it', async () => {
      const work = fs.createFolder('/proc/nope/x', 0o700);
      await expect(work).rejects.toMatchObject({
        code: expect.stringMatching(/^(file-not-found|permission)$/),
        message: expect.stringContaining('/proc/nope/x'),
      });
    });
  }
});
