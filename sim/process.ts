import { EversealError, hasCode, type Ports } from '../src/core/index.ts';
import { diskPort } from './disk-port.ts';
import type { Disturbance } from './disturbance.ts';
import { hostPort } from './host-port.ts';
import { httpPort } from './http-port.ts';
import { keysPort } from './keys.ts';
import type { Machine } from './machine.ts';
import { netPort } from './net-port.ts';
import type { SeededRandom } from './random.ts';
import { SimTerminal, logPort } from './terminal.ts';
import { clockPort } from './clock-port.ts';
import { spawnPort } from './programs.ts';
import type { World } from './world.ts';

/** How a process ended. */
export type Exit =
  | { readonly how: 'returned' }
  | { readonly how: 'failed'; readonly error: unknown }
  | { readonly how: 'crashed' };

export interface Effect<T> {
  /** For the trace: no contents, no secrets. */
  readonly what: string;
  readonly work: () => Promise<T>;
  /** What there is to say about the result in the trace. */
  readonly describe?: ((value: T) => string) | undefined;
  /** Does a part of the work only: what a kill in its middle may leave. */
  readonly brokenOff?: (() => void) | undefined;
}

export interface ProcessOptions {
  readonly world: World;
  readonly machine: Machine;
  readonly name: string;
  readonly pid: number;
  /** How often the process of this name was booted before. */
  readonly boots: number;
  readonly random: SeededRandom;
  readonly interactive?: boolean | undefined;
}

/**
 * A process: its own ports, its own numbered effects. Once dead, its ports never answer again, its listeners are gone and
 * its memory is forgotten. While it is paused, nothing answers, and nobody who calls it gets an answer.
 */
export class SimProcess {
  readonly world: World;
  readonly machine: Machine;
  readonly name: string;
  readonly pid: number;
  readonly startTime: string;
  readonly random: SeededRandom;
  readonly ports: Ports;
  readonly terminal: SimTerminal;
  readonly exited: Promise<Exit>;
  /** Effects under way, for the message of a deadlock. */
  readonly waiting = new Set<string>();
  readonly #pace: SeededRandom;
  readonly #atDeath = new Set<() => void>();
  readonly #heldBack: (() => void)[] = [];
  readonly #label: string;
  #exit: (exit: Exit) => void = () => undefined;
  #state: 'running' | 'paused' | 'dead' = 'running';

  constructor(options: ProcessOptions) {
    this.world = options.world;
    this.machine = options.machine;
    this.name = options.name;
    this.pid = options.pid;
    this.random = options.random;
    this.startTime = String(Math.round(this.world.scheduler.elapsed * 1024));
    this.#label = options.boots === 0 ? this.name : `${this.name}~${options.boots + 1}`;
    this.#pace = this.random.fork('pace');
    this.exited = new Promise((resolve) => {
      this.#exit = resolve;
    });
    this.terminal = new SimTerminal(this, options.interactive ?? false);
    this.ports = this.#makePorts();
  }

  get isAlive(): boolean {
    return this.#state !== 'dead';
  }

  trace(what: string): void {
    this.world.trace.add(this.#label, what);
  }

  /** Runs the main function; the process ends with it. */
  start(main: (ports: Ports, process: SimProcess) => Promise<unknown>, ports: Ports): void {
    this.trace(`starts on ${this.machine.name}`);
    main(ports, this).then(
      () => this.#end({ how: 'returned' }),
      (error: unknown) => this.#end({ how: 'failed', error }),
    );
  }

  /** Work that is no effect (a read): its result waits while the process is paused and is lost when it is dead. */
  step<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.whenRunning(() => {
        work().then(
          (value) => this.whenRunning(() => resolve(value)),
          (error: unknown) => this.whenRunning(() => reject(error)),
        );
      });
    });
  }

  /** Work that the world can see: numbered, and a place for crashes and pauses. */
  effect<T>(effect: Effect<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.whenRunning(() => this.#perform(effect, resolve, reject));
    });
  }

  /** Calls `action` now, or when the process goes on, or never. */
  whenRunning(action: () => void): void {
    this.world.scheduler.touch();
    if (this.#state === 'running') action();
    else if (this.#state === 'paused') this.#heldBack.push(action);
  }

  /** A while as this process's dice have it; never over when it dies meanwhile. */
  takeTime(fromMs: number, toMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.world.scheduler.after(this.#pace.between(fromMs, toMs), () => this.whenRunning(resolve));
    });
  }

  /** The process stands still: for a given time, or until `resume`. */
  pause(ms?: number): void {
    if (this.#state !== 'running') return;
    this.trace(`stands still${ms === undefined ? '' : ` for ${ms} ms`}`);
    this.#state = 'paused';
    if (ms !== undefined) this.world.scheduler.after(ms, () => this.resume());
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.trace('goes on');
    this.#state = 'running';
    for (const action of this.#heldBack.splice(0)) this.whenRunning(action);
  }

  /** kill -9. */
  kill(): void {
    this.#end({ how: 'crashed' });
  }

  /** Registers what must go when the process does; returns what takes it back. */
  atDeath(action: () => void): () => void {
    this.#atDeath.add(action);
    return () => this.#atDeath.delete(action);
  }

  #perform<T>(effect: Effect<T>, resolve: (value: T) => void, reject: (error: unknown) => void): void {
    const number = this.world.countEffect(this.name);
    const title = `#${number} ${effect.what}`;
    this.trace(title);
    this.waiting.add(title);
    const settle = (outcome: string | undefined, answer: () => void) => {
      if (!this.isAlive) return;
      if (outcome !== undefined) this.trace(`#${number} → ${outcome}`);
      this.waiting.delete(title);
      this.world.checkAlways();
      this.#disturb(this.world.disturbances.take({ process: this.name, effect: number, side: 'after' }));
      this.whenRunning(answer);
    };
    this.#disturb(
      this.world.disturbances.take({ process: this.name, effect: number, side: 'before' }),
      effect.brokenOff,
    );
    this.whenRunning(() => {
      effect.work().then(
        (value) => settle(effect.describe?.(value), () => resolve(value)),
        (error: unknown) => settle(describeFailure(error), () => reject(error)),
      );
    });
  }

  #disturb(disturbance: Disturbance | undefined, brokenOff?: () => void): void {
    if (disturbance === undefined) return;
    if ('pauseMs' in disturbance) this.pause(disturbance.pauseMs);
    else if (disturbance.kind === 'kill') this.#breakOff(brokenOff);
    else this.machine.powerCut();
  }

  #breakOff(brokenOff: (() => void) | undefined): void {
    if (brokenOff !== undefined && this.#pace.chance(0.5)) tryTo(brokenOff);
    this.kill();
  }

  #end(exit: Exit): void {
    if (!this.isAlive) return;
    this.#state = 'dead';
    this.trace(exit.how === 'failed' ? `fails: ${describeFailure(exit.error)}` : exit.how);
    this.#heldBack.length = 0;
    this.waiting.clear();
    for (const action of this.#atDeath) action();
    this.#atDeath.clear();
    this.machine.forget(this);
    this.world.scheduler.touch();
    this.#exit(exit);
  }

  #makePorts(): Ports {
    return {
      clock: clockPort(this),
      random: this.random.fork('random'),
      keys: keysPort(this),
      http: httpPort(this),
      net: netPort(this),
      fs: diskPort(this, this.machine.disk),
      spawn: spawnPort(this),
      host: hostPort(this),
      terminal: this.terminal,
      log: logPort(this),
    };
  }
}

function describeFailure(error: unknown): string {
  if (error instanceof EversealError) return error.code;
  return error instanceof Error ? error.name : 'failure';
}

function tryTo(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!hasCode(error, 'file-not-found', 'file-exists', 'not-a-folder', 'is-a-folder')) throw error;
  }
}
