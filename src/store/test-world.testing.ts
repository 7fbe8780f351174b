/** A small machine for tests of this folder: a disk that loses what was not synced, processes that crash, a clock set by hand. */
import { Disk } from '../../sim/disk.ts';
import { SeededRandom } from '../../sim/random.ts';
import type { Clock, FileSystem, Host, Log, ProcessIdentity, Random } from '../core/index.ts';

/** What the process that crashed rejects with from then on. */
export class Crash extends Error {}

export interface TestProcess {
  readonly fs: FileSystem;
  readonly clock: Clock;
  readonly random: Random;
  readonly host: Host;
  readonly log: Log;
  readonly identity: ProcessIdentity;
  readonly warnings: readonly string[];
  /** Changes of the disk so far. */
  readonly effects: () => number;
  /** Whether the process is gone. */
  readonly crashed: () => boolean;
}

export class TestWorld {
  readonly disk: Disk;
  readonly #random: SeededRandom;
  readonly #alive = new Set<number>();
  #wall = Date.parse('2026-08-15T12:00:00Z');
  #steady = 0;
  #pids = 100;

  constructor(seed = 'store') {
    this.#random = new SeededRandom(seed);
    // Each look at the disk's clock is a little later: real disks tell changes apart by nanoseconds.
    this.disk = new Disk({ random: this.#random.fork('disk'), now: () => this.#tick() });
  }

  /** Time passes. */
  readonly advance = (ms: number): void => {
    this.#wall += ms;
    this.#steady += ms;
  };

  /** An administrator sets the clock. */
  setClock(ms: number): void {
    this.#wall += ms;
  }

  /** @param crashAt the change of the disk at which the process dies; `before` it or `after` it */
  boot(crashAt: { readonly effect: number; readonly when: 'before' | 'after' } | undefined = undefined): TestProcess {
    this.#pids += 1;
    const pid = this.#pids;
    this.#alive.add(pid);
    let effects = 0;
    const kill = () => {
      this.#alive.delete(pid);
      throw new Crash('the process crashed');
    };
    const effect = async (change: () => void) => {
      await this.#pause(pid);
      effects += 1;
      if (effects === crashAt?.effect && crashAt.when === 'before') kill();
      change();
      if (effects === crashAt?.effect) kill();
    };
    const identity = { bootId: 'boot', pidNamespace: 'ns', pid, startTime: String(pid) };
    const warnings: string[] = [];
    return {
      fs: this.#fileSystem(pid, effect),
      clock: this.#clock(),
      random: this.#random.fork(`process ${pid}`),
      host: this.#host(identity),
      log: { debug() {}, info() {}, error() {}, warn: (message) => warnings.push(message) },
      identity,
      warnings,
      effects: () => effects,
      crashed: () => !this.#alive.has(pid),
    };
  }

  kill({ identity }: TestProcess): void {
    this.#alive.delete(identity.pid);
  }

  #tick(): number {
    this.#wall += 0.25;
    return this.#wall;
  }

  /** Others come first, now and then. */
  async #pause(pid: number): Promise<void> {
    for (let turns = this.#random.below(4); turns >= 0; turns -= 1) await undefined;
    if (!this.#alive.has(pid)) throw new Crash('the process is gone');
  }

  #clock(): Clock {
    return {
      now: () => new Date(this.#wall),
      monotonic: () => this.#steady,
      sleep: async (ms) => this.advance(ms),
    };
  }

  #host(identity: ProcessIdentity): Host {
    return {
      platform: 'linux',
      architecture: 'x64',
      identity: async () => identity,
      isAlive: async ({ pid, pidNamespace }) => {
        if (pidNamespace !== identity.pidNamespace) return 'unknown';
        return this.#alive.has(pid) ? 'alive' : 'dead';
      },
    };
  }

  #fileSystem(pid: number, effect: (change: () => void) => Promise<void>): FileSystem {
    const { disk } = this;
    const look = async <T>(work: () => T): Promise<T> => {
      await this.#pause(pid);
      return work();
    };
    return {
      read: (path) => look(() => disk.read(path)),
      stat: (path) => look(() => disk.stat(path)),
      lstat: (path) => look(() => disk.lstat(path)),
      list: (path) => look(() => disk.list(path)),
      readLink: (path) => look(() => disk.readLink(path)),
      createFolder: (path, mode) => effect(() => disk.createFolder(path, mode)),
      write: (path, data, options) => effect(() => disk.write(path, data, options)),
      append: (path, data, options) => effect(() => disk.append(path, data, options)),
      sync: (path) => effect(() => disk.sync(path)),
      rename: (from, to) => effect(() => disk.rename(from, to)),
      link: (from, to) => effect(() => disk.link(from, to)),
      symlink: (target, path) => effect(() => disk.symlink(target, path)),
      remove: (path) => effect(() => disk.remove(path)),
      removeFolder: (path) => effect(() => disk.removeFolder(path)),
      chmod: (path, mode) => effect(() => disk.chmod(path, mode)),
    };
  }
}
