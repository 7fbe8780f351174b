import { type Log, messageOf } from '../core/index.ts';

/** Work that outlives the request that began it: validations and slow finalizations. It never rejects unseen. */
export class Background {
  readonly #running = new Set<Promise<void>>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  start(what: string, work: () => Promise<void>): void {
    const run = work().catch((error: unknown) => this.#log.error(`${what} broke off`, { reason: messageOf(error) }));
    this.#running.add(run);
    void run.then(() => this.#running.delete(run));
  }

  /** Resolves once nothing runs any more, also of what was started meanwhile. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
