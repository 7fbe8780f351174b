import { type ErrorCode, EversealError, messageOf, printable } from '../core/index.ts';
import { systemCode } from './system-error.ts';

interface Kind {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly next?: string;
}

const denied: Kind = {
  code: 'permission',
  reason: 'permission denied',
  next: 'Check the owner and the mode of it and of the folders above it.',
};
const full: Kind = { code: 'disk-full', reason: 'the disk is full', next: 'Free some space and try again.' };
const busy: Kind = { code: 'busy', reason: 'it is in use', next: 'Close the program that uses it and try again.' };

const kinds: Readonly<Record<string, Kind>> = {
  ENOENT: { code: 'file-not-found', reason: 'no such file or folder' },
  EEXIST: { code: 'file-exists', reason: 'it exists already' },
  EACCES: denied,
  EPERM: denied,
  ENOSPC: full,
  EDQUOT: full,
  EROFS: { code: 'read-only-disk', reason: 'the disk is read-only', next: 'Choose a path that can be written.' },
  ENOTDIR: { code: 'not-a-folder', reason: 'a part of the path is not a folder' },
  EISDIR: { code: 'is-a-folder', reason: 'it is a folder' },
  ENOTEMPTY: { code: 'folder-not-empty', reason: 'the folder is not empty' },
  EXDEV: { code: 'cross-device', reason: 'both names must lie on one file system' },
  EBUSY: busy,
  ETXTBSY: busy,
};

/** The failure of a step on the disk, as `Cannot <what> <path>: <why>`. */
export function diskFailure(error: unknown, what: string, path: string): EversealError {
  const kind = kinds[systemCode(error)] ?? { code: 'io', reason: printable(messageOf(error)) };
  const message = `Cannot ${what} ${printable(path, 4096)}: ${kind.reason}`;
  return new EversealError(kind.code, message, { cause: error, ...(kind.next !== undefined && { next: kind.next }) });
}
