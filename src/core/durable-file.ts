/** Files that survive a crash at any instant, made of the small steps of the `fs` port. */
import { toBase64Url } from './encoding.ts';
import { hasCode } from './error.ts';
import type { FileSystem, Random } from './ports.ts';

/** What durable files need of the world. */
export interface DurableDisk {
  readonly fs: FileSystem;
  readonly random: Random;
}

/**
 * The folder a path lies in: `.` for a bare name. Both separators of Windows count.
 *
 * @example
 * ```ts
 * import { folderOf } from 'everseal/core';
 * console.log(folderOf('/etc/ssl/site.key'), folderOf('site.key'), folderOf('/etc')); // /etc/ssl . /
 * ```
 */
export function folderOf(path: string): string {
  const end = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  if (end < 0) return '.';
  return end === 0 ? path.slice(0, 1) : path.slice(0, end);
}

/**
 * Whether a name is one of our unfinished temporary files, safe to remove when nobody holds the lock.
 *
 * @example
 * ```ts
 * import { isTemporaryName } from 'everseal/core';
 * console.log(isTemporaryName('.site.key.a1B2c3D4.tmp'), isTemporaryName('site.key')); // true false
 * ```
 */
export function isTemporaryName(name: string): boolean {
  return /^\..*\.[A-Za-z0-9_-]{8}\.tmp$/.test(name);
}

/**
 * A name beside `path` that no one else uses.
 *
 * @example
 * ```ts
 * import { temporaryPath } from 'everseal/core';
 * import { nodePorts } from 'everseal/node';
 * console.log(temporaryPath('/etc/ssl/site.key', nodePorts().random)); // /etc/ssl/.site.key.a1B2c3D4.tmp
 * ```
 */
export function temporaryPath(path: string, random: Random): string {
  const base = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  return `${path.slice(0, path.length - base.length)}.${base}.${toBase64Url(random.bytes(6))}.tmp`;
}

/**
 * Replaces a file in one step: readers see the old content or the new, after a power cut too. A new folder entry is
 * synced as well.
 *
 * @throws EversealError with the codes of {@link FileSystem}; nothing changed then
 *
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { replaceFile, utf8 } from 'everseal/core';
 * import { nodePorts } from 'everseal/node';
 * const folder = await mkdtemp(`${tmpdir()}/replace-`);
 * await replaceFile(nodePorts(), `${folder}/site.crt`, utf8('new'), 0o644);
 * ```
 */
export async function replaceFile(disk: DurableDisk, path: string, data: Uint8Array, mode: number): Promise<void> {
  await setAside(disk, path, data, mode, async (temporary) => {
    await disk.fs.sync(temporary);
    await disk.fs.rename(temporary, path);
  });
  await disk.fs.sync(folderOf(path));
}

/**
 * Replaces a file in one step for what need not survive a power cut: readers see the old content or the new while the
 * machine runs; afterwards the file may be the old one, the new one, or unreadable. Saves two waits for the disk.
 *
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { swapFile, utf8 } from 'everseal/core';
 * import { nodePorts } from 'everseal/node';
 * const folder = await mkdtemp(`${tmpdir()}/swap-`);
 * await swapFile(nodePorts(), `${folder}/cache.json`, utf8('{}'), 0o600);
 * ```
 */
export async function swapFile(disk: DurableDisk, path: string, data: Uint8Array, mode: number): Promise<void> {
  await setAside(disk, path, data, mode, (temporary) => disk.fs.rename(temporary, path));
}

/**
 * Makes a file that must not exist yet, whole or not at all.
 *
 * @returns false when there was one already
 *
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { createFile, utf8 } from 'everseal/core';
 * import { nodePorts } from 'everseal/node';
 * const path = `${await mkdtemp(`${tmpdir()}/create-`)}/lock`;
 * console.log(await createFile(nodePorts(), path, utf8('mine'), 0o600)); // true
 * console.log(await createFile(nodePorts(), path, utf8('mine, too'), 0o600)); // false
 * ```
 */
export async function createFile(disk: DurableDisk, path: string, data: Uint8Array, mode: number): Promise<boolean> {
  const created = await setAside(disk, path, data, mode, async (temporary) => {
    await disk.fs.sync(temporary);
    return linkTo(disk, temporary, path);
  });
  if (created) await disk.fs.sync(folderOf(path));
  return created;
}

/** Writes a temporary file beside `path` and lets `install` give it its name; afterwards the temporary name is gone. */
async function setAside<T>(
  disk: DurableDisk,
  path: string,
  data: Uint8Array,
  mode: number,
  install: (temporary: string) => Promise<T>,
): Promise<T> {
  const temporary = temporaryPath(path, disk.random);
  try {
    await disk.fs.write(temporary, data, { mode, exclusive: true });
    return await install(temporary);
  } catch (error) {
    await disk.fs.remove(temporary).catch(() => undefined);
    throw error;
  }
}

async function linkTo(disk: DurableDisk, temporary: string, path: string): Promise<boolean> {
  try {
    await disk.fs.link(temporary, path);
    return true;
  } catch (error) {
    if (hasCode(error, 'file-exists')) return false;
    throw error;
  } finally {
    await disk.fs.remove(temporary).catch(() => undefined);
  }
}

/**
 * The file's content, or undefined when there is none.
 *
 * @example
 * ```ts
 * import { readIfExists } from 'everseal/core';
 * import { nodePorts } from 'everseal/node';
 * console.log(await readIfExists(nodePorts().fs, '/nowhere/at-all')); // undefined
 * ```
 */
export async function readIfExists(fs: FileSystem, path: string): Promise<Uint8Array | undefined> {
  try {
    return await fs.read(path);
  } catch (error) {
    if (hasCode(error, 'file-not-found')) return undefined;
    throw error;
  }
}

/**
 * The folder's names, sorted; none when there is no such folder.
 *
 * @example
 * ```ts
 * import { listIfExists } from 'everseal/core';
 * import { nodePorts } from 'everseal/node';
 * console.log(await listIfExists(nodePorts().fs, '/nowhere')); // []
 * ```
 */
export async function listIfExists(fs: FileSystem, path: string): Promise<readonly string[]> {
  try {
    return [...(await fs.list(path))].sort();
  } catch (error) {
    if (hasCode(error, 'file-not-found')) return [];
    throw error;
  }
}
