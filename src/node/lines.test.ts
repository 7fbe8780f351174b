import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter, longestLine } from './lines.ts';

function linesOf(chunks: readonly Uint8Array[]): readonly string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return lines;
}

/** The octets cut at the given places. */
function cut(octets: Uint8Array, places: readonly number[]): readonly Uint8Array[] {
  const ends = [...new Set(places.map((place) => place % (octets.length + 1))), octets.length].sort((a, b) => a - b);
  return ends.map((end, index) => octets.subarray(index === 0 ? 0 : ends[index - 1], end));
}

describe('LineSplitter', () => {
  it('gives the same lines however the output is cut', () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replace(/[\r\n]/g, ''));
    const end = fc.constantFrom('\n', '\r\n');
    fc.assert(
      fc.property(fc.array(fc.tuple(line, end)), fc.array(fc.nat()), (lines, places) => {
        const octets = new Uint8Array(Buffer.from(lines.map((pair) => pair.join('')).join('')));
        expect(linesOf(cut(octets, places))).toEqual(lines.map(([text]) => text));
      }),
    );
  });

  it('gives a last line without its end, and none for nothing', () => {
    expect(linesOf([Buffer.from('a\nb')])).toEqual(['a', 'b']);
    expect(linesOf([Buffer.from('')])).toEqual([]);
  });

  it('cuts a line without an end and goes on with the next', () => {
    const chunk = Buffer.from('x'.repeat(50_000));
    const [first, second] = linesOf([chunk, chunk, chunk, Buffer.from('\nnext\n')]);
    expect(first).toHaveLength(longestLine);
    expect(second).toBe('next');
  });

  it('keeps a longest line whole', () => {
    const line = 'x'.repeat(longestLine);
    expect(linesOf([Buffer.from(`${line}\r\n`)])).toEqual([line]);
  });
});
