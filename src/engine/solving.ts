/** Getting an order from pending to ready: choose, locate, present, wait, let the CA look, clean up. */
import { type Authorization, type Order, OrderFailedError } from '../acme/index.ts';
import type { ChallengeIntent, Solver } from '../challenges/solver.ts';
import { EversealError, type Identifier, identifierKey, mapAll, printable, Semaphore } from '../core/index.ts';
import {
  type AnswerBatch,
  batchOf,
  locate,
  orderLocks,
  present,
  remove,
  removeAfterCrash,
} from './challenge-answers.ts';
import { type ChallengeTask, challengeTask, type OrderingAccount } from './challenge-tasks.ts';
import type { EngineContext } from './context.ts';
import { type FailedChallenges, failuresIn, orderedIdentifier, unorderedIdentifier } from './failed-challenges.ts';
import { withLeases } from './lease.ts';
import type { OrderJournal } from './order-journal.ts';

export interface Solving {
  readonly context: EngineContext;
  readonly certificate: string;
  readonly order: Order;
  readonly account: OrderingAccount;
  readonly journal: OrderJournal;
  readonly solvers: readonly Solver[];
  readonly failed: FailedChallenges;
}

/**
 * Acquires what the first-choice solvers share (listeners), before anything is asked of the CA: a taken port then costs no
 * order and no failed validation.
 */
export async function prepareSolvers(
  solvers: readonly Solver[],
  identifiers: readonly Identifier[],
  failed: FailedChallenges,
  signal: AbortSignal,
): Promise<void> {
  const choices = identifiers.map((identifier) => failed.firstChoice(solvers, identifier));
  for (const solver of new Set(choices)) {
    if (solver === undefined) continue;
    assess(
      solver,
      identifiers.filter((_, i) => choices[i] === solver),
      failed,
    );
    await solver.prepare(signal);
  }
}

/** What is refused here is not ordered; another challenge type may do. */
function assess(solver: Solver, identifiers: readonly Identifier[], failed: FailedChallenges): void {
  try {
    solver.assess?.(identifiers.map(unorderedIdentifier));
  } catch (error) {
    for (const { item, reason } of failuresIn(identifiers, error)) failed.add(item, solver.type, reason);
    throw error;
  }
}

/**
 * Solves every pending authorization of the order and waits until it is ready. What failed for whom is noted in
 * `solving.failed` before the failure is thrown.
 *
 * @throws EversealError `unsupported` when no solver fits an identifier; what the CA or a solver fails with
 */
export async function solve(solving: Solving, signal: AbortSignal): Promise<void> {
  const authorizations = await solving.order.fetchAuthorizations(signal);
  const tasks = assign(
    solving,
    authorizations.filter(({ status }) => status === 'pending'),
  );
  try {
    await answer(solving, tasks, signal);
  } catch (error) {
    if (error instanceof OrderFailedError) noteValidations(solving, tasks, error);
    throw error;
  }
}

/** @throws EversealError `unsupported` for the first authorization that nothing can prove; all of them are noted */
function assign(solving: Solving, pending: readonly Authorization[]): readonly ChallengeTask[] {
  const unsolvable: EversealError[] = [];
  const tasks = pending.flatMap((authorization) => {
    try {
      return [challengeTask(authorization, solving)];
    } catch (error) {
      if (!(error instanceof EversealError)) throw error;
      solving.failed.refuse(authorization.orderedIdentifier, printable(error.message));
      unsolvable.push(error);
      return [];
    }
  });
  if (unsolvable[0] !== undefined) throw unsolvable[0];
  return tasks;
}

async function answer(solving: Solving, tasks: readonly ChallengeTask[], signal: AbortSignal): Promise<void> {
  const { context } = solving;
  const batches = await forAll(solving, groupBySolver(tasks), (batch) => locate(batch, signal));
  const leasing = { locks: context.stores.locks, clock: context.ports.clock, events: context.events, signal };
  await withLeases(leasing, orderLocks(batches), (within) => answerLocated(solving, tasks, batches, within));
  context.events({ type: 'order.validated', certificate: solving.certificate });
}

async function answerLocated(
  solving: Solving,
  tasks: readonly ChallengeTask[],
  batches: readonly AnswerBatch[],
  signal: AbortSignal,
): Promise<void> {
  const { context, order, journal } = solving;
  const durable = batches.filter(({ solver }) => solver.durable && solver.scope === 'order');
  if (durable.length > 0) await journal.intend(durable.flatMap(signedIntents));
  let shown = batches;
  try {
    shown = await forAll(solving, batches, (batch) => presentAndTell(solving, batch, signal));
    if (durable.length > 0)
      await journal.receive(
        shown.flatMap(({ solver, receipts }) => (durable.some((batch) => batch.solver === solver) ? receipts : [])),
      );
    await forAll(solving, shown, ({ solver, intents }) => solver.wait(intents, signal));
    await Promise.all(
      tasks.map(({ challenge }) => (challenge.status === 'pending' ? challenge.respond(signal) : undefined)),
    );
    await order.pollReady(signal);
  } finally {
    const removed = await Promise.all(shown.map((batch) => remove(context, batch)));
    if (durable.length > 0 && removed.every(Boolean)) await journal.cleaned();
  }
}

/** As the journal keeps them: with who wrote them. */
function signedIntents({ solver: { writer }, intents }: AnswerBatch): readonly ChallengeIntent[] {
  return writer === undefined ? intents : intents.map((intent) => ({ ...intent, writer }));
}

async function presentAndTell(solving: Solving, batch: AnswerBatch, signal: AbortSignal): Promise<AnswerBatch> {
  const { context, certificate } = solving;
  const presented = await present(context, batch, signal);
  for (const intent of batch.intents) {
    const identifier = orderedIdentifier(intent);
    context.events({ type: 'challenge.presented', certificate, identifier, challenge: intent.type });
  }
  return presented;
}

function groupBySolver(tasks: readonly ChallengeTask[]): readonly AnswerBatch[] {
  const bySolver = new Map<Solver, ChallengeIntent[]>();
  for (const { solver, intent } of tasks) bySolver.set(solver, [...(bySolver.get(solver) ?? []), intent]);
  return [...bySolver].map(([solver, intents]) => batchOf(solver, intents));
}

/** All batches at once; waits for all, notes whom each failure is about, then throws the first. */
function forAll<T>(
  solving: Solving,
  batches: readonly AnswerBatch[],
  work: (batch: AnswerBatch) => Promise<T>,
): Promise<readonly T[]> {
  return mapAll(batches, new Semaphore(Math.max(1, batches.length)), async (batch) => {
    try {
      return await work(batch);
    } catch (error) {
      for (const { item, reason } of failuresIn(batch.intents, error)) noteFailure(solving, item, reason);
      throw error;
    }
  });
}

function noteFailure({ failed, context, certificate }: Solving, intent: ChallengeIntent, reason: string): void {
  const identifier = orderedIdentifier(intent);
  failed.add(identifier, intent.type, reason);
  context.events({ type: 'challenge.failed', certificate, identifier, challenge: intent.type, reason });
}

/** Remembers which challenge failed for whom, so that the next order tries another type. */
function noteValidations(solving: Solving, tasks: readonly ChallengeTask[], error: OrderFailedError): void {
  for (const { identifier, problem } of error.failures) {
    const task = tasks.find(({ intent }) => identifierKey(orderedIdentifier(intent)) === identifierKey(identifier));
    if (task !== undefined) noteFailure(solving, task.intent, printable(problem.detail));
  }
}

/** Removes what an earlier process presented and did not clean up; what cannot be removed stays in the journal. */
export async function cleanUpAfterCrash(
  context: EngineContext,
  journal: OrderJournal,
  solvers: readonly Solver[],
): Promise<void> {
  const { leftovers } = journal;
  if (leftovers.length === 0) return;
  const owners = leftovers.map(({ intent }) => solvers.find((solver) => canRemove(solver, intent)));
  for (const { intent } of leftovers.filter((_, i) => owners[i] === undefined)) warnOfOrphan(context, intent);
  const removals = [...new Set(owners)].flatMap((solver) =>
    solver === undefined
      ? []
      : removeAfterCrash(
          context,
          solver,
          leftovers.filter((_, i) => owners[i] === solver),
        ),
  );
  const removed = await Promise.all(removals);
  if (removed.every(Boolean)) await journal.cleaned();
}

/** A listener removes no file of a web root, and a DNS provider no record that was made at another one. */
function canRemove(solver: Solver, { type, identifier, wildcard, writer = solver.writer }: ChallengeIntent): boolean {
  const isAlike = solver.type === type && solver.scope === 'order' && solver.durable && solver.writer === writer;
  return isAlike && solver.fits(identifier, wildcard);
}

/** Its solver is no longer configured: only a person can remove it. */
function warnOfOrphan({ events }: EngineContext, { type, identifier, token, record, writer }: ChallengeIntent): void {
  const what =
    record === undefined
      ? `its answer for ${identifier.value} (${token})`
      : `the TXT record ${record.name} "${record.value}"${writer === undefined ? '' : ` (made by ${writer})`}`;
  const message = `An earlier run could not tidy up, and ${type} is no longer configured as it was: remove ${what} by hand`;
  events({ type: 'warning', message });
}
