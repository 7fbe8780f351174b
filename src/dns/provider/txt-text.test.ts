import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quotedTxt, valueOfTxt } from './txt-text.ts';

describe('TXT values in quotes', () => {
  it.each([
    ['plain', '"plain"'],
    ['', '""'],
    ['say "hi" \\ there', '"say \\"hi\\" \\\\ there"'],
    ['é', '"\\195\\169"'],
    ['a'.repeat(300), `"${'a'.repeat(255)}" "${'a'.repeat(45)}"`],
  ])('%j', (value, text) => {
    expect(quotedTxt(value)).toBe(text);
    expect(valueOfTxt(text)).toBe(value);
  });

  it.each([
    ['bare', 'bare'],
    ['"one" "two"', 'onetwo'],
    ['"one""two"', 'onetwo'],
    [' "padded" ', 'padded'],
    ['"not closed', '"not closed'],
    ['in "the" middle', 'in "the" middle'],
    ['"\\999"', '999'],
  ])('%j is read as %j', (text, value) => {
    expect(valueOfTxt(text)).toBe(value);
  });

  it('come back as they went', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (value) => {
        expect(valueOfTxt(quotedTxt(value))).toBe(value);
        expect(quotedTxt(value)).toMatch(/^[\x20-\x7e]*$/);
      }),
    );
  });

  it('any text is read without failing', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof valueOfTxt(text) === 'string'));
  });
});
