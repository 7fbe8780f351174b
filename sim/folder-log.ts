import type { FolderInode, Inode } from './inode.ts';
import type { SeededRandom } from './random.ts';

/** One name of one folder, as it shall be: undefined takes it away. */
export interface NameChange {
  readonly folder: FolderInode;
  readonly name: string;
  readonly inode: Inode | undefined;
}

/**
 * The changes of names that are not safe yet, oldest first. Each entry happens whole or not at all (a rename takes one
 * name away and gives another); a power cut keeps a prefix.
 */
export class FolderLog {
  #changes: (readonly NameChange[])[] = [];

  /** Makes the change visible at once, and safe some day. */
  add(...change: readonly NameChange[]): void {
    this.#changes.push(change);
    for (const { folder, name, inode } of change) set(folder.entries, name, inode);
  }

  /** Makes the folder's names safe, with the earlier changes that they stand on. No other folder's. */
  sync(folder: FolderInode): void {
    const folders = new Set([folder]);
    const waiting: (readonly NameChange[])[] = [];
    const safe: (readonly NameChange[])[] = [];
    for (const change of [...this.#changes].reverse()) {
      if (!change.some((part) => folders.has(part.folder))) {
        waiting.unshift(change);
        continue;
      }
      for (const part of change) folders.add(part.folder);
      safe.unshift(change);
    }
    safe.forEach(makeSafe);
    this.#changes = waiting;
  }

  powerCut(random: SeededRandom): void {
    this.#changes.slice(0, random.below(this.#changes.length + 1)).forEach(makeSafe);
    this.#changes = [];
  }
}

function makeSafe(change: readonly NameChange[]): void {
  for (const { folder, name, inode } of change) set(folder.durableEntries, name, inode);
}

function set(entries: Map<string, Inode>, name: string, inode: Inode | undefined): void {
  if (inode === undefined) entries.delete(name);
  else entries.set(name, inode);
}
