import { describe, expect, it } from 'vitest';
import type { Random } from '../core/index.ts';
import { advise, adviseNothing } from './renewal-info.ts';

const now = new Date('2026-03-01T00:00:00Z');
const answer = {
  start: new Date('2026-03-10T00:00:00Z'),
  end: new Date('2026-03-12T00:00:00Z'),
  retryAfterMs: 21_600_000,
};
const drawing = (fraction: number): Random => ({
  bytes: (length) => new Uint8Array(length),
  fraction: () => fraction,
  fork: () => drawing(fraction),
});

describe('advise', () => {
  it('chooses a moment of the window and asks again when the CA said', () => {
    const advice = advise(undefined, 'id', answer, now, drawing(0.25));
    expect(advice.point).toEqual(new Date('2026-03-10T12:00:00Z'));
    expect(advice.askAt).toEqual(new Date('2026-03-01T06:00:00Z'));
  });

  it('keeps the chosen moment while the window stays', () => {
    const first = advise(undefined, 'id', answer, now, drawing(0.25));
    expect(advise(first, 'id', answer, now, drawing(0.9)).point).toEqual(first.point);
  });

  it('chooses anew when the window moves, or for another certificate', () => {
    const first = advise(undefined, 'id', answer, now, drawing(0.25));
    const moved = { ...answer, end: new Date('2026-03-11T00:00:00Z') };
    expect(advise(first, 'id', moved, now, drawing(0.5)).point).toEqual(new Date('2026-03-10T12:00:00Z'));
    expect(advise(first, 'other', answer, now, drawing(0.5)).point).toEqual(new Date('2026-03-11T00:00:00Z'));
  });
});

describe('adviseNothing', () => {
  it('keeps what was known and asks later and later, at least every six hours', () => {
    const first = advise(undefined, 'id', answer, now, drawing(0.25));
    let advice = first;
    const waits: number[] = [];
    for (let i = 0; i < 9; i += 1) {
      advice = adviseNothing(advice, 'id', now);
      waits.push((advice.askAt.getTime() - now.getTime()) / 60_000);
    }
    expect(advice.point).toEqual(first.point);
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 360, 360]);
  });

  it('knows nothing of another certificate', () => {
    const first = advise(undefined, 'id', answer, now, drawing(0.25));
    expect(adviseNothing(first, 'other', now)).toMatchObject({ point: undefined, window: undefined, failures: 1 });
  });
});
