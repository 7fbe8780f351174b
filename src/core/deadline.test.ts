import { describe, expect, it } from 'vitest';
import { withDeadline } from './deadline.ts';
import { EversealError } from './error.ts';
import type { Clock } from './ports.ts';

/** Time that passes when told to. */
class HandClock implements Clock {
  readonly sleeping = new Map<() => void, { readonly ms: number; readonly signal: AbortSignal | undefined }>();

  now(): Date {
    return new Date(0);
  }

  monotonic(): number {
    return 0;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => resolve();
      this.sleeping.set(end, { ms, signal });
      signal?.addEventListener('abort', () => {
        this.sleeping.delete(end);
        reject(signal.reason);
      });
    });
  }

  strike(): void {
    for (const end of this.sleeping.keys()) end();
  }
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

describe('withDeadline', () => {
  it('gives the result of work that ends in time, and gives the timer up', async () => {
    const clock = new HandClock();
    expect(await withDeadline({ clock, ms: 50, what: 'x' }, async () => 7)).toBe(7);
    expect(clock.sleeping.size).toBe(0);
  });

  it('passes the failure of the work on, and gives the timer up', async () => {
    const clock = new HandClock();
    const failure = new EversealError('io', 'broken');
    const work = withDeadline({ clock, ms: 50, what: 'x' }, () => Promise.reject(failure));
    await expect(work).rejects.toBe(failure);
    expect(clock.sleeping.size).toBe(0);
  });

  it.each([
    [250, '250 ms'],
    [1500, '1.5 s'],
    [60_000, '60 s'],
  ])('names the work and its %i ms when the time is over', async (ms, shown) => {
    const clock = new HandClock();
    const work = withDeadline({ clock, ms, what: 'the order' }, untilAborted);
    expect([...clock.sleeping.values()].map((sleep) => sleep.ms)).toEqual([ms]);
    clock.strike();
    await expect(work).rejects.toMatchObject({ code: 'timeout', message: `Time is over for the order (${shown})` });
  });

  it('hands the caller’s signal down', async () => {
    const stop = new AbortController();
    const work = withDeadline({ clock: new HandClock(), ms: 50, what: 'x', signal: stop.signal }, untilAborted);
    const reason = new EversealError('aborted', 'enough');
    stop.abort(reason);
    await expect(work).rejects.toBe(reason);
  });

  it('does not begin when the signal fired already', async () => {
    const reason = new EversealError('aborted', 'enough');
    let began = false;
    const options = { clock: new HandClock(), ms: 50, what: 'x', signal: AbortSignal.abort(reason) };
    const work = withDeadline(options, async () => {
      began = true;
    });
    await expect(work).rejects.toBe(reason);
    expect(began).toBe(false);
  });

  it('ends at the nearer of two deadlines', async () => {
    const [outer, inner] = [new HandClock(), new HandClock()];
    const work = withDeadline({ clock: outer, ms: 10, what: 'the outer' }, (signal) =>
      withDeadline({ clock: inner, ms: 50, what: 'the inner', signal }, untilAborted),
    );
    outer.strike();
    await expect(work).rejects.toThrow('the outer');
    expect(inner.sleeping.size).toBe(0);
  });
});
