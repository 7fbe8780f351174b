import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createFile,
  folderOf,
  isTemporaryName,
  listIfExists,
  readIfExists,
  replaceFile,
  temporaryPath,
} from './durable-file.ts';
import { utf8 } from './encoding.ts';
import { EversealError } from './error.ts';
import type { FileSystem, Random } from './ports.ts';

const random: Random = {
  bytes: (length) => new Uint8Array(length).fill(0xfb),
  fraction: () => 0,
  fork: () => random,
};

/** A disk that notes its steps, and fails at the step of a given name. */
function notedDisk(failing?: string, code: 'io' | 'file-exists' | 'file-not-found' = 'io') {
  const steps: string[] = [];
  const step = async (name: string, path: string): Promise<void> => {
    steps.push(`${name} ${path}`);
    if (name === failing) throw new EversealError(code, `${name} fails`);
  };
  const unused = (): never => expect.fail('not a step of a durable file');
  const fs: FileSystem = {
    read: (path) => step('read', path).then(() => new Uint8Array()),
    list: (path) => step('list', path).then(() => []),
    write: (path) => step('write', path),
    sync: (path) => step('sync', path),
    rename: (path) => step('rename', path),
    link: (path) => step('link', path),
    remove: (path) => step('remove', path),
    stat: unused,
    lstat: unused,
    append: unused,
    createFolder: unused,
    symlink: unused,
    readLink: unused,
    removeFolder: unused,
    chmod: unused,
  };
  return { fs, random, steps };
}

const temporary = '/d/.a.-_v7-_v7.tmp';

describe('replaceFile', () => {
  it('syncs the content before the name changes, and the folder after it', async () => {
    const disk = notedDisk();
    await replaceFile(disk, '/d/a', utf8('x'), 0o600);
    expect(disk.steps).toEqual([`write ${temporary}`, `sync ${temporary}`, `rename ${temporary}`, 'sync /d']);
  });

  it.each(['write', 'sync', 'rename'])('removes its temporary file when %s fails', async (step) => {
    const disk = notedDisk(step);
    await expect(replaceFile(disk, '/d/a', utf8('x'), 0o600)).rejects.toThrow(`${step} fails`);
    expect(disk.steps.at(-1)).toBe(`remove ${temporary}`);
  });
});

describe('createFile', () => {
  it('gives the synced content its name, syncs the folder, and leaves no temporary file', async () => {
    const disk = notedDisk();
    expect(await createFile(disk, '/d/a', utf8('x'), 0o600)).toBe(true);
    expect(disk.steps).toEqual([
      `write ${temporary}`,
      `sync ${temporary}`,
      `link ${temporary}`,
      `remove ${temporary}`,
      'sync /d',
    ]);
  });

  it('says when there was one already', async () => {
    const disk = notedDisk('link', 'file-exists');
    expect(await createFile(disk, '/d/a', utf8('x'), 0o600)).toBe(false);
    expect(disk.steps.at(-1)).toBe(`remove ${temporary}`);
  });

  it('passes other failures on', async () => {
    await expect(createFile(notedDisk('link'), '/d/a', utf8('x'), 0o600)).rejects.toThrow('link fails');
  });
});

describe('reading what may be missing', () => {
  it('gives nothing only when there is nothing', async () => {
    expect(await readIfExists(notedDisk('read', 'file-not-found').fs, '/a')).toBeUndefined();
    expect(await listIfExists(notedDisk('list', 'file-not-found').fs, '/a')).toEqual([]);
    await expect(readIfExists(notedDisk('read').fs, '/a')).rejects.toThrow('read fails');
    await expect(listIfExists(notedDisk('list').fs, '/a')).rejects.toThrow('list fails');
  });
});

describe('paths', () => {
  it.each([
    ['a', '.'],
    ['/a', '/'],
    ['/d/a', '/d'],
    ['d/e/a', 'd/e'],
    ['C:\\d\\a', 'C:\\d'],
    ['./a', '.'],
  ])('the folder of %s is %s', (path, folder) => {
    expect(folderOf(path)).toBe(folder);
  });

  it('a temporary file lies beside its file and is known by its name', () => {
    const name = fc.stringMatching(/^[^/\\\n]{1,20}$/);
    fc.assert(
      fc.property(name, name, fc.uint8Array({ minLength: 6, maxLength: 6 }), (folder, base, octets) => {
        const path = temporaryPath(`/${folder}/${base}`, { ...random, bytes: () => octets });
        expect(folderOf(path)).toBe(`/${folder}`);
        expect(isTemporaryName(path.slice(folder.length + 2))).toBe(true);
      }),
    );
  });

  it.each(['a', '.a.tmp', 'a.12345678.tmp', '.a.1234567.tmp', '.env'])('%s is not one of ours', (name) => {
    expect(isTemporaryName(name)).toBe(false);
  });
});
