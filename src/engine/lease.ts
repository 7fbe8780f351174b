/** Working under a lock: waiting for it, keeping it alive, stopping at once when it is lost. */
import { backoffDelay, type Clock, type EventSink, hasCode } from '../core/index.ts';
import type { Fence, Lease, Locks } from './stores.ts';

export interface LeaseOptions {
  readonly locks: Locks;
  readonly clock: Clock;
  readonly events: EventSink;
  readonly signal: AbortSignal;
}

/** A holder is mostly done within a second; one that died on another boot keeps its lease for a minute. */
const polling = { first: 50, factor: 1.5, max: 5000 };

/**
 * Runs `work` with the lock held. Its signal fires when the caller's does or when the lock is lost: whoever lost it must
 * not write any more (and commits would be refused by the fence).
 *
 * @throws EversealError `stale-lease` when the lock was lost before the work was done; whatever `work` throws
 */
export async function withLease<T>(
  options: LeaseOptions,
  name: string,
  work: (fence: Fence, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lease = await acquire(options, name);
  const lost = new AbortController();
  const done = new AbortController();
  const heartbeat = keepAlive(lease, options, done.signal).catch((error: unknown) => lost.abort(error));
  try {
    return await work(lease.fence, AbortSignal.any([options.signal, lost.signal]));
  } finally {
    done.abort();
    await heartbeat;
    await lease.release();
  }
}

/**
 * As {@link withLease}, with several locks: taken one after the other in the order of their names, so that two who want the
 * same ones never wait for each other.
 */
export function withLeases<T>(
  options: LeaseOptions,
  names: readonly string[],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const [first, ...others] = [...names].sort();
  if (first === undefined) return work(options.signal);
  return withLease(options, first, (_fence, signal) => withLeases({ ...options, signal }, others, work));
}

async function acquire(options: LeaseOptions, name: string): Promise<Lease> {
  for (let attempt = 0; ; attempt += 1) {
    options.signal.throwIfAborted();
    const lease = await options.locks.tryAcquire(name);
    if (lease !== undefined) return lease;
    if (attempt === 0) options.events({ type: 'waiting', what: `the lock ${name}`, ms: options.locks.leaseMs });
    await options.clock.sleep(backoffDelay(polling, attempt), options.signal);
  }
}

/** Renews at a third of the lease. A renewal that fails for another reason than loss is tried again: there is time for two more. */
async function keepAlive(lease: Lease, options: LeaseOptions, done: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await options.clock.sleep(options.locks.leaseMs / 3, done);
    } catch {
      return;
    }
    await lease.renew().catch((error: unknown) => {
      if (hasCode(error, 'stale-lease')) throw error;
    });
    if (options.signal.aborted) return;
  }
}
