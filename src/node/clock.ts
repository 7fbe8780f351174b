import type { Clock } from '../core/index.ts';

/** The longest wait of one of Node's timers; a longer one would fire at once. */
const longestTimer = 2 ** 31 - 1;

/** The machine's time. A sleep that is pending keeps the process alive: it is work. */
export function nodeClock(): Clock {
  return {
    now: () => new Date(),
    monotonic: () => performance.now(),
    sleep,
  };
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const end = performance.now() + ms;
    let timer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    // Timers round to whole milliseconds and may fire a little early, so what is left is looked at again.
    const wait = (): void => {
      const left = Math.max(0, end - performance.now());
      timer = setTimeout(left > 0 ? again : finish, Math.min(Math.ceil(left), longestTimer));
    };
    const again = (): void => {
      if (performance.now() < end) wait();
      else finish();
    };
    const finish = (): void => {
      signal?.removeEventListener('abort', stop);
      resolve();
    };
    signal?.addEventListener('abort', stop, { once: true });
    wait();
  });
}
