import type { Clock } from '../src/core/index.ts';
import type { SimProcess } from './process.ts';

/** Virtual time, by the clock of the process's machine. */
export function clockPort(process: SimProcess): Clock {
  const { scheduler } = process.world;
  return {
    now: () => new Date(Math.floor(process.machine.now)),
    monotonic: () => scheduler.elapsed,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      await process.effect({ what: `sleep ${Math.round(ms * 1000) / 1000} ms`, work: () => nap(process, ms, signal) });
    },
  };
}

function nap(process: SimProcess, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      timer.cancel();
      stayAlive();
      signal?.removeEventListener('abort', abort);
      settle();
    };
    const abort = () => end(() => reject(signal?.reason));
    const timer = process.world.scheduler.after(ms, () => end(resolve));
    const stayAlive = process.atDeath(() => timer.cancel());
    signal?.addEventListener('abort', abort);
  });
}
