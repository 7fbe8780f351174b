import { EversealError } from './error.ts';

/** One item of a batch that failed. */
export interface BatchFailure {
  /** Which item, counted from 0. */
  readonly index: number;
  readonly error: EversealError;
}

/**
 * Some items of a batch failed, the others are fine: who asked for the batch can go on with those. Code, message and advice
 * are those of the first failure; with several, the message says how many more there are.
 *
 * @example
 * ```ts
 * import { BatchError, EversealError } from 'everseal/core';
 * const error = new BatchError([{ index: 1, error: new EversealError('timeout', 'ns1 does not answer') }]);
 * console.log(error.code, error.failures.map(({ index }) => index)); // timeout [ 1 ]
 * ```
 */
export class BatchError extends EversealError {
  readonly failures: readonly BatchFailure[];

  /** @throws TypeError when nothing failed */
  constructor(failures: readonly BatchFailure[]) {
    const [first] = failures;
    if (first === undefined) throw new TypeError('a batch that failed has a failure');
    const { code, message, next } = first.error;
    const others = new Set(failures.map(({ error }) => error.message)).size - 1;
    super(code, others === 0 ? message : `${message} (and ${others} more)`, {
      cause: first.error,
      ...(next === undefined ? {} : { next }),
    });
    this.failures = failures;
  }
}
