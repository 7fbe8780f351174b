import type { Ports } from '../src/core/index.ts';
import { type Disturbance, Disturbances } from './disturbance.ts';
import { SimulationError } from './failure.ts';
import { KeyFactory } from './keys.ts';
import { Machine, type MachineOptions } from './machine.ts';
import { Network } from './network.ts';
import { type Exit, SimProcess } from './process.ts';
import { SeededRandom } from './random.ts';
import { Scheduler } from './scheduler.ts';
import { Trace } from './trace.ts';
import type { Weather } from './weather.ts';

export interface WorldOptions {
  readonly seed: string;
  /** What the clocks show when the world begins. */
  readonly start?: Date;
  /** Virtual milliseconds after which the story is given up. Default: 400 days. */
  readonly limitMs?: number;
  /** Effects after which a process is given up. Default: 20,000. */
  readonly effectLimit?: number;
  /** How bad the network is. Default: only delays of a few milliseconds. */
  readonly weather?: Weather;
  readonly disturbances?: readonly Disturbance[];
  /** The defect that the story shall plant, by its name in `planted.ts`. */
  readonly planted?: string | undefined;
}

export interface BootOptions {
  readonly machine: Machine;
  /** Processes of one name share one count of effects over all boots. */
  readonly name: string;
  readonly main: (ports: Ports, process: SimProcess) => Promise<unknown>;
  /** Replaces ports by defective or watched ones. */
  readonly wrap?: (ports: Ports) => Ports;
  readonly interactive?: boolean;
}

/** What the clocks show when a world begins that was not told otherwise. */
export const defaultStart = new Date('2030-01-01T00:00:00Z');
const defaults = { start: defaultStart, limitMs: 400 * 86_400_000, effectLimit: 20_000 };

/** A whole world in one process: machines with disks, a network between them, and virtual time. Its seed decides all. */
export class World {
  readonly seed: string;
  readonly planted: string | undefined;
  readonly random: SeededRandom;
  readonly scheduler: Scheduler;
  readonly trace: Trace;
  readonly network: Network;
  readonly keys: KeyFactory;
  readonly disturbances = new Disturbances();
  readonly machines: Machine[] = [];
  readonly processes: SimProcess[] = [];
  /** Texts that must show nowhere; the keys port adds each private key. */
  readonly secrets = new Set<string>();
  readonly debugLines: string[] = [];
  readonly #effectLimit: number;
  readonly #effects = new Map<string, number>();
  readonly #boots = new Map<string, number>();
  readonly #always: (() => void)[] = [];
  readonly #failure: Promise<never>;
  #fail: (error: unknown) => void = () => undefined;

  constructor(options: WorldOptions) {
    this.seed = options.seed;
    this.planted = options.planted;
    this.random = new SeededRandom(options.seed);
    this.#effectLimit = options.effectLimit ?? defaults.effectLimit;
    this.scheduler = new Scheduler({
      random: this.random.fork('scheduler'),
      start: (options.start ?? defaults.start).getTime(),
      limit: options.limitMs ?? defaults.limitMs,
      describeWaiting: () => this.#describeWaiting(),
    });
    this.trace = new Trace(() => this.scheduler.elapsed);
    this.keys = new KeyFactory(this.secrets);
    this.network = new Network(this, options.weather ?? {});
    for (const disturbance of options.disturbances ?? []) this.disturbances.plan(disturbance);
    this.#failure = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.#failure.catch(() => undefined);
  }

  get elapsed(): number {
    return this.scheduler.elapsed;
  }

  /** Effects so far, by the name of the process. */
  get effects(): ReadonlyMap<string, number> {
    return this.#effects;
  }

  machine(options: MachineOptions): Machine {
    const addresses = options.addresses ?? [`10.0.0.${this.machines.length + 1}`];
    const machine = new Machine(this, { ...options, addresses });
    this.machines.push(machine);
    for (const name of options.hostNames ?? [options.name]) this.network.setName(name, addresses);
    return machine;
  }

  /** Starts a process. It ends when `main` settles, when it is killed, or with its machine. */
  boot(options: BootOptions): SimProcess {
    const { machine, name } = options;
    const boots = this.#boots.get(name) ?? 0;
    this.#boots.set(name, boots + 1);
    const random = this.random.fork(`process ${name} ${boots}`);
    const pid = machine.nextPid();
    const process = new SimProcess({
      world: this,
      machine,
      name,
      pid,
      boots,
      random,
      interactive: options.interactive,
    });
    machine.processes.push(process);
    this.processes.push(process);
    process.start(options.main, options.wrap?.(process.ports) ?? process.ports);
    return process;
  }

  /** Boots the process again after each crash, `downMs` (default 1 s) later, until it ends by itself. */
  async bootUntilDone(options: BootOptions & { readonly downMs?: number }): Promise<Exit> {
    for (;;) {
      const exit = await this.boot(options).exited;
      if (exit.how !== 'crashed') return exit;
      await this.sleep(options.downMs ?? 1000);
    }
  }

  /** For the story: virtual time passes. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.scheduler.after(ms, resolve));
  }

  /** Lets the world go on until the promise settles or the world fails. */
  drive<T>(promise: Promise<T>): Promise<T> {
    return this.scheduler.drive(Promise.race([promise, this.#failure]));
  }

  /** Ends the story with a failure. */
  fail(error: unknown): void {
    this.scheduler.touch();
    this.#fail(error);
  }

  /** Registers an invariant that is checked after each effect; it throws when it does not hold. */
  always(invariant: () => void): void {
    this.#always.push(invariant);
  }

  checkAlways(): void {
    try {
      for (const invariant of this.#always) invariant();
    } catch (error) {
      this.fail(error);
    }
  }

  countEffect(process: string): number {
    const count = (this.#effects.get(process) ?? 0) + 1;
    this.#effects.set(process, count);
    if (count > this.#effectLimit)
      this.fail(new SimulationError('effect-limit', `${process} does more than ${this.#effectLimit} effects`));
    return count;
  }

  /** Where a secret shows: lines of the trace, the debug log and the terminals. */
  leaks(): string[] {
    const lines = [...this.trace.lines.map((line) => line.what), ...this.debugLines];
    const outputs = this.processes.flatMap(({ terminal }) => [terminal.stdout, terminal.stderr]);
    const secrets = [...this.secrets];
    return [...lines, ...outputs].filter((text) => secrets.some((secret) => text.includes(secret)));
  }

  #describeWaiting(): string {
    const waiting = this.processes
      .filter((process) => process.isAlive)
      .map((process) => `${process.name} for ${[...process.waiting].join(', ') || 'nothing the world knows'}`);
    return waiting.join('; ') || 'the story alone, no process is alive';
  }
}
