/** For tests: time that passes only when nothing else can happen. */
import { type Clock, EversealError } from '../core/index.ts';

interface Timer {
  readonly due: number;
  readonly fire: () => void;
}

const idleTurns = 4;
const mostTurns = 5_000;

/** A clock in virtual time. Everything under test runs inside {@link ManualClock.run}. */
export class ManualClock implements Clock {
  readonly #start: number;
  #timers: Timer[] = [];
  #elapsed = 0;
  #busy = 0;

  constructor(start = new Date('2026-11-01T12:00:00Z')) {
    this.#start = start.getTime();
  }

  /** Virtual milliseconds since the start. */
  get elapsed(): number {
    return this.#elapsed;
  }

  now(): Date {
    return new Date(this.#start + this.#elapsed);
  }

  monotonic(): number {
    return this.#elapsed;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      const over = new AbortController();
      const end = (settle: () => void): void => {
        over.abort();
        settle();
      };
      const timer = { due: this.#elapsed + ms, fire: () => end(resolve) };
      this.#timers.push(timer);
      const abort = (): void => {
        this.#timers = this.#timers.filter((other) => other !== timer);
        end(() => reject(signal?.reason));
      };
      signal?.addEventListener('abort', abort, { signal: over.signal });
    });
  }

  /** A signal that fires after `ms`. */
  deadline(ms: number): AbortSignal {
    const controller = new AbortController();
    this.sleep(ms).then(() => controller.abort(new EversealError('timeout', 'Time is over')));
    return controller.signal;
  }

  /** Time stands still while `work`, which may leave this thread, is under way. */
  async whileBusy<T>(work: () => Promise<T>): Promise<T> {
    this.#busy += 1;
    try {
      return await work();
    } finally {
      this.#busy -= 1;
    }
  }

  /** Moves time on until `work` has ended. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const promise = work();
    let settled = false;
    const settle = (): void => {
      settled = true;
    };
    promise.then(settle, settle);
    for (let turns = 0; !settled; turns += 1) {
      await this.#drain(() => settled);
      if (settled) break;
      if (this.#fireNext()) turns = 0;
      if (turns > mostTurns) throw new Error('everything waits and no timer is set');
    }
    return promise;
  }

  async #drain(done: () => boolean): Promise<void> {
    for (let idle = 0; idle < idleTurns && !done(); idle += 1) {
      await turn();
      if (this.#busy > 0) idle = 0;
    }
  }

  #fireNext(): boolean {
    const next = this.#timers.reduce<Timer | undefined>(
      (first, timer) => (first !== undefined && first.due <= timer.due ? first : timer),
      undefined,
    );
    if (next === undefined) return false;
    this.#timers = this.#timers.filter((timer) => timer !== next);
    this.#elapsed = Math.max(this.#elapsed, next.due);
    next.fire();
    return true;
  }
}

/** One turn of the event loop: every promise that can settle has settled by then. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.once('message', () => {
      port1.close();
      resolve();
    });
    port2.postMessage(0);
  });
}
