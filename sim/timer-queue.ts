import type { SeededRandom } from './random.ts';

export interface Timer {
  /** Virtual milliseconds since the world began. */
  readonly at: number;
  readonly action: () => void;
  /** Idempotent. */
  cancel(): void;
}

interface Entry extends Timer {
  /** Decides among timers of one instant. */
  readonly order: number;
  cancelled: boolean;
}

/** A binary heap of timers: soonest first, those of one instant in seeded order. */
export class TimerQueue {
  readonly #random: SeededRandom;
  readonly #heap: Entry[] = [];

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  add(at: number, action: () => void): Timer {
    const entry: Entry = {
      at,
      action,
      order: this.#random.word(),
      cancelled: false,
      cancel() {
        entry.cancelled = true;
      },
    };
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1);
    return entry;
  }

  /** Takes the next timer out; undefined when there is none. */
  next(): Timer | undefined {
    let entry = this.#take();
    while (entry?.cancelled === true) entry = this.#take();
    return entry;
  }

  #take(): Entry | undefined {
    const [first] = this.#heap;
    const last = this.#heap.pop();
    if (first !== undefined && last !== undefined && first !== last) {
      this.#heap[0] = last;
      this.#sink(0);
    }
    return first;
  }

  #rise(from: number): void {
    for (let child = from; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (!this.#swapIfBefore(child, parent)) return;
      child = parent;
    }
  }

  #sink(from: number): void {
    for (let parent = from; ; ) {
      const [left, right] = [2 * parent + 1, 2 * parent + 2];
      const child = this.#isBefore(right, left) ? right : left;
      if (!this.#swapIfBefore(child, parent)) return;
      parent = child;
    }
  }

  #swapIfBefore(a: number, b: number): boolean {
    const [first, second] = [this.#heap[a], this.#heap[b]];
    if (first === undefined || second === undefined || !this.#isBefore(a, b)) return false;
    this.#heap[a] = second;
    this.#heap[b] = first;
    return true;
  }

  #isBefore(a: number, b: number): boolean {
    const [first, second] = [this.#heap[a], this.#heap[b]];
    if (first === undefined) return false;
    if (second === undefined) return true;
    return first.at < second.at || (first.at === second.at && first.order < second.order);
  }
}
