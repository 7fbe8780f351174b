import type { BigIntStats } from 'node:fs';
import * as disk from 'node:fs/promises';
import { type FileStat, type FileSystem, folderOf } from '../core/index.ts';
import { diskFailure } from './disk-failure.ts';
import { systemCode } from './system-error.ts';

const permissionBits = 0o7777;
const windows = process.platform === 'win32';

/** The machine's disk. */
export function nodeDisk(): FileSystem {
  return {
    read: (path) => step('read', path, async () => plain(await disk.readFile(path))),
    stat: (path) => step('look at', path, () => statOf(disk.stat(path, { bigint: true }))),
    lstat: (path) => step('look at', path, () => statOf(disk.lstat(path, { bigint: true }))),
    list: (path) => step('list', path, () => disk.readdir(path)),
    createFolder: (path, mode) => step('create', path, () => createFolder(path, mode)),
    write: (path, data, { mode, exclusive }) =>
      step('write', path, () => writeWhole(path, data, exclusive ? [{ flags: 'wx', mode }] : replacing(mode))),
    append: (path, data, { mode }) => step('append to', path, () => writeWhole(path, data, appending(mode))),
    sync: (path) => step('sync', path, () => sync(path)),
    rename: (from, to) => step('rename', `${from} to ${to}`, () => disk.rename(from, to)),
    link: (from, to) => step('link', `${from} to ${to}`, () => disk.link(from, to)),
    symlink: (target, path) => step('create', path, () => disk.symlink(target, path)),
    readLink: (path) => step('read', path, () => disk.readlink(path)),
    remove: (path) => step('remove', path, () => removeIfThere(path)),
    removeFolder: (path) => step('remove', path, () => disk.rmdir(path)),
    chmod: (path, mode) => step('change the mode of', path, () => disk.chmod(path, mode)),
  };
}

async function step<T>(what: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskFailure(error, what, path);
  }
}

/** A plain byte array of its own: callers compare and keep it, and a Buffer may share its memory. */
function plain(data: Buffer): Uint8Array {
  return new Uint8Array(data);
}

// ---------------------------------------------------------------- facts

async function statOf(work: Promise<BigIntStats>): Promise<FileStat | undefined> {
  const stats = await work.catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error))) return undefined;
    throw error;
  });
  if (stats === undefined) return undefined;
  return {
    kind: kindOf(stats),
    size: Number(stats.size),
    modified: Number(stats.mtimeNs) / 1e6,
    inode: `${stats.dev}:${stats.ino}`,
    mode: Number(stats.mode) & permissionBits,
  };
}

function kindOf(stats: BigIntStats): FileStat['kind'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'folder';
  return stats.isSymbolicLink() ? 'link' : 'other';
}

// ---------------------------------------------------------------- writing

/** One way to open a file. With `mode` the file is new, and gets exactly that mode. */
interface Opening {
  readonly flags: string | number;
  readonly mode?: number;
}

/** Tells new files from old ones: first as a new file, then the existing one, at last through a link to nothing. */
function replacing(mode: number): readonly Opening[] {
  const { O_WRONLY, O_TRUNC } = disk.constants;
  return [{ flags: 'wx', mode }, { flags: O_WRONLY | O_TRUNC }, { flags: 'w', mode }];
}

function appending(mode: number): readonly Opening[] {
  const { O_WRONLY, O_APPEND } = disk.constants;
  return [{ flags: 'ax', mode }, { flags: O_WRONLY | O_APPEND }, { flags: 'a', mode }];
}

async function writeWhole(path: string, data: Uint8Array, openings: readonly Opening[]): Promise<void> {
  const handle = await openFirst(path, openings);
  try {
    let written = 0;
    do written += (await handle.write(data, written)).bytesWritten;
    while (written < data.length);
  } finally {
    await handle.close();
  }
}

async function openFirst(path: string, openings: readonly Opening[]): Promise<disk.FileHandle> {
  const [first, ...others] = openings;
  if (first === undefined) throw new TypeError('a file is opened in at least one way');
  try {
    return await openExactly(path, first);
  } catch (error) {
    const expected = first.mode === undefined ? 'ENOENT' : 'EEXIST';
    if (others.length === 0 || systemCode(error) !== expected) throw error;
    return openFirst(path, others);
  }
}

/** The umask takes bits away from the mode of a new file; they are given back. */
async function openExactly(path: string, opening: Opening): Promise<disk.FileHandle> {
  const handle = await disk.open(path, opening.flags, opening.mode);
  try {
    if (opening.mode !== undefined && !windows) await restoreMode(handle, opening.mode);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function restoreMode(handle: disk.FileHandle, mode: number): Promise<void> {
  if (((await handle.stat()).mode & permissionBits) !== mode) await handle.chmod(mode);
}

/** Step by step: Node's own recursion never ends where a folder exists but nothing can be made in it, as in `/proc`. */
async function createFolder(path: string, mode: number): Promise<void> {
  try {
    await makeFolder(path, mode);
  } catch (error) {
    const parent = folderOf(path);
    if (systemCode(error) !== 'ENOENT' || parent === path) throw error;
    await createFolder(parent, mode);
    await makeFolder(path, mode);
  }
}

async function makeFolder(path: string, mode: number): Promise<void> {
  try {
    await disk.mkdir(path, mode);
  } catch (error) {
    if (await isFolder(path)) return;
    throw error;
  }
  if (!windows) await disk.chmod(path, mode);
}

async function isFolder(path: string): Promise<boolean> {
  return (await statOf(disk.stat(path, { bigint: true })))?.kind === 'folder';
}

// ---------------------------------------------------------------- durability and removal

/** What a file system answers that cannot sync a folder; nothing better can be done there. */
const cannotSync = ['EINVAL', 'EPERM', 'ENOTSUP', 'EISDIR', 'EACCES'];

async function sync(path: string): Promise<void> {
  try {
    await syncOpened(path);
  } catch (error) {
    if (cannotSync.includes(systemCode(error)) && (await disk.stat(path)).isDirectory()) return;
    throw error;
  }
}

async function syncOpened(path: string): Promise<void> {
  const handle = await disk.open(path, windows ? 'r+' : 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await disk.unlink(path);
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes(systemCode(error))) throw error;
  }
}
