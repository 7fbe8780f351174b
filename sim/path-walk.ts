/** From the root of a disk to where a path leads. */
import type { FolderInode, Inode } from './inode.ts';

/** A name in a folder, and what it stands for: undefined when it is free. */
export interface Place {
  readonly folder: FolderInode;
  readonly name: string;
  readonly inode: Inode | undefined;
}

/** Whether a symbolic link at the end of a path is followed; those on the way always are. */
export type Links = 'follow' | 'stay';

const deepestLink = 40;

/** The names of a path, without `.` and `..`. */
export function split(path: string): string[] {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts;
}

/** Fails where a folder on the way is missing or none; a missing last name is a place all the same. */
export function walk(
  root: FolderInode,
  parts: readonly string[],
  links: Links,
  fail: (code: 'file-not-found' | 'not-a-folder' | 'io') => Error,
  depth = 0,
): Place {
  let place: Place = { folder: root, name: '.', inode: root };
  for (const [index, name] of parts.entries()) {
    if (place.inode === undefined) throw fail('file-not-found');
    if (place.inode.kind !== 'folder') throw fail('not-a-folder');
    const folder = place.inode;
    const inode = folder.entries.get(name);
    const rest = parts.slice(index + 1);
    if (inode?.kind === 'link' && (rest.length > 0 || links === 'follow')) {
      if (depth > deepestLink) throw fail('io');
      const before = inode.target.startsWith('/') ? [] : parts.slice(0, index);
      return walk(root, split([...before, inode.target, ...rest].join('/')), links, fail, depth + 1);
    }
    place = { folder, name, inode };
  }
  return place;
}
