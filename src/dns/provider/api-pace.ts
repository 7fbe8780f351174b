/** How fast an API may be asked. */
import { type Clock, Semaphore } from '../../core/index.ts';

export interface PaceLimits {
  /** Requests per second; undefined: as they come. */
  readonly perSecond?: number | undefined;
  /** How many may come at once after a pause. Default 1. */
  readonly burst?: number | undefined;
}

export class ApiPace {
  readonly #clock: Clock;
  readonly #gapMs: number;
  readonly #lendMs: number;
  readonly #door = new Semaphore(1);
  /** When all requests so far would have been made at an even pace. */
  #evenAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, { perSecond, burst = 1 }: PaceLimits) {
    this.#clock = clock;
    this.#gapMs = perSecond === undefined ? 0 : 1000 / perSecond;
    this.#lendMs = (burst - 1) * this.#gapMs;
  }

  /** Resolves when the next request may begin, in the order of asking. */
  async turn(signal: AbortSignal): Promise<void> {
    if (this.#gapMs === 0) return;
    await this.#door.run(async () => {
      signal.throwIfAborted();
      const waitMs = this.#evenAt - this.#lendMs - this.#clock.monotonic();
      if (waitMs > 0) await this.#clock.sleep(waitMs, signal);
      this.#evenAt = Math.max(this.#evenAt, this.#clock.monotonic()) + this.#gapMs;
    });
  }
}
