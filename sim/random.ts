/** Seeded randomness: the same seed and label give the same stream on every machine. */
import { createHash } from 'node:crypto';
import type { Random } from '../src/core/index.ts';

/**
 * A stream of random numbers (xoshiro128**), started from SHA-256 over seed and label. A fork is a stream of its own that
 * depends on the labels alone, not on how much was drawn before: a new draw in one part of the world leaves the others'
 * runs alone. Forking the same label again gives the next stream of that label.
 */
export class SeededRandom implements Random {
  readonly #origin: string;
  readonly #forks = new Map<string, number>();
  readonly #state: Uint32Array;

  constructor(origin: string) {
    this.#origin = origin;
    const digest = createHash('sha256').update(origin).digest();
    this.#state = Uint32Array.from({ length: 4 }, (_, i) => digest.readUInt32LE(4 * i) | (i === 0 ? 1 : 0));
  }

  fork(label: string): SeededRandom {
    const count = (this.#forks.get(label) ?? 0) + 1;
    this.#forks.set(label, count);
    return new SeededRandom(`${this.#origin}/${label}${count === 1 ? '' : `#${count}`}`);
  }

  /** 32 random bits. */
  word(): number {
    const s = this.#state;
    const [a = 0, b = 0, c = 0, d = 0] = s;
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const z = c ^ a;
    const w = d ^ b;
    s[0] = a ^ w;
    s[1] = b ^ z;
    s[2] = z ^ (b << 9);
    s[3] = rotateLeft(w, 11);
    return result;
  }

  fraction(): number {
    return (this.word() * 0x200000 + (this.word() >>> 11)) / 2 ** 53;
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i += 4) {
      const word = this.word();
      for (let j = 0; j < 4 && i + j < length; j += 1) bytes[i + j] = word >>> (8 * j);
    }
    return bytes;
  }

  /** An integer from 0 to `limit` - 1. */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  between(low: number, high: number): number {
    return low + this.fraction() * (high - low);
  }

  chance(probability: number): boolean {
    return probability > 0 && this.fraction() < probability;
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.below(items.length)] ?? items[0];
  }
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
