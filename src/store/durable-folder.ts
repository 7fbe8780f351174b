import { type FileSystem, folderOf } from '../core/index.ts';

/**
 * Makes a folder and those above it so that their names survive a power cut: each new one is synced into its parent.
 *
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { nodePorts } from 'everseal/node';
 * import { ensureFolder } from 'everseal/store';
 * await ensureFolder(nodePorts().fs, `${await mkdtemp(`${tmpdir()}/folder-`)}/a/b`, 0o700);
 * ```
 */
export async function ensureFolder(fs: FileSystem, path: string, mode: number): Promise<void> {
  const parent = folderOf(path);
  if ((await fs.stat(path))?.kind === 'folder') {
    // Whoever made it may have died before its name was safe: as long as it is empty, nobody has made sure.
    if ((await fs.list(path)).length === 0) await fs.sync(parent);
    return;
  }
  if (parent !== path) await ensureFolder(fs, parent, mode);
  await fs.createFolder(path, mode);
  await fs.sync(parent);
}
