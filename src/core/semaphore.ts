/**
 * Lets at most `limit` pieces of work run at once; the others wait in order.
 *
 * @example
 * ```ts
 * import { Semaphore } from 'everseal/core';
 * const eight = new Semaphore(8);
 * const lengths = await Promise.all(['a', 'bb'].map((word) => eight.run(async () => word.length)));
 * ```
 */
export class Semaphore {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(limit: number) {
    if (!Number.isInteger(limit) || limit < 1) throw new TypeError('a semaphore needs a limit of at least 1');
    this.#free = limit;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}

/**
 * Runs all, waits for all, and only then fails with the first failure (in the order of `items`): nothing is left running
 * behind the caller's back.
 *
 * @example
 * ```ts
 * import { mapAll, Semaphore } from 'everseal/core';
 * const lengths = await mapAll(['a', 'bb', 'ccc'], new Semaphore(2), async (word) => word.length);
 * console.log(lengths); // [ 1, 2, 3 ]
 * ```
 */
export async function mapAll<T, R>(
  items: readonly T[],
  semaphore: Semaphore,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const settled = await Promise.allSettled(items.map((item, index) => semaphore.run(() => work(item, index))));
  return settled.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
