import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatGoDuration, parseGoBool, parseGoDuration, parseGoInt, parseRfc3339 } from './index.ts';

describe('durations', () => {
  it.each([
    ['0', 0],
    ['+0', 0],
    ['500ms', 500],
    ['2m', 120_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['5.s', 5_000],
    ['-1m', -60_000],
    ['1000us', 1],
    ['1000µs', 1],
    ['1m1m', 120_000],
  ])('%s', (text, ms) => {
    expect(parseGoDuration(text)).toBeCloseTo(ms, 9);
  });

  it.each(['', '5', 's', '1 s', '1d', '--1s', '1s ', '1e3s', '.s', '2562048h'])('refuses %j', (text) => {
    expect(parseGoDuration(text)).toBeUndefined();
  });

  it('are read as they are written', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), (ms) => {
        expect(parseGoDuration(formatGoDuration(ms))).toBeCloseTo(ms, 3);
      }),
    );
  });

  it.each([
    [0, '0s'],
    [250, '250ms'],
    [2_000, '2s'],
    [90_500, '1m30.5s'],
    [3_600_000, '1h'],
    [-60_000, '-1m'],
  ])('%i ms are written %s', (ms, text) => {
    expect(formatGoDuration(ms)).toBe(text);
  });
});

describe('whole numbers', () => {
  it.each([
    ['0', 0],
    ['-0', 0],
    ['+7', 7],
    ['30', 30],
    ['0x1e', 30],
    ['036', 30],
    ['0o36', 30],
    ['0b11', 3],
    ['-12', -12],
  ])('%s', (text, value) => {
    expect(parseGoInt(text)).toBe(value);
  });

  it.each(['', ' 1', '1.0', '1e3', '08', 'x', '9007199254740993', '0x'])('refuses %j', (text) => {
    expect(parseGoInt(text)).toBeUndefined();
  });

  it('are read as they are written', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(parseGoInt(String(value))).toBe(value);
      }),
    );
  });
});

describe('truths', () => {
  it.each(['1', 't', 'T', 'TRUE', 'true', 'True'])('%s', (text) => expect(parseGoBool(text)).toBe(true));
  it.each(['0', 'f', 'F', 'FALSE', 'false', 'False'])('%s', (text) => expect(parseGoBool(text)).toBe(false));
  it.each(['', 'yes', 'tRUE', 'on', ' true'])('refuses %j', (text) => expect(parseGoBool(text)).toBeUndefined());
});

describe('times', () => {
  it.each([
    ['2026-02-28T23:59:59Z', '2026-02-28T23:59:59.000Z'],
    ['2024-02-29T00:00:00.25Z', '2024-02-29T00:00:00.250Z'],
    ['2026-01-01T00:00:00+05:30', '2025-12-31T18:30:00.000Z'],
  ])('%s', (text, iso) => {
    expect(parseRfc3339(text)?.toISOString()).toBe(iso);
  });

  it.each([
    '',
    '2026-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-01',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:00:00',
    '2026-01-01 00:00:00Z',
  ])('refuses %j', (text) => expect(parseRfc3339(text)).toBeUndefined());

  it('are read as they are written', () => {
    const date = fc.date({
      min: new Date('1970-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(date, (value) => {
        expect(parseRfc3339(value.toISOString())).toEqual(value);
      }),
    );
  });
});
