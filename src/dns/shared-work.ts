interface Running<T> {
  readonly result: Promise<T>;
  readonly stop: AbortController;
  waiting: number;
}

/** Work that several want at once and that is done once. It goes on as long as one of them waits for it. */
export class SharedWork<T> {
  readonly #running = new Map<string, Running<T>>();

  /** Joins the work of this key, or begins it. Rejects with the signal's reason when that fires. */
  join(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const running = this.#running.get(key) ?? this.#begin(key, work);
    running.waiting += 1;
    // A signal of its own: Node warns of more than ten listeners at one.
    const own = AbortSignal.any([signal]);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        running.waiting -= 1;
        if (running.waiting === 0) this.#giveUp(key, running, own.reason);
        reject(own.reason);
      };
      own.addEventListener('abort', leave, { once: true });
      running.result.then(resolve, reject).finally(() => own.removeEventListener('abort', leave));
    });
  }

  #begin(key: string, work: (signal: AbortSignal) => Promise<T>): Running<T> {
    const stop = new AbortController();
    const running: Running<T> = {
      stop,
      waiting: 0,
      result: work(stop.signal).finally(() => this.#forget(key, running)),
    };
    this.#running.set(key, running);
    return running;
  }

  /** Who comes now shall not get the failure of those who left. */
  #giveUp(key: string, running: Running<T>, reason: unknown): void {
    this.#forget(key, running);
    running.stop.abort(reason);
  }

  #forget(key: string, running: Running<T>): void {
    if (this.#running.get(key) === running) this.#running.delete(key);
  }
}
