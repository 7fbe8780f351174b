import { BatchError, EversealError, type Identifier, identifierKey, isWildcard, printable } from '../core/index.ts';
import type { ChallengeIntent, ChallengeType, Solver } from '../challenges/solver.ts';

/** The ordered identifier of an intent: with its `*.`. */
export function orderedIdentifier({
  identifier,
  wildcard,
}: Pick<ChallengeIntent, 'identifier' | 'wildcard'>): Identifier {
  return wildcard ? { ...identifier, value: `*.${identifier.value}` } : identifier;
}

/** An identifier as solvers know it: without its `*.`, which is told beside it. */
export function unorderedIdentifier(identifier: Identifier): Pick<ChallengeIntent, 'identifier' | 'wildcard'> {
  const wildcard = isWildcard(identifier);
  return { identifier: wildcard ? { ...identifier, value: identifier.value.slice(2) } : identifier, wildcard };
}

/**
 * What failed in this issuance and is not tried again: identifiers (as ordered) with a challenge type, or altogether. It
 * only grows, so issuing ends.
 */
export class FailedChallenges {
  readonly #failed = new Map<string, Set<string>>();
  readonly #refused = new Set<string>();
  readonly #reasons = new Map<string, string>();

  /** How much is known: when an attempt does not add to it, another one would end the same way. */
  get size(): number {
    return this.#refused.size + [...this.#failed.values()].reduce((sum, types) => sum + types.size, 0);
  }

  add(identifier: Identifier, type: string, reason: string): void {
    const key = identifierKey(identifier);
    this.#failed.set(key, (this.#failed.get(key) ?? new Set()).add(type));
    this.#reasons.set(key, reason);
  }

  /** No challenge can help this identifier. */
  refuse(identifier: Identifier, reason: string): void {
    this.#refused.add(identifierKey(identifier));
    this.#reasons.set(identifierKey(identifier), reason);
  }

  has(identifier: Identifier, type: string): boolean {
    return this.#failed.get(identifierKey(identifier))?.has(type) === true;
  }

  reasonFor(identifier: Identifier): string {
    return this.#reasons.get(identifierKey(identifier)) ?? 'no configured challenge fits';
  }

  /** The first solver that fits the identifier (as ordered) and has not failed it. */
  firstChoice(solvers: readonly Solver[], identifier: Identifier): Solver | undefined {
    return this.#choices(solvers, identifier)[0];
  }

  /** Challenge types that may still prove the identifier, the first choice first. */
  methodsFor(solvers: readonly Solver[], identifier: Identifier): readonly ChallengeType[] {
    return [...new Set(this.#choices(solvers, identifier).map(({ type }) => type))];
  }

  #choices(solvers: readonly Solver[], identifier: Identifier): readonly Solver[] {
    if (this.#refused.has(identifierKey(identifier))) return [];
    const { identifier: base, wildcard } = unorderedIdentifier(identifier);
    return solvers.filter((solver) => solver.fits(base, wildcard) && !this.has(identifier, solver.type));
  }
}

/** Which items of a batch a failure is about, with each one's own reason: all of them, unless it says otherwise. */
export function failuresIn<T>(
  batch: readonly T[],
  error: unknown,
): readonly { readonly item: T; readonly reason: string }[] {
  if (error instanceof BatchError) {
    return error.failures.flatMap(({ index, error: own }) => {
      const item = batch[index];
      return item === undefined ? [] : [{ item, reason: printable(own.message) }];
    });
  }
  if (!(error instanceof EversealError)) return [];
  return batch.map((item) => ({ item, reason: printable(error.message) }));
}
