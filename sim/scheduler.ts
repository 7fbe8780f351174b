/**
 * Virtual time. The only file of the simulation that touches the real event loop: it lets everything that can happen now
 * happen, and then moves the clock to the next timer.
 */
import { SimulationError } from './failure.ts';
import type { SeededRandom } from './random.ts';
import { TimerQueue, type Timer } from './timer-queue.ts';

export interface SchedulerOptions {
  readonly random: SeededRandom;
  /** Virtual milliseconds since the epoch at which the world begins. */
  readonly start: number;
  /** Virtual milliseconds after which a story is given up. */
  readonly limit: number;
  /** For the message of a deadlock: what is still waited for. */
  readonly describeWaiting: () => string;
}

/**
 * Turns of the event loop without a call of any port after which nothing more is expected. All that runs between two
 * calls are promises (reading a body too), and one turn empties their queue; the second is the margin.
 */
const idleTurns = 2;

/** Turns in which ports are called without the clock moving: more is a busy loop. */
const turnsAtOneInstant = 100_000;

/** Before a deadlock is declared. */
const realMsToBeSure = 50;

export class Scheduler {
  readonly start: number;
  readonly #options: SchedulerOptions;
  readonly #timers: TimerQueue;
  #elapsed = 0;
  #moved = 0;

  constructor(options: SchedulerOptions) {
    this.start = options.start;
    this.#options = options;
    this.#timers = new TimerQueue(options.random);
  }

  /** Virtual milliseconds since the world began. */
  get elapsed(): number {
    return this.#elapsed;
  }

  /** Virtual milliseconds since the epoch, by the clock of the world (machines may be off). */
  get now(): number {
    return this.start + this.#elapsed;
  }

  /** To be called whenever something happens, so that the scheduler does not take the world for idle. */
  touch(): void {
    this.#moved += 1;
  }

  /** Runs `action` in `ms` virtual milliseconds. */
  after(ms: number, action: () => void): Timer {
    this.touch();
    return this.#timers.add(this.#elapsed + inTicks(ms), action);
  }

  /**
   * Moves the world until the promise settles.
   *
   * @throws SimulationError `deadlock` or `time-limit`; whatever the promise was rejected with
   */
  async drive<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const settle = () => {
      settled = true;
    };
    promise.then(settle, settle);
    for (;;) {
      await this.#drain();
      if (settled) return promise;
      const timer = this.#timers.next();
      if (timer === undefined) throw await this.#explainStandstill(() => settled);
      this.#advance(timer);
    }
  }

  async #drain(): Promise<void> {
    let idle = 0;
    for (let turn = 0; idle < idleTurns; turn += 1) {
      const before = this.#moved;
      await nextTurn();
      idle = this.#moved === before ? idle + 1 : 0;
      if (turn > turnsAtOneInstant)
        throw new SimulationError('time-limit', 'A process is busy without end at one instant');
    }
  }

  #advance(timer: Timer): void {
    if (timer.at > this.#options.limit) {
      throw new SimulationError('time-limit', `The story takes longer than ${this.#options.limit} virtual ms`);
    }
    this.#elapsed = timer.at;
    timer.action();
  }

  /** Nothing can happen any more, unless something waits for the real world, which would make every run another one. */
  async #explainStandstill(isSettled: () => boolean): Promise<SimulationError> {
    const before = this.#moved;
    await new Promise((resolve) => setTimeout(resolve, realMsToBeSure));
    if (isSettled() || this.#moved !== before) {
      return new SimulationError('real-time', 'Something waits outside the world: an import, a thread, a real timer');
    }
    return new SimulationError(
      'deadlock',
      `Nothing can happen any more. Still waiting: ${this.#options.describeWaiting()}`,
    );
  }
}

/** Time passes in 1024ths of a millisecond: sums are exact, so that a sleep never looks shorter than it was. */
function inTicks(ms: number): number {
  return Math.ceil(Math.max(0, ms) * 1024) / 1024;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
