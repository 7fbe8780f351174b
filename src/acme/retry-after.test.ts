import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHttpDate, retryAfterMs } from './retry-after.ts';

const now = new Date('2026-11-01T12:00:00Z');
const wait = (values: readonly string[], date?: string): number | undefined =>
  retryAfterMs(new Map([['retry-after', values], ...(date === undefined ? [] : [['date', [date]] as const])]), now);

describe('Retry-After', () => {
  it.each([
    ['0', 0],
    ['120', 120_000],
    ['Sun, 01 Nov 2026 12:00:30 GMT', 30_000],
    ['Sunday, 01-Nov-26 12:00:30 GMT', 30_000],
    ['Sun Nov  1 12:00:30 2026', 30_000],
    ['Sun, 01 Nov 2026 11:00:00 GMT', 0],
  ])('%s', (value, ms) => {
    expect(wait([value])).toBe(ms);
  });

  it.each(['-5', '1.5', '1e12', 'soon', '', 'Sun, 01 Nov 2026 12:00:30 CET', '2026-11-01T12:00:30Z'])(
    '%j says nothing',
    (value) => {
      expect(wait([value])).toBeUndefined();
    },
  );

  it('of several the longest counts', () => {
    expect(wait(['5', 'nonsense', '60'])).toBe(60_000);
  });

  it('a date is measured by the clock of the server', () => {
    expect(wait(['Fri, 01 Nov 2024 12:00:30 GMT'], 'Fri, 01 Nov 2024 12:00:00 GMT')).toBe(30_000);
  });

  it('always gives a wait that a date can hold', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.bigInt({ min: 0n }).map(String)), (value) => {
        const ms = wait([value]) ?? 0;
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(Number.isNaN(new Date(now.getTime() + ms).getTime())).toBe(false);
      }),
    );
  });

  it('reads back every HTTP date', () => {
    const seconds = fc.integer({ min: 0, max: 4_000_000_000 });
    fc.assert(
      fc.property(seconds, (value) => {
        const date = new Date(value * 1000);
        expect(parseHttpDate(date.toUTCString())).toEqual(date);
      }),
    );
  });
});
