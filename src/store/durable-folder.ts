import { type FileSystem, folderOf } from '../core/index.ts';

/** Makes a folder and those above it so that their names survive a power cut: each new one is synced into its parent. */
export async function ensureFolder(fs: FileSystem, path: string, mode: number): Promise<void> {
  const stat = await fs.stat(path);
  if (stat?.kind === 'folder') return;
  const parent = folderOf(path);
  if (parent !== path) await ensureFolder(fs, parent, mode);
  await fs.createFolder(path, mode);
  await fs.sync(parent);
}
