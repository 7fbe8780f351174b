import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffDelay } from './backoff.ts';
import type { Random } from './ports.ts';

function fixed(fraction: number): Random {
  const random: Random = { bytes: (length) => new Uint8Array(length), fraction: () => fraction, fork: () => random };
  return random;
}

describe('backoffDelay', () => {
  it('doubles up to its limit', () => {
    const delays = [0, 1, 2, 6, 7, 500].map((attempt) => backoffDelay({ first: 50, factor: 2, max: 5000 }, attempt));
    expect(delays).toEqual([50, 100, 200, 3200, 5000, 5000]);
  });

  it('is spread by the jitter to both sides, and not without randomness', () => {
    const backoff = { first: 100, factor: 3, max: 1000, jitter: 0.2 };
    expect(backoffDelay(backoff, 1, fixed(0))).toBeCloseTo(240);
    expect(backoffDelay(backoff, 1, fixed(0.5))).toBeCloseTo(300);
    expect(backoffDelay(backoff, 1)).toBe(300);
  });

  it('stays within the jitter of the plain delay, and is never negative', () => {
    const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.nat({ max: 2000 }), fraction, fraction, (attempt, jitter, draw) => {
        const backoff = { first: 50, factor: 2, max: 5000 };
        const plain = backoffDelay(backoff, attempt);
        const delay = backoffDelay({ ...backoff, jitter }, attempt, fixed(draw));
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(Math.abs(delay - plain)).toBeLessThanOrEqual(plain * jitter + 1e-9);
      }),
    );
  });
});
