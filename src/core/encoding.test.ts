import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBase64Url, fromUtf8, isBase64Url, isChallengeToken, toBase64Url, utf8 } from './encoding.ts';

describe('base64url', () => {
  it('round-trips any octets without padding', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (octets) => {
        const text = toBase64Url(octets);
        expect(text).toMatch(/^[A-Za-z0-9_-]*$/);
        expect([...fromBase64Url(text)]).toEqual([...octets]);
      }),
    );
  });

  it('encodes a part of a buffer as that part alone', () => {
    const whole = Uint8Array.from([1, 2, 3, 4, 5]);
    expect(toBase64Url(whole.subarray(1, 4))).toBe(toBase64Url(Uint8Array.from([2, 3, 4])));
  });

  // RFC 7515 appendix C; RFC 4648 §10 without its padding.
  it.each([
    [Uint8Array.from([3, 236, 255, 224, 193]), 'A-z_4ME'],
    [utf8('foob'), 'Zm9vYg'],
    [utf8('fooba'), 'Zm9vYmE'],
    [utf8('foobar'), 'Zm9vYmFy'],
  ])('knows the vectors of the standards', (octets, text) => {
    expect(toBase64Url(octets)).toBe(text);
    expect([...fromBase64Url(text)]).toEqual([...octets]);
  });

  it.each(['Zg==', 'a+b/', 'a b', 'abcde', 'ä', 'Zm9v\n'])('refuses %j', (text) => {
    expect(isBase64Url(text)).toBe(false);
    expect(() => fromBase64Url(text)).toThrow(expect.objectContaining({ code: 'bad-reply' }));
  });

  it('takes empty text for no octets, though it is no token', () => {
    expect(isBase64Url('')).toBe(false);
    expect(fromBase64Url('')).toHaveLength(0);
  });
});

describe('utf8', () => {
  it('round-trips well-formed text', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => fromUtf8(utf8(text)) === text));
  });

  it('marks what is invalid', () => {
    expect(fromUtf8(Uint8Array.from([0x61, 0xff, 0x62]))).toBe('a\ufffdb');
  });
});

describe('a challenge token', () => {
  it.each(['a', 'abcde', 'LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0', '-_'])('can be %j, of any length', (text) => {
    expect(isChallengeToken(text)).toBe(true);
  });

  it.each(['', '../x', 'a b', 'a/b', 'a+b', 'a=', 'a\n', 'ü', 'a\u0000'])('cannot be %j', (text) => {
    expect(isChallengeToken(text)).toBe(false);
  });
});
