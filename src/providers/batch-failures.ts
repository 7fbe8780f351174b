import { BatchError, type BatchFailure, EversealError } from '../core/index.ts';

/** What failed for single records of a batch, gathered while the others go on. */
export class BatchFailures {
  readonly #failures: BatchFailure[] = [];

  get isEmpty(): boolean {
    return this.#failures.length === 0;
  }

  add(indexes: readonly number[], error: EversealError): void {
    this.#failures.push(...indexes.map((index) => ({ index, error })));
  }

  /**
   * Runs a step for some records and notes its failure for them.
   *
   * @param isOfThese whether a failure is about them; any other is thrown, and so is one that comes of the signal
   */
  async gather(
    indexes: readonly number[],
    signal: AbortSignal,
    step: () => Promise<void>,
    isOfThese: (error: EversealError) => boolean = () => true,
  ): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (signal.aborted || !(error instanceof EversealError) || !isOfThese(error)) throw error;
      this.add(indexes, error);
    }
  }

  /** @throws BatchError in the order of the batch */
  throwIfAny(): void {
    if (!this.isEmpty) throw new BatchError([...this.#failures].sort((a, b) => a.index - b.index));
  }
}
