/**
 * Runs work under a caller's signal, however much work that is at once: the signal gets one listener for all of it (Node
 * warns of a leak at eleven).
 */
export class Interruptions {
  readonly #running = new WeakMap<AbortSignal, Set<AbortController>>();

  /**
   * Runs `work` with a signal of its own that fires when the caller's does, and rejects with the reason at that moment:
   * what the work does afterwards goes unheard.
   */
  async under<T>(signal: AbortSignal | undefined, work: (own: AbortSignal | undefined) => Promise<T>): Promise<T> {
    if (signal === undefined) return work(undefined);
    signal.throwIfAborted();
    const own = new AbortController();
    const aborted = new Promise<never>((_resolve, reject) => {
      own.signal.addEventListener('abort', () => reject(own.signal.reason), { once: true });
    });
    const running = this.#runningUnder(signal);
    running.add(own);
    try {
      return await Promise.race([work(own.signal), aborted]);
    } finally {
      running.delete(own);
    }
  }

  #runningUnder(signal: AbortSignal): Set<AbortController> {
    const known = this.#running.get(signal);
    if (known !== undefined) return known;
    const running = new Set<AbortController>();
    this.#running.set(signal, running);
    signal.addEventListener('abort', () => abortAll(running, signal.reason), { once: true });
    return running;
  }
}

function abortAll(running: ReadonlySet<AbortController>, reason: unknown): void {
  for (const controller of [...running]) controller.abort(reason);
}
