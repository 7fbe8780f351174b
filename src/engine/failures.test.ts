import { describe, expect, it } from 'vitest';
import { type Failures, nextFailure } from './failures.ts';

const now = new Date('2026-01-01T00:00:00Z');
const minutes = (failures: Failures): number => (failures.until.getTime() - now.getTime()) / 60_000;

describe('nextFailure', () => {
  it('waits 1, 10, 100 minutes and then a day each time', () => {
    const waits: number[] = [];
    let failures: Failures | undefined;
    for (let i = 0; i < 6; i += 1) {
      failures = nextFailure(failures, now, 'no');
      waits.push(minutes(failures));
    }
    expect(waits).toEqual([1, 10, 100, 1440, 1440, 1440]);
  });

  it('waits longer when the CA says so, never shorter', () => {
    expect(minutes(nextFailure(undefined, now, 'no', new Date(now.getTime() + 3_600_000)))).toBe(60);
    expect(minutes(nextFailure(undefined, now, 'no', new Date(now.getTime() + 1000)))).toBe(1);
    expect(minutes(nextFailure(undefined, now, 'no', new Date(8.64e15)))).toBe(7 * 24 * 60);
  });
});
