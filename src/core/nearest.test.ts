import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearest } from './nearest.ts';

describe('the nearest word', () => {
  it.each([
    ['domain', 'domains'],
    ['htpp', 'http'],
    ['LETSENCRIPT', 'letsencrypt'],
    ['zzzzzz', undefined],
    ['x', undefined],
  ])('to %s is %s', (word, expected) => {
    expect(nearest(word, ['domains', 'http', 'letsencrypt', 'email'])).toBe(expected);
  });

  it('is the word itself when it is there', () => {
    const words = fc.uniqueArray(fc.stringMatching(/^[a-z]{2,8}$/), { minLength: 1 });
    fc.assert(
      fc.property(words, (list) => {
        expect(nearest(list[0] ?? '', list)).toBe(list[0]);
      }),
    );
  });
});
