import { randomBytes } from 'node:crypto';
import type { Random } from '../core/index.ts';

const fractionBits = 48;

/** The operating system's randomness. Every fork is the same source: it cannot be told apart from a new one. */
export function nodeRandom(): Random {
  const random: Random = {
    bytes: (length) => new Uint8Array(randomBytes(length)),
    fraction: () => randomBytes(fractionBits / 8).readUIntBE(0, fractionBits / 8) / 2 ** fractionBits,
    fork: () => random,
  };
  return random;
}
