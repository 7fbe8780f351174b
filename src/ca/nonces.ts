import { type Random, toBase64Url } from '../core/index.ts';
import { CaProblem } from './problem.ts';

/** Unused nonces that are remembered; of more than that the oldest are forgotten, so that a flood costs no memory. */
const limit = 10_000;

/** Anti-replay nonces (RFC 8555 §6.5): each is good once. */
export class Nonces {
  readonly #unused = new Set<string>();
  readonly #random: Random;
  readonly #chance: Random;
  readonly #rejectRate: number;

  constructor(random: Random, rejectRate: number) {
    this.#random = random;
    this.#chance = random.fork('ca.nonces.chance');
    this.#rejectRate = rejectRate;
  }

  get size(): number {
    return this.#unused.size;
  }

  issue(): string {
    const nonce = toBase64Url(this.#random.bytes(16));
    this.#unused.add(nonce);
    if (this.#unused.size > limit) this.#forgetOldest();
    return nonce;
  }

  /** @throws CaProblem `badNonce` */
  consume(nonce: unknown): void {
    if (typeof nonce !== 'string') throw new CaProblem('badNonce', 'The protected header has no nonce');
    if (!this.#unused.delete(nonce)) throw new CaProblem('badNonce', 'The nonce is unknown, used or too old');
    if (this.#rejectRate > 0 && this.#chance.fraction() < this.#rejectRate) {
      throw new CaProblem('badNonce', 'The nonce was good, but this server is told to refuse some');
    }
  }

  #forgetOldest(): void {
    const [oldest] = this.#unused;
    if (oldest !== undefined) this.#unused.delete(oldest);
  }
}
