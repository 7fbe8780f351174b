/** One solver's part of an order: located, presented under its locks, awaited, removed. */
import type { ChallengeIntent, Receipt, Solver, SolverLock } from '../challenges/solver.ts';
import { hasCode, messageOf, withDeadline } from '../core/index.ts';
import type { EngineContext } from './context.ts';
import { withLeases } from './lease.ts';
import type { Leftover } from './order-journal.ts';

/** What one solver answers for one order. */
export interface AnswerBatch {
  readonly solver: Solver;
  readonly intents: readonly ChallengeIntent[];
  readonly receipts: readonly Receipt[];
}

const cleanupMs = 60_000;
/** Who refuses the removal like this refused what was to be removed, too: there is nothing. */
const refusals = ['dns-refused', 'name-not-found', 'program-not-found'] as const;
const noReceipts: readonly Receipt[] = [];

export function batchOf(solver: Solver, intents: readonly ChallengeIntent[]): AnswerBatch {
  return { solver, intents, receipts: noReceipts };
}

export async function locate(batch: AnswerBatch, signal: AbortSignal): Promise<AnswerBatch> {
  const intents = (await batch.solver.locate?.(batch.intents, signal)) ?? batch.intents;
  return { ...batch, intents };
}

export async function present(context: Leasing, batch: AnswerBatch, signal: AbortSignal): Promise<AnswerBatch> {
  const { solver, intents } = batch;
  const receipts = await withLeases({ ...leasing(context), signal }, lockNames(solver, intents, 'write'), (within) =>
    solver.present(intents, within),
  );
  return { ...batch, receipts };
}

/** Locks that last from the first present to the last cleanup of an order. */
export function orderLocks(batches: readonly AnswerBatch[]): readonly string[] {
  return [...new Set(batches.flatMap(({ solver, intents }) => lockNames(solver, intents, 'order')))];
}

/**
 * Removes answers whatever the caller's signal says: with a time limit of its own, and failing only by a warning.
 *
 * @returns whether nothing is left
 */
export async function remove(context: EngineContext, batch: AnswerBatch): Promise<boolean> {
  const { solver, intents, receipts } = batch;
  if (solver.scope === 'standing') return true;
  const leftovers = intents.map((intent, i) => ({ intent, receipt: receipts[i] }));
  const isRefusal = (error: unknown): boolean => receipts.length === 0 && hasCode(error, ...refusals);
  return removeLeftovers(context, solver, leftovers, { holds: ['write'], isRefusal });
}

/** As {@link remove}, for what an earlier process presented: under all locks, since that process holds none any more. */
export function removeAfterCrash(context: EngineContext, solver: Solver, own: readonly Leftover[]): Promise<boolean> {
  return removeLeftovers(context, solver, own, { holds: ['write', 'order'], isRefusal: () => false });
}

async function removeLeftovers(
  context: EngineContext,
  solver: Solver,
  leftovers: readonly Leftover[],
  how: { readonly holds: readonly SolverLock['hold'][]; readonly isRefusal: (error: unknown) => boolean },
): Promise<boolean> {
  const intents = leftovers.map(({ intent }) => intent);
  const names = how.holds.flatMap((hold) => lockNames(solver, intents, hold));
  const limit = { clock: context.ports.clock, ms: cleanupMs, what: `cleaning up after ${solver.type}` };
  try {
    await withDeadline(limit, (signal) =>
      withLeases({ ...leasing(context), signal }, names, (within) => solver.cleanup(leftovers, within)),
    );
    return true;
  } catch (error) {
    if (how.isRefusal(error)) return true;
    const message = `Challenge answers may be left behind (${solver.type}): ${messageOf(error)}`;
    context.events({ type: 'warning', message });
    return false;
  }
}

type Leasing = Pick<EngineContext, 'stores' | 'ports' | 'events'>;

function leasing({ stores, ports, events }: Leasing) {
  return { locks: stores.locks, clock: ports.clock, events };
}

function lockNames(solver: Solver, intents: readonly ChallengeIntent[], hold: SolverLock['hold']): readonly string[] {
  const locks = solver.locks?.(intents) ?? [];
  return [...new Set(locks.filter((lock) => lock.hold === hold).map(({ key }) => `answer/${key}`))];
}
