/** A disk that keeps its promises and no more: what was not synced may be gone after a power cut. */
import type { FileStat } from '../src/core/index.ts';
import { DiskFaults, type DiskOperation, diskError } from './disk-faults.ts';
import { FolderLog } from './folder-log.ts';
import {
  type FileInode,
  type FolderInode,
  type Inode,
  loseUnsynced,
  newFile,
  newFolder,
  newLink,
  syncFile,
} from './inode.ts';
import { type Links, type Place, split, walk } from './path-walk.ts';
import type { SeededRandom } from './random.ts';

export interface DiskOptions {
  readonly random: SeededRandom;
  /** Milliseconds since the epoch, for the times of changes. */
  readonly now: () => number;
}

export interface WriteOptions {
  readonly mode: number;
  readonly exclusive?: boolean;
}

const nothing = new Uint8Array(0);

/**
 * The operations of the `fs` port, at once and synchronously: processes get them through their ports (slowly, as numbered
 * effects), a story and its invariants use them directly. They throw `EversealError` with the codes of `FileSystem`.
 */
export class Disk {
  readonly faults = new DiskFaults();
  readonly #random: SeededRandom;
  readonly #now: () => number;
  readonly #log = new FolderLog();
  readonly #root: FolderInode;
  #inodes = 2;

  constructor(options: DiskOptions) {
    this.#random = options.random;
    this.#now = options.now;
    this.#root = newFolder(this.#inodes, 0o755, this.#now());
  }

  read(path: string): Uint8Array {
    this.#strike('read', path);
    return this.#file('read', path).content.slice();
  }

  readText(path: string): string {
    return Buffer.from(this.read(path)).toString('utf8');
  }

  exists(path: string): boolean {
    return this.stat(path) !== undefined;
  }

  stat(path: string): FileStat | undefined {
    return this.#stat('stat', path, 'follow');
  }

  lstat(path: string): FileStat | undefined {
    return this.#stat('lstat', path, 'stay');
  }

  list(path: string): string[] {
    this.#strike('list', path);
    const inode = this.#existing('list', path, 'follow').inode;
    if (inode?.kind !== 'folder') throw diskError('not-a-folder', 'list', path);
    return [...inode.entries.keys()];
  }

  /** Every file below the folder, sorted, by its whole path. */
  tree(path = '/'): string[] {
    const base = path === '/' ? '' : path;
    const paths = this.list(path).map((name) => `${base}/${name}`);
    return paths.flatMap((below) => (this.lstat(below)?.kind === 'folder' ? this.tree(below) : [below])).sort();
  }

  createFolder(path: string, mode: number): void {
    this.#strike('createFolder', path);
    const parts = split(path);
    parts.forEach((_, index) => {
      const above = `/${parts.slice(0, index + 1).join('/')}`;
      const place = this.#place('createFolder', above, 'follow');
      if (place.inode === undefined) this.#name(place, newFolder(this.#number(), mode, this.#now()));
      else if (place.inode.kind !== 'folder') {
        throw diskError(index === parts.length - 1 ? 'file-exists' : 'not-a-folder', 'createFolder', path);
      }
    });
  }

  write(path: string, data: Uint8Array, options: WriteOptions): void {
    this.beginWrite(path, data, options)();
  }

  /** A write in the two steps that it really has: the file is empty until the returned function is called. */
  beginWrite(path: string, data: Uint8Array, options: WriteOptions): () => void {
    const fault = this.faults.strike('write', path);
    if (fault?.code === 'disk-full' || fault?.code === 'io') this.writeInPart(path, data, options);
    if (fault !== undefined) throw fault;
    const file = this.#openToWrite('write', path, options);
    this.#put(file, nothing);
    return () => this.#put(file, data);
  }

  /** What a write that was broken off may leave: the file is there, its content is not whole. */
  writeInPart(path: string, data: Uint8Array, options: WriteOptions): void {
    const part = data.slice(0, this.#random.below(data.length + 1));
    this.#put(this.#openToWrite('write', path, options), part);
  }

  append(path: string, data: Uint8Array, options: { readonly mode: number }): void {
    const fault = this.faults.strike('append', path);
    if (fault?.code === 'disk-full' || fault?.code === 'io') this.appendInPart(path, data, options);
    if (fault !== undefined) throw fault;
    const file = this.#openToWrite('append', path, options);
    this.#put(file, Buffer.concat([file.content, data]));
  }

  appendInPart(path: string, data: Uint8Array, options: { readonly mode: number }): void {
    const file = this.#openToWrite('append', path, options);
    this.#put(file, Buffer.concat([file.content, data.slice(0, this.#random.below(data.length + 1))]));
  }

  sync(path: string): void {
    this.#strike('sync', path);
    const { inode } = this.#existing('sync', path, 'follow');
    if (inode?.kind === 'file') syncFile(inode);
    if (inode?.kind === 'folder') this.#log.sync(inode);
  }

  rename(from: string, to: string): void {
    this.#strike('rename', from);
    const source = this.#existing('rename', from, 'stay');
    const target = this.#place('rename', to, 'stay');
    if (source.inode === target.inode) return;
    const code = refusedRename(source.inode, target.inode);
    if (code !== undefined) throw diskError(code, 'rename', to);
    if (source.inode?.kind === 'folder' && isBelow(source.inode, target.folder)) throw diskError('io', 'rename', to);
    this.#log.add(
      { folder: source.folder, name: source.name, inode: undefined },
      { folder: target.folder, name: target.name, inode: source.inode },
    );
    this.#touchFolder(source.folder, target.folder);
  }

  link(from: string, to: string): void {
    this.#strike('link', to);
    const { inode } = this.#existing('link', from, 'stay');
    const target = this.#place('link', to, 'stay');
    if (target.inode !== undefined) throw diskError('file-exists', 'link', to);
    if (inode === undefined || inode.kind === 'folder') throw diskError('permission', 'link', from);
    this.#name(target, inode);
  }

  symlink(target: string, path: string): void {
    this.#strike('symlink', path);
    const place = this.#place('symlink', path, 'stay');
    if (place.inode !== undefined) throw diskError('file-exists', 'symlink', path);
    this.#name(place, newLink(this.#number(), target, this.#now()));
  }

  readLink(path: string): string {
    this.#strike('readLink', path);
    const { inode } = this.#existing('readLink', path, 'stay');
    if (inode?.kind !== 'link') throw diskError('io', 'readLink', path);
    return inode.target;
  }

  remove(path: string): void {
    this.#strike('remove', path);
    const place = this.#find('remove', path, 'stay');
    if (place?.inode === undefined) return;
    if (place.inode.kind === 'folder') throw diskError('is-a-folder', 'remove', path);
    this.#name(place, undefined);
  }

  removeFolder(path: string): void {
    this.#strike('removeFolder', path);
    const place = this.#existing('removeFolder', path, 'stay');
    if (place.inode?.kind !== 'folder') throw diskError('not-a-folder', 'removeFolder', path);
    if (place.inode.entries.size > 0) throw diskError('folder-not-empty', 'removeFolder', path);
    this.#name(place, undefined);
  }

  chmod(path: string, mode: number): void {
    this.#strike('chmod', path);
    const { inode } = this.#existing('chmod', path, 'follow');
    if (inode !== undefined) inode.mode = mode;
  }

  /** The power goes and comes back: of what was not synced, the dice decide. */
  powerCut(): void {
    this.#log.powerCut(this.#random);
    const seen = new Set<Inode>();
    const settle = (folder: FolderInode) => {
      folder.entries = new Map(folder.durableEntries);
      for (const inode of folder.entries.values()) {
        if (seen.has(inode)) continue;
        seen.add(inode);
        if (inode.kind === 'folder') settle(inode);
        if (inode.kind === 'file') loseUnsynced(inode, this.#random);
      }
    };
    settle(this.#root);
  }

  #strike(operation: DiskOperation, path: string): void {
    const fault = this.faults.strike(operation, path);
    if (fault !== undefined) throw fault;
  }

  #stat(operation: DiskOperation, path: string, links: Links): FileStat | undefined {
    this.#strike(operation, path);
    const inode = this.#find(operation, path, links)?.inode;
    if (inode === undefined) return undefined;
    const { kind, mode, modified } = inode;
    return { kind, mode, modified, inode: String(inode.number), size: kind === 'file' ? inode.content.length : 0 };
  }

  #file(operation: string, path: string): FileInode {
    const { inode } = this.#existing(operation, path, 'follow');
    if (inode?.kind !== 'file') throw diskError('is-a-folder', operation, path);
    return inode;
  }

  #openToWrite(operation: string, path: string, options: WriteOptions): FileInode {
    const place = this.#place(operation, path, options.exclusive === true ? 'stay' : 'follow');
    if (place.inode !== undefined && options.exclusive === true) throw diskError('file-exists', operation, path);
    if (place.inode?.kind === 'file') return place.inode;
    if (place.inode !== undefined) throw diskError('is-a-folder', operation, path);
    const file = newFile(this.#number(), options.mode, this.#now());
    this.#name(place, file);
    return file;
  }

  #put(file: FileInode, content: Uint8Array): void {
    file.content = Uint8Array.from(content);
    file.modified = this.#now();
    file.dirty = true;
  }

  #name(place: Place, inode: Inode | undefined): void {
    this.#log.add({ folder: place.folder, name: place.name, inode });
    this.#touchFolder(place.folder);
  }

  #touchFolder(...folders: readonly FolderInode[]): void {
    for (const folder of folders) folder.modified = this.#now();
  }

  #number(): number {
    this.#inodes += 1;
    return this.#inodes;
  }

  #existing(operation: string, path: string, links: Links): Place {
    const place = this.#place(operation, path, links);
    if (place.inode === undefined) throw diskError('file-not-found', operation, path);
    return place;
  }

  /** As `#place`, but undefined where even the folder above is missing. */
  #find(operation: string, path: string, links: Links): Place | undefined {
    try {
      return this.#place(operation, path, links);
    } catch {
      return undefined;
    }
  }

  #place(operation: string, path: string, links: Links): Place {
    return walk(this.#root, split(path), links, (code) => diskError(code, operation, path));
  }
}

function refusedRename(source: Inode | undefined, target: Inode | undefined) {
  if (target === undefined) return undefined;
  if (target.kind === 'folder' && target.entries.size > 0) return 'folder-not-empty';
  if (target.kind === 'folder' && source?.kind !== 'folder') return 'is-a-folder';
  return source?.kind === 'folder' && target.kind !== 'folder' ? 'not-a-folder' : undefined;
}

function isBelow(above: FolderInode, folder: FolderInode): boolean {
  if (above === folder) return true;
  return [...above.entries.values()].some((inode) => inode.kind === 'folder' && isBelow(inode, folder));
}
