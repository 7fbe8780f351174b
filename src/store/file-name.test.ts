import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileNameOf } from './index.ts';

describe('a text as a file name', () => {
  it.each([
    ['certificate/*.example.com', 'certificate%2f%2a.example.com'],
    ['..', '%2e%2e'],
    ['.hidden', '%2ehidden'],
    ['con', '%63on'],
    ['nul.txt', '%6eul.txt'],
    ['ends.', 'ends%2e'],
    ['Straße', '%53tra%c3%9fe'],
  ])('%s is %s', (text, name) => {
    expect(fileNameOf(text)).toBe(name);
  });

  it('is safe, short and its own for any text', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 300 }), { minLength: 2, maxLength: 6 }),
        (texts) => {
          const names = texts.map(fileNameOf);
          for (const name of names) {
            expect(name).toMatch(/^[a-z0-9_%~-][a-z0-9._%~-]*$/);
            expect(name).not.toMatch(/\.$/);
            expect(name.length).toBeLessThanOrEqual(160);
          }
          expect(new Set(names).size).toBe(new Set(texts).size);
        },
      ),
    );
  });
});
