import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable } from './printable.ts';

describe('printable', () => {
  it('never lets a control, format, private or lone surrogate character through, nor more than the limit', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.integer({ min: 1, max: 50 }), (text, limit) => {
        const shown = printable(text, limit);
        expect(shown.length).toBeLessThanOrEqual(limit);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u);
      }),
    );
  });

  it.each([
    ['no\u001b[31m luck\n', 'no [31m luck'],
    ['one\r\ntwo\u2028three', 'one two three'],
    ['abc\u202edcba', 'abcdcba'],
    ['a\ud800b', 'ab'],
    ['grüße 証明書 🔒', 'grüße 証明書 🔒'],
    ['  \n ', ''],
  ])('shows %j as %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('cuts what is too long with a mark', () => {
    expect(printable('x'.repeat(10_000))).toBe(`${'x'.repeat(499)}…`);
    expect(printable('abcdef', 4)).toBe('abc…');
    expect(printable('abcd', 4)).toBe('abcd');
  });

  it('does not cut a character in two', () => {
    expect(printable('ab🔒cd', 4)).not.toMatch(/\p{Cs}/u);
  });
});
