import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  absoluteName,
  canonicalName,
  isWithin,
  labelsOf,
  nameOfLabels,
  parentOf,
  parseName,
  relativeName,
  sameName,
  withoutFinalDot,
} from './name.ts';
import { anyLabel, anyName } from './messages.testing.ts';

describe('a name', () => {
  it('gets its final dot', () => {
    expect(absoluteName('example.com')).toBe('example.com.');
    expect(absoluteName('example.com.')).toBe('example.com.');
    expect(absoluteName('.')).toBe('.');
    expect(absoluteName('a\\.')).toBe('a\\..');
  });

  it.each([
    ['', 'it is empty'],
    ['..', 'a label is empty'],
    ['a..b', 'a label is empty'],
    ['.a', 'a label is empty'],
    [`${'x'.repeat(64)}.example`, 'a label has 64 octets, and 63 is the most'],
    [`${'x'.repeat(63)}.`.repeat(4), 'it has 257 octets, and 255 is the most'],
    ['a\\', '\\ is no escape'],
    ['a\\25.b', '\\2 is no escape'],
    ['a\\256', '\\256 is no escape'],
    ['bücher.example', 'characters outside ASCII stand in names as xn-- (RFC 5890)'],
  ])('that is none is refused, with the reason: %j', (text, why) => {
    expect(() => absoluteName(text)).toThrow(
      expect.objectContaining({ code: 'bad-identifier', message: expect.stringContaining(why) }),
    );
  });

  it('may have 255 octets, a hundred labels, and labels of 63', () => {
    const longest = `${'x'.repeat(63)}.`.repeat(3) + 'x'.repeat(61);
    expect(absoluteName(longest)).toBe(`${longest}.`);
    expect(labelsOf('a.'.repeat(127))).toHaveLength(127);
    expect(() => absoluteName('a.'.repeat(128))).toThrow('257 octets');
  });

  it('escapes what is not letter, digit, hyphen or underscore', () => {
    const label = Uint8Array.from(Buffer.from('a.b\\c d*_-\0', 'latin1'));
    expect(nameOfLabels([label])).toBe('a\\.b\\\\c\\032d*_-\\000.');
    expect(canonicalName('\\A\\032.\\066.\\*')).toBe('a\\032.b.*.');
  });

  it('holds any octets, which come back', () => {
    fc.assert(
      fc.property(fc.array(anyLabel, { maxLength: 4 }), (labels) => {
        expect(parseName(nameOfLabels(labels))).toEqual(labels);
      }),
    );
  });

  it('is the same in upper and lower case', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        expect(sameName(name.toUpperCase(), name)).toBe(true);
        expect(canonicalName(canonicalName(name))).toBe(canonicalName(name));
      }),
    );
    expect(sameName('a.example', 'b.example')).toBe(false);
    expect(sameName('a\\.example', 'a.example')).toBe(false);
  });

  it('has labels and a parent', () => {
    expect(labelsOf('*.a\\.b.example.')).toEqual(['*', 'a\\.b', 'example']);
    expect(labelsOf('.')).toEqual([]);
    expect(parentOf('a\\.b.example.')).toBe('example.');
    expect(parentOf('example.')).toBe('.');
    expect(parentOf('.')).toBeUndefined();
  });

  it('is within a zone label by label', () => {
    expect(isWithin('www.Example.com', 'example.COM.')).toBe(true);
    expect(isWithin('example.com', 'example.com')).toBe(true);
    expect(isWithin('example.com', '.')).toBe(true);
    expect(isWithin('badexample.com', 'example.com')).toBe(false);
    expect(isWithin('a\\.example.com', 'example.com')).toBe(false);
    expect(isWithin('com', 'example.com')).toBe(false);
  });

  it('is seen from its zone', () => {
    expect(relativeName('A.b.example.com.', 'Example.com')).toBe('A.b');
    expect(relativeName('example.com', 'example.com.')).toBe('');
    expect(() => relativeName('example.org', 'example.com')).toThrow(TypeError);
  });

  it('loses its final dot, not an escaped one', () => {
    expect(withoutFinalDot('example.com.')).toBe('example.com');
    expect(withoutFinalDot('example.com')).toBe('example.com');
    expect(withoutFinalDot('a\\.')).toBe('a\\.');
    expect(withoutFinalDot('a\\\\.')).toBe('a\\\\');
    expect(withoutFinalDot('.')).toBe('');
  });
});
