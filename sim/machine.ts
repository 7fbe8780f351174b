import { Disk } from './disk.ts';
import type { SimProcess } from './process.ts';
import type { Program } from './programs.ts';
import type { SeededRandom } from './random.ts';
import type { World } from './world.ts';

export interface MachineOptions {
  readonly name: string;
  /** IP addresses; loopback comes by itself. Default: one of its own. */
  readonly addresses?: readonly string[];
  /** Host names that lead to the addresses. Default: the machine's name. */
  readonly hostNames?: readonly string[];
  /** A disk that several machines share (it does not lose power with one of them). Default: one of its own. */
  readonly disk?: Disk;
  /** Whether processes may listen on ports below 1024. Default: yes. */
  readonly privileged?: boolean;
}

/** A computer: a disk, addresses, a clock that may be wrong, and the processes that run on it. */
export class Machine {
  readonly name: string;
  readonly world: World;
  readonly addresses: readonly string[];
  readonly privileged: boolean;
  readonly disk: Disk;
  readonly programs = new Map<string, Program>();
  readonly processes: SimProcess[] = [];
  /** Differs between containers; the same for all processes of this machine unless the story changes it. */
  pidNamespace: string;
  readonly #ownsDisk: boolean;
  readonly #random: SeededRandom;
  #clockOffset = 0;
  #bootId: string;
  #pids = 100;

  constructor(world: World, options: MachineOptions & { readonly addresses: readonly string[] }) {
    this.name = options.name;
    this.world = world;
    this.addresses = options.addresses;
    this.privileged = options.privileged ?? true;
    this.pidNamespace = `pid:[${options.name}]`;
    this.#random = world.random.fork(`machine ${options.name}`);
    this.#ownsDisk = options.disk === undefined;
    this.disk = options.disk ?? new Disk({ random: this.#random.fork('disk'), now: () => this.now });
    this.#bootId = this.#newBootId();
  }

  get bootId(): string {
    return this.#bootId;
  }

  /** What its clock shows: milliseconds since the epoch. */
  get now(): number {
    return this.world.scheduler.now + this.#clockOffset;
  }

  /** Sets its clock forward or back. */
  jumpClock(ms: number): void {
    this.world.trace.add(this.name, `clock jumps by ${ms} ms`);
    this.#clockOffset += ms;
  }

  nextPid(): number {
    this.#pids += 1;
    return this.#pids;
  }

  /** The process is over. */
  forget(process: SimProcess): void {
    const index = this.processes.indexOf(process);
    if (index >= 0) this.processes.splice(index, 1);
  }

  /** All processes die, unsynced writes are lost, kept or torn. The machine is up again at once. */
  powerCut(): void {
    this.world.trace.add(this.name, 'power cut');
    for (const process of [...this.processes]) process.kill();
    if (this.#ownsDisk) this.disk.powerCut();
    this.#bootId = this.#newBootId();
  }

  #newBootId(): string {
    return Buffer.from(this.#random.bytes(8)).toString('hex');
  }
}
