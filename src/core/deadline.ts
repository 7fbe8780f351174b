import { EversealError } from './error.ts';
import type { Clock } from './ports.ts';

/**
 * Runs `work` with a signal that fires when the caller's does or after `ms` milliseconds of the clock, and gives up the
 * timer when the work ends first. The deadline is handed down by handing the signal down.
 *
 * @throws EversealError `timeout` naming `what` when the time is over; whatever the caller's signal was aborted with
 *
 * @example
 * ```ts
 * import { withDeadline } from 'everseal/core';
 * import { nodePorts } from 'everseal/node';
 * const { clock } = nodePorts();
 * await withDeadline({ clock, ms: 5_000, what: 'the nap' }, (signal) => clock.sleep(10, signal));
 * ```
 */
export async function withDeadline<T>(
  options: {
    readonly clock: Clock;
    readonly ms: number;
    readonly what: string;
    readonly signal?: AbortSignal | undefined;
  },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  options.signal?.throwIfAborted();
  const timer = new AbortController();
  const over = new AbortController();
  const signal = options.signal === undefined ? over.signal : AbortSignal.any([over.signal, options.signal]);
  options.clock.sleep(options.ms, timer.signal).then(
    () => over.abort(new EversealError('timeout', `Time is over for ${options.what} (${formatMs(options.ms)})`)),
    () => undefined,
  );
  try {
    return await work(signal);
  } finally {
    timer.abort();
  }
}

function formatMs(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${Math.round(ms / 100) / 10} s`;
}
