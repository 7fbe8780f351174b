import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLinks } from './link-header.ts';

describe('Link headers (RFC 8288)', () => {
  it.each([
    ['<https://ca/1>;rel="alternate"', [['https://ca/1', 'alternate']]],
    [
      '<https://ca/1>; rel=alternate, <https://ca/2>;rel="index next"',
      [
        ['https://ca/1', 'alternate'],
        ['https://ca/2', 'index', 'next'],
      ],
    ],
    ['<https://ca/?a=1,2>;title="a, <b>; rel=x";rel="UP"', [['https://ca/?a=1,2', 'up']]],
    ['<https://ca/1>', [['https://ca/1']]],
    ['<https://ca/1>;rel="next";foo, nonsense, <https://ca/2>;rel="next"', [['https://ca/1', 'next']]],
    ['', []],
  ])('%s', (value, expected) => {
    expect(parseLinks([value]).map(({ target, relations }) => [target, ...relations])).toEqual(expected);
  });

  it('in several lines are the same as in one', () => {
    const lines = ['<https://ca/1>;rel="alternate"', '<https://ca/2>;rel="alternate"'];
    expect(parseLinks(lines)).toEqual(parseLinks([lines.join(', ')]));
  });

  it('never take long, whatever they hold', () => {
    const piece = fc.constantFrom('<', '>', ';', ',', '"', '\\', '=', ' ', 'rel', 'a', '\t');
    fc.assert(fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => parseLinks([pieces.join('')]).length >= 0));
    expect(parseLinks([`<https://ca/1>${'; a = "b"'.repeat(8_000)}!`]).length).toBeLessThanOrEqual(1);
    expect(parseLinks([`<https://ca/1>${' '.repeat(60_000)}!`])).toEqual([]);
  });
});
