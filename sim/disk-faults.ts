import { type ErrorCode, EversealError, type FileSystem } from '../src/core/index.ts';

export type DiskOperation = keyof FileSystem;

/** What makes operations of a disk fail. */
export interface DiskFault {
  readonly code: ErrorCode;
  /** Which operations; without it, all that change something. */
  readonly operations?: readonly DiskOperation[];
  /** Which paths; without it, all. */
  readonly path?: RegExp;
  /** So many operations that fit go well first. */
  readonly skip?: number;
  /** So many fail, then the disk is healthy again. Default: all. */
  readonly times?: number;
}

const changing: readonly DiskOperation[] = [
  'createFolder',
  'write',
  'append',
  'sync',
  'rename',
  'link',
  'symlink',
  'remove',
  'removeFolder',
  'chmod',
];

const reasons: Partial<Record<ErrorCode, string>> = {
  'file-not-found': 'there is no such file or folder',
  'file-exists': 'the name is taken',
  'not-a-folder': 'a part of the path is not a folder',
  'is-a-folder': 'it is a folder',
  'folder-not-empty': 'the folder is not empty',
  'disk-full': 'no space left on the disk',
  'read-only-disk': 'the disk is read-only',
  permission: 'permission denied',
  busy: 'it is in use',
  'cross-device': 'that is another disk',
  io: 'input/output error',
};

export function diskError(code: ErrorCode, operation: string, path: string): EversealError {
  return new EversealError(code, `Cannot ${operation} ${path}: ${reasons[code] ?? code}`);
}

/** The faults of one disk: added and lifted by the story. */
export class DiskFaults {
  readonly #active = new Map<DiskFault, number>();

  /** Returns what lifts the fault. */
  add(fault: DiskFault): () => void {
    this.#active.set(fault, 0);
    return () => this.#active.delete(fault);
  }

  /** From now on nothing fits on the disk any more: what is there can be read, renamed and removed. */
  fill(): () => void {
    return this.add({ code: 'disk-full', operations: ['write', 'append', 'createFolder', 'link', 'symlink'] });
  }

  makeReadOnly(): () => void {
    return this.add({ code: 'read-only-disk', operations: changing.filter((operation) => operation !== 'sync') });
  }

  /** The failure of this operation, if it is to fail. */
  strike(operation: DiskOperation, path: string): EversealError | undefined {
    for (const [fault, seen] of this.#active) {
      if (!(fault.operations ?? changing).includes(operation) || fault.path?.test(path) === false) continue;
      this.#active.set(fault, seen + 1);
      const skip = fault.skip ?? 0;
      if (seen >= skip && seen < skip + (fault.times ?? Number.POSITIVE_INFINITY)) {
        return diskError(fault.code, operation, path);
      }
    }
    return undefined;
  }
}
