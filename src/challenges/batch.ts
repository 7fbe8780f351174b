import { BatchError, type BatchFailure, EversealError } from '../core/index.ts';

/**
 * Does the work for every item at once and waits for all of them.
 *
 * @throws BatchError saying which items failed; the signal's reason once it has fired; at once whatever is no failure of ours
 */
export async function mapBatch<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
  signal?: AbortSignal,
): Promise<readonly R[]> {
  const settled = await Promise.allSettled(items.map(work));
  signal?.throwIfAborted();
  const done: R[] = [];
  const failures: BatchFailure[] = [];
  settled.forEach((result, index) => {
    if (result.status === 'fulfilled') done.push(result.value);
    else failures.push({ index, error: asFailure(result.reason) });
  });
  if (failures.length > 0) throw new BatchError(failures);
  return done;
}

function asFailure(reason: unknown): EversealError {
  if (reason instanceof EversealError) return reason;
  throw reason;
}
