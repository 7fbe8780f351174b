import {
  createFile,
  EversealError,
  hasCode,
  isTemporaryName,
  listIfExists,
  type Ports,
  readIfExists,
  swapFile,
  toBase64Url,
} from '../core/index.ts';
import type { Fence, Lease, Locks } from '../engine/index.ts';
import { ensureFolder } from './durable-folder.ts';
import { fileNameOf } from './file-name.ts';
import { type LeaseRecord, leaseBytes, readLease } from './lease-record.ts';
import type { StateFolder } from './state-folder.ts';

type LockPorts = Pick<Ports, 'fs' | 'random' | 'clock' | 'host' | 'log'>;

export interface FileLocksOptions {
  /** How long a lease lasts without renewal. Default one minute. */
  readonly leaseMs?: number;
}

/** When this process first saw a lease as it is, by its own steady clock. */
interface Sighting {
  readonly token: string;
  readonly expires: number;
  readonly at: number;
}

/**
 * Leases as files: each holder of a lock makes the next number, `locks/NAME/NUMBER`, whole and only if it is not there
 * yet, so that of any number of takers exactly one wins. The newest number is the holder; it removes the older ones.
 *
 * A lease is free when it was released, its holder is known to be dead, or it is over: by the wall clock, or because it
 * did not change for its whole length on this process's steady clock (so that a clock set back does not lock forever).
 *
 * Taking a lock is synced, so that its number is never given out again; renewing and releasing are not: after a power cut
 * a release that was lost or torn costs at most one lease of waiting.
 *
 * What remains: a holder that was paused past its lease, or whose neighbour's clock runs ahead, does not know that it was
 * replaced before it looks. It may act between its last look and the act itself. So a commit checks the fence right
 * before its one decisive step, and whoever takes a lock over first removes what the old holder had staged
 * (`StagedCommits.recover`): a late step of the old holder finds nothing to install. Effects elsewhere (a request to the
 * CA, a DNS record) cannot be fenced; the journal makes them harmless.
 *
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { nodePorts } from 'everseal/node';
 * import { FileLocks, StateFolder } from 'everseal/store';
 * const ports = nodePorts();
 * const locks = new FileLocks(ports, new StateFolder(ports, await mkdtemp(`${tmpdir()}/locks-`)));
 * const lease = await locks.tryAcquire('certificate/example.com');
 * console.log(await locks.tryAcquire('certificate/example.com')); // undefined: it is held
 * await lease?.release();
 * ```
 */
export class FileLocks implements Locks {
  readonly leaseMs: number;
  readonly #ports: LockPorts;
  readonly #folder: StateFolder;
  readonly #sightings = new Map<string, Sighting>();

  constructor(ports: LockPorts, folder: StateFolder, options: FileLocksOptions = {}) {
    this.#ports = ports;
    this.#folder = folder;
    this.leaseMs = options.leaseMs ?? 60_000;
  }

  async tryAcquire(name: string): Promise<Lease | undefined> {
    const folder = `${await this.#folder.writable('locks')}/${fileNameOf(name)}`;
    await ensureFolder(this.#ports.fs, folder, 0o700);
    const newest = await this.#newest(folder);
    if (newest > 0 && !(await this.#isFree(folder, newest))) return undefined;
    const number = newest + 1;
    const record = await this.#newRecord();
    if (!(await this.#create(`${folder}/${number}`, record))) return undefined;
    if (!(await this.#isStillNewest(folder, number))) return undefined;
    this.#sightings.delete(folder);
    await this.#removeOlder(folder, number);
    return this.#lease({ lock: name, number }, folder, record);
  }

  async check(fence: Fence): Promise<void> {
    await this.#folder.assertKnown();
    await this.#checkNewest(fence, `${this.#folder.below('locks')}/${fileNameOf(fence.lock)}`);
  }

  /** When the list was read long ago, the number may have had its time already: then what was made goes again. */
  async #isStillNewest(folder: string, number: number): Promise<boolean> {
    try {
      if ((await this.#newest(folder)) === number) return true;
    } catch (error) {
      await this.#ports.fs.remove(`${folder}/${number}`).catch(() => undefined);
      throw error;
    }
    await this.#ports.fs.remove(`${folder}/${number}`);
    return false;
  }

  #lease(fence: Fence, folder: string, record: LeaseRecord): Lease {
    const path = `${folder}/${fence.number}`;
    let released = false;
    const replace = (changed: LeaseRecord) => swapFile(this.#ports, path, leaseBytes(changed), 0o600);
    return {
      fence,
      renew: async () => {
        if (released) throw staleLease(fence.lock);
        await this.#checkNewest(fence, folder);
        await replace({ ...record, expires: this.#expiry() });
        await this.#checkNewest(fence, folder);
      },
      release: async () => {
        if (released) return;
        released = true;
        try {
          if ((await this.#newest(folder)) === fence.number) await replace({ ...record, released: true });
        } catch (error) {
          // The lease ends by itself: no reason to fail work that is done.
          this.#ports.log.warn(`The lock ${fence.lock} could not be released`, { error: String(error) });
        }
      },
    };
  }

  async #checkNewest(fence: Fence, folder: string): Promise<void> {
    if ((await this.#newest(folder)) !== fence.number) throw staleLease(fence.lock);
  }

  async #newest(folder: string): Promise<number> {
    const names = await listIfExists(this.#ports.fs, folder);
    return Math.max(0, ...names.filter((name) => /^[1-9]\d{0,14}$/.test(name)).map(Number));
  }

  async #newRecord(): Promise<LeaseRecord> {
    return {
      token: toBase64Url(this.#ports.random.bytes(12)),
      holder: await this.#ports.host.identity(),
      expires: this.#expiry(),
      leaseMs: this.leaseMs,
      released: false,
    };
  }

  #expiry(): number {
    return this.#ports.clock.now().getTime() + this.leaseMs;
  }

  async #create(path: string, record: LeaseRecord): Promise<boolean> {
    try {
      return await createFile(this.#ports, path, leaseBytes(record), 0o600);
    } catch (error) {
      // Somebody got ahead by more than one number and tidied up behind.
      if (hasCode(error, 'file-not-found')) return false;
      if (!hasCode(error, 'permission', 'io', 'unsupported')) throw error;
      return this.#createWithoutLink(path, record);
    }
  }

  /** Some disks (FAT, shares) know no second names. The file is empty for a moment then, which counts as held. */
  async #createWithoutLink(path: string, record: LeaseRecord): Promise<boolean> {
    try {
      await this.#ports.fs.write(path, leaseBytes(record), { mode: 0o600, exclusive: true });
    } catch (error) {
      if (hasCode(error, 'file-exists')) return false;
      throw error;
    }
    return true;
  }

  async #isFree(folder: string, number: number): Promise<boolean> {
    const path = `${folder}/${number}`;
    const content = await readIfExists(this.#ports.fs, path);
    if (content === undefined) return false;
    const record = readLease(content);
    if (record === undefined) return this.#isOld(path);
    if (record.released || this.#isOver(folder, record)) return true;
    return (await this.#ports.host.isAlive(record.holder)) === 'dead';
  }

  #isOver(folder: string, { token, expires, leaseMs }: LeaseRecord): boolean {
    if (expires <= this.#ports.clock.now().getTime()) return true;
    const at = this.#ports.clock.monotonic();
    const seen = this.#sightings.get(folder);
    if (seen?.token === token && seen.expires === expires) return at - seen.at > leaseMs;
    this.#sightings.set(folder, { token, expires, at });
    return false;
  }

  /** A lock file that says nothing (torn without a link, damaged) is held for one lease after its last change. */
  async #isOld(path: string): Promise<boolean> {
    const stat = await this.#ports.fs.stat(path);
    return stat !== undefined && stat.modified + this.leaseMs <= this.#ports.clock.now().getTime();
  }

  /** Leaves the temporary files of takers of later numbers alone. What cannot be removed now is left to the next holder. */
  async #removeOlder(folder: string, number: number): Promise<void> {
    for (const name of await listIfExists(this.#ports.fs, folder).catch(() => [])) {
      const base = isTemporaryName(name) ? name.split('.')[1] : name;
      if (Number(base) < number) await this.#ports.fs.remove(`${folder}/${name}`).catch(() => undefined);
    }
  }
}

function staleLease(lock: string): EversealError {
  return new EversealError('stale-lease', `The lock ${lock} was taken over by another process`, {
    next: 'Run the command again: what the other process did is looked at first.',
  });
}
