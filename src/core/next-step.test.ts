import { describe, expect, it } from 'vitest';
import { EversealError } from './error.ts';
import { nextStepOf } from './next-step.ts';

describe('nextStepOf', () => {
  it('is what the failure says itself', () => {
    expect(nextStepOf(new EversealError('tls', 'no', { next: 'Do this.' }))).toBe('Do this.');
  });

  it('is else what the failure of ours below it says', () => {
    const cause = new EversealError('tls', 'no', { next: 'Do this.' });
    expect(nextStepOf(new EversealError('order-failed', 'no', { cause }))).toBe('Do this.');
  });

  it('is else what fits its kind, whatever a foreign cause is', () => {
    expect(nextStepOf(new EversealError('disk-full', 'no', { cause: new TypeError('x') }))).toMatch(/room/);
  });
});
