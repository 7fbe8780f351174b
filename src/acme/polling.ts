/** The pace at which a resource is asked for its state again. */
import { type Backoff, backoffDelay, type Clock, type EventSink } from '../core/index.ts';
import type { Reply } from './reply.ts';

/** Without a word from the server: after 50 ms, then twice as long each time, up to 5 s. */
const backoff: Backoff = { first: 50, factor: 2, max: 5_000 };
const longestMs = 300_000;

/**
 * Waits between polls: as long as Retry-After says (at most five minutes), of several replies the longest; without it by
 * a growing wait of our own. The deadline is the caller's signal.
 */
export class PollPace {
  readonly #clock: Clock;
  readonly #events: EventSink | undefined;
  #asked = 0;
  #waits = 0;

  constructor(clock: Clock, events?: EventSink) {
    this.#clock = clock;
    this.#events = events;
  }

  /** Takes note of what a reply asks for. */
  heed(reply: Reply): void {
    this.#asked = Math.max(this.#asked, reply.retryAfterMs(this.#clock.now()) ?? 0);
  }

  /** Waits until the next poll. */
  async wait(what: string, signal: AbortSignal | undefined): Promise<void> {
    const ms = this.#asked > 0 ? Math.min(longestMs, this.#asked) : backoffDelay(backoff, this.#waits);
    if (this.#asked === 0) this.#waits += 1;
    this.#asked = 0;
    if (ms >= 1000) this.#events?.({ type: 'waiting', what, ms });
    await this.#clock.sleep(ms, signal);
  }

  /** The next wait is short again. */
  restart(): void {
    this.#waits = 0;
  }
}
