import { isBase64Url } from '../core/index.ts';

const capacity = 64;
const maxLength = 1024;

/**
 * Nonces that replies brought along (RFC 8555 §6.5), the newest first: old ones may have died with a restart of the CA.
 * Kept in memory only.
 */
export class NoncePool {
  readonly #nonces: string[] = [];

  /** How many are at hand. */
  get size(): number {
    return this.#nonces.length;
  }

  /** Keeps a nonce; at 64 the oldest goes. */
  put(nonce: string): void {
    this.#nonces.push(nonce);
    if (this.#nonces.length > capacity) this.#nonces.shift();
  }

  /** Takes the newest. */
  take(): string | undefined {
    return this.#nonces.pop();
  }
}

/** The usable nonce of a reply: what is not base64url must be ignored (RFC 8555 §6.5.1). */
export function nonceOf(headers: ReadonlyMap<string, readonly string[]>): string | undefined {
  return headers.get('replay-nonce')?.find((value) => value.length <= maxLength && isBase64Url(value));
}
