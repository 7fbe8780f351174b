import { describe, expect, it } from 'vitest';
import { nodeClock } from './clock.ts';

describe('nodeClock', () => {
  it('never asks Node for a longer timer than it has', async () => {
    const warnings: string[] = [];
    const note = (warning: Error): void => void warnings.push(warning.name);
    process.on('warning', note);
    const clock = nodeClock();
    const stop = new AbortController();
    const sleeping = clock.sleep(2 ** 40, stop.signal).catch(() => 'stopped');
    await clock.sleep(5);
    stop.abort();
    expect(await sleeping).toBe('stopped');
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });

  it('yields once for no time at all, or less', async () => {
    let yielded = false;
    const first = nodeClock().sleep(0);
    Promise.resolve().then(() => {
      yielded = true;
    });
    await first;
    expect(yielded).toBe(true);
    await nodeClock().sleep(-5);
  });
});
