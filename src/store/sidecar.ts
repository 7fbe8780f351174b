import { createHash } from 'node:crypto';
import { type DurableDisk, type FileStat, readIfExists, swapFile } from '../core/index.ts';
import {
  type CachedFacts,
  type CertificateRecord,
  readCachedFacts,
  readRecord,
  recordBytes,
} from './certificate-record.ts';
import { fileNameOf } from './file-name.ts';
import type { StateFolder } from './state-folder.ts';

/**
 * What changes when one of the files does: size, modification time and inode of each. A stranger who replaces a file within
 * one tick of the disk's clock by another of the same length, in place, is not seen.
 *
 * @example
 * ```ts
 * import { nodePorts } from 'everseal/node';
 * import { marksOf } from 'everseal/store';
 * const { fs } = nodePorts();
 * console.log(marksOf([await fs.stat(process.execPath), await fs.stat('/nowhere')])); // SIZE:TIME:INODE -
 * ```
 */
export function marksOf(stats: readonly (FileStat | undefined)[]): string {
  return stats.map((stat) => (stat === undefined ? '-' : `${stat.size}:${stat.modified}:${stat.inode}`)).join(' ');
}

/**
 * A short text for the marks: a certificate's version.
 *
 * @example
 * ```ts
 * import { versionOf } from 'everseal/store';
 * console.log(versionOf('247:1795561263937:9977902 -').length); // 22
 * ```
 */
export function versionOf(marks: string): string {
  return createHash('sha256').update(marks).digest('base64url').slice(0, 22);
}

/**
 * What we know beyond a peer's files, beside its tree. A certificate's `record` is part of the commit that made it; `facts`
 * are a cache for certificates of other programs, so that a look at many of them parses no PEM. Both hold only while the
 * marks of the files do; losing them costs a parse, and what was requested.
 *
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { nodePorts } from 'everseal/node';
 * import { Sidecar, StateFolder } from 'everseal/store';
 * const ports = nodePorts();
 * const sidecar = new Sidecar(ports, new StateFolder(ports, await mkdtemp(`${tmpdir()}/sidecar-`)));
 * console.log(await sidecar.facts('www.example.com')); // undefined: nothing is known yet
 * ```
 */
export class Sidecar {
  readonly #disk: DurableDisk;
  readonly #folder: StateFolder;

  constructor(disk: DurableDisk, folder: StateFolder) {
    this.#disk = disk;
    this.#folder = folder;
  }

  /** Where the record of this name lies: a path for a staged commit. */
  recordPath(name: string): string {
    return `${this.#folder.below('certificates')}/${fileNameOf(name)}.json`;
  }

  /** Makes the folder of the records. @throws EversealError `newer-format`, those of the disk */
  async prepare(): Promise<void> {
    await this.#folder.writable('certificates');
  }

  encode(record: CertificateRecord): Uint8Array {
    return recordBytes(record);
  }

  /** The record at this path; undefined without one that this version understands. */
  async record(path: string): Promise<CertificateRecord | undefined> {
    const data = await this.#read(path);
    return data && readRecord(data);
  }

  /** As {@link record}, of its content. */
  async decode(data: Uint8Array): Promise<CertificateRecord | undefined> {
    return (await this.#folder.isNewer()) ? undefined : readRecord(data);
  }

  async facts(name: string): Promise<CachedFacts | undefined> {
    const data = await this.#read(this.#factsPath(name));
    return data && readCachedFacts(data);
  }

  /** Never fails: on a disk that cannot be written to, facts are found out each time. */
  async keepFacts(name: string, { marks, facts, hasKey }: CachedFacts): Promise<void> {
    try {
      await this.#folder.writable('facts');
      await swapFile(this.#disk, this.#factsPath(name), recordBytes({ marks, facts, hasKey }), 0o600);
    } catch {
      // A cache.
    }
  }

  #factsPath(name: string): string {
    return `${this.#folder.below('facts')}/${fileNameOf(name)}.json`;
  }

  async #read(path: string): Promise<Uint8Array | undefined> {
    if (await this.#folder.isNewer()) return undefined;
    return readIfExists(this.#disk.fs, path);
  }
}
