import type { Random } from './ports.ts';

/** A wait that grows: `first` ms, then times `factor` up to `max` ms, each spread by ± `jitter` (0.2 = 20 %). */
export interface Backoff {
  readonly first: number;
  readonly factor: number;
  readonly max: number;
  readonly jitter?: number;
}

/**
 * The wait before attempt `attempt` (0 is the first repetition), in milliseconds.
 *
 * @example
 * ```ts
 * import { backoffDelay } from 'everseal/core';
 * console.log([0, 1, 2, 3].map((attempt) => backoffDelay({ first: 50, factor: 2, max: 300 }, attempt))); // 50, 100, 200, 300
 * ```
 */
export function backoffDelay(backoff: Backoff, attempt: number, random?: Random): number {
  const plain = Math.min(backoff.max, backoff.first * backoff.factor ** attempt);
  if (random === undefined || backoff.jitter === undefined) return plain;
  return plain * (1 + backoff.jitter * (2 * random.fraction() - 1));
}
