/** Providers that are told one record at a time: which calls are made, in which order, and which are not. */
import { type Clock, type EversealError, mapAll, Semaphore } from '../core/index.ts';
import type { ProviderReceipt, TxtRecord } from '../dns/index.ts';
import { BatchFailures } from './batch-failures.ts';

export type Verb = 'present' | 'cleanup';

export interface RecordCallsOptions {
  readonly call: (verb: Verb, record: TxtRecord, signal: AbortSignal) => Promise<void>;
  /** Whether a failure is about the one record; any other would meet all of them. */
  readonly isOfOneRecord: (error: EversealError) => boolean;
  readonly clock: Clock;
  /** Calls at the same time. */
  readonly atOnce: number;
  /** Between two calls that do not overlap. */
  readonly pauseMs: number;
}

export class RecordCalls {
  readonly #options: RecordCallsOptions;
  /** Records that `present` was not called for, because another one failed before: there is nothing to clean up. */
  readonly #untouched = new Set<string>();

  constructor(options: RecordCallsOptions) {
    this.#options = options;
  }

  /**
   * Begins no further call after a failure.
   *
   * @throws BatchError of the records that failed; whatever else failed
   */
  async present(records: readonly TxtRecord[], signal: AbortSignal): Promise<readonly ProviderReceipt[]> {
    const failures = new BatchFailures();
    const waiting = new Set(records.map(keyOf));
    const goesOn = () => failures.isEmpty;
    try {
      await this.#inTurn(records.map(indexed), goesOn, signal, async (item) => {
        waiting.delete(keyOf(item.record));
        this.#untouched.delete(keyOf(item.record));
        await this.#call('present', item, failures, signal);
      });
    } finally {
      for (const key of waiting) this.#untouched.add(key);
    }
    failures.throwIfAny();
    return records.map(() => ({}));
  }

  /** Goes on after a failure: the other records shall not stay. */
  async cleanup(records: readonly TxtRecord[], signal: AbortSignal): Promise<void> {
    const failures = new BatchFailures();
    const touched = records.map(indexed).filter(({ record }) => !this.#untouched.delete(keyOf(record)));
    const goesOn = () => true;
    await this.#inTurn(touched, goesOn, signal, (item) => this.#call('cleanup', item, failures, signal));
    failures.throwIfAny();
  }

  /** Stops for good when something is thrown: the next call would meet the same. */
  async #inTurn(
    items: readonly Item[],
    goesOn: () => boolean,
    signal: AbortSignal,
    work: (item: Item) => Promise<void>,
  ): Promise<void> {
    const { atOnce, clock, pauseMs } = this.#options;
    const thrown: unknown[] = [];
    await mapAll(items, new Semaphore(atOnce), async (item, position) => {
      if (thrown.length > 0 || !goesOn()) return;
      try {
        if (position > 0 && atOnce === 1 && pauseMs > 0) await clock.sleep(pauseMs, signal);
        signal.throwIfAborted();
        await work(item);
      } catch (error) {
        thrown.push(error);
        throw error;
      }
    });
  }

  #call(verb: Verb, { record, index }: Item, failures: BatchFailures, signal: AbortSignal): Promise<void> {
    const { call, isOfOneRecord } = this.#options;
    return failures.gather([index], signal, () => call(verb, record, signal), isOfOneRecord);
  }
}

interface Item {
  readonly record: TxtRecord;
  readonly index: number;
}

function indexed(record: TxtRecord, index: number): Item {
  return { record, index };
}

function keyOf({ name, value }: TxtRecord): string {
  return `${name} ${value}`;
}
