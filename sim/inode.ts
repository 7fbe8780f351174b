/** What lies on a simulated disk, with the part of it that would survive a power cut. */
import type { SeededRandom } from './random.ts';

interface InodeBase {
  readonly number: number;
  mode: number;
  /** The mode that a power cut brings back, when it differs. */
  durableMode: number;
  /** Milliseconds since the epoch. */
  modified: number;
}

export interface FileInode extends InodeBase {
  readonly kind: 'file';
  content: Uint8Array;
  /** The content of the last sync. */
  durable: Uint8Array;
  dirty: boolean;
}

export interface FolderInode extends InodeBase {
  readonly kind: 'folder';
  entries: Map<string, Inode>;
  /** The names that are safe. */
  readonly durableEntries: Map<string, Inode>;
}

export interface LinkInode extends InodeBase {
  readonly kind: 'link';
  readonly target: string;
}

export type Inode = FileInode | FolderInode | LinkInode;

const nothing = new Uint8Array(0);

export function newFile(number: number, mode: number, modified: number): FileInode {
  return { kind: 'file', number, mode, durableMode: mode, modified, content: nothing, durable: nothing, dirty: true };
}

export function newFolder(number: number, mode: number, modified: number): FolderInode {
  const entries = new Map<string, Inode>();
  return { kind: 'folder', number, mode, durableMode: mode, modified, entries, durableEntries: new Map() };
}

export function newLink(number: number, target: string, modified: number): LinkInode {
  return { kind: 'link', number, mode: 0o777, durableMode: 0o777, modified, target };
}

/** Makes content and mode safe. */
export function syncFile(file: FileInode): void {
  file.durable = file.content;
  file.durableMode = file.mode;
  file.dirty = false;
}

/** What a power cut leaves of a file: what was not synced is kept, lost or torn. */
export function loseUnsynced(file: FileInode, random: SeededRandom): void {
  if (file.mode !== file.durableMode && random.chance(0.5)) file.mode = file.durableMode;
  if (file.dirty) file.content = random.pick([kept, lost, torn])(file, random);
  syncFile(file);
}

function kept(file: FileInode): Uint8Array {
  return file.content;
}

function lost(file: FileInode): Uint8Array {
  return file.durable;
}

/** Some of the new octets are there; the length may be the new one already, with zeros where no data came. */
function torn(file: FileInode, random: SeededRandom): Uint8Array {
  const { content } = file;
  const safe = startsWith(content, file.durable) ? file.durable.length : 0;
  const cut = safe + random.below(content.length - safe + 1);
  if (random.chance(0.5)) return content.slice(0, cut);
  const zeroed = content.slice();
  zeroed.fill(0, cut);
  return zeroed;
}

function startsWith(data: Uint8Array, prefix: Uint8Array): boolean {
  return prefix.length <= data.length && Buffer.compare(data.subarray(0, prefix.length), prefix) === 0;
}
