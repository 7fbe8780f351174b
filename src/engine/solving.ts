/** Getting an order from pending to ready: choose, present, wait, let the CA look, clean up. */
import { type Authorization, type Challenge, type Order, OrderFailedError } from '../acme/index.ts';
import type { ChallengeIntent, ChallengeType, Receipt, Solver } from '../challenges/solver.ts';
import {
  EversealError,
  type Identifier,
  identifierKey,
  isWildcard,
  messageOf,
  printable,
  withDeadline,
} from '../core/index.ts';
import type { EngineContext } from './context.ts';
import type { Leftover, OrderJournal } from './order-journal.ts';

/** Identifiers and challenge types that failed in this issuance and are not tried again. */
export class FailedChallenges {
  readonly #failed = new Set<string>();

  add(identifier: Identifier, type: string): void {
    this.#failed.add(`${type} ${identifierKey(identifier)}`);
  }

  has(identifier: Identifier, type: string): boolean {
    return this.#failed.has(`${type} ${identifierKey(identifier)}`);
  }
}

export interface Solving {
  readonly context: EngineContext;
  readonly certificate: string;
  readonly order: Order;
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
  const needed = new Set(identifiers.map((identifier) => firstChoice(solvers, identifier, failed)));
  for (const solver of needed) await solver?.prepare(signal);
}

function firstChoice(solvers: readonly Solver[], identifier: Identifier, failed: FailedChallenges): Solver | undefined {
  const wildcard = isWildcard(identifier);
  const base = wildcard ? { ...identifier, value: identifier.value.slice(2) } : identifier;
  return solvers.find((solver) => solver.fits(base, wildcard) && !failed.has(base, solver.type));
}

interface Task {
  readonly authorization: Authorization;
  readonly challenge: Challenge;
  readonly solver: Solver;
  readonly intent: ChallengeIntent;
}

/** One solver's part of an order. */
interface Batch {
  readonly solver: Solver;
  readonly intents: readonly ChallengeIntent[];
  readonly receipts: readonly Receipt[];
}

const cleanupMs = 60_000;

/**
 * Solves every pending authorization of the order and waits until it is ready.
 *
 * @returns the challenge types that were tried, by identifier: who failed is in the error
 * @throws EversealError `unsupported` when no solver fits an identifier; what the CA or a solver fails with
 */
export async function solve(solving: Solving, signal: AbortSignal): Promise<void> {
  const authorizations = await solving.order.fetchAuthorizations(signal);
  const tasks = authorizations
    .filter(({ status }) => status === 'pending')
    .map((authorization) => assign(solving, authorization));
  try {
    await answer(solving, tasks, signal);
  } catch (error) {
    noteFailures(solving, tasks, error);
    throw error;
  }
}

function assign(solving: Solving, authorization: Authorization): Task {
  const { identifier, wildcard } = authorization;
  for (const solver of solving.solvers) {
    if (!solver.fits(identifier, wildcard) || solving.failed.has(identifier, solver.type)) continue;
    const challenge = authorization.challenges.find(({ type, usable }) => type === solver.type && usable);
    if (challenge !== undefined)
      return { authorization, challenge, solver, intent: intentOf(challenge, solver.type, authorization) };
  }
  throw unsolvable(authorization, solving.solvers);
}

function intentOf(challenge: Challenge, type: ChallengeType, { identifier, wildcard }: Authorization): ChallengeIntent {
  return { type, identifier, wildcard, token: challenge.token ?? '', keyAuthorization: challenge.keyAuthorization };
}

function unsolvable({ identifier, wildcard, challenges }: Authorization, solvers: readonly Solver[]): EversealError {
  const name = wildcard ? `*.${identifier.value}` : identifier.value;
  const offered =
    challenges.map(({ type, usable }) => (usable ? type : `${type} without a usable token`)).join(', ') || 'none';
  const configured = solvers.map(({ type }) => type).join(', ') || 'none';
  return new EversealError(
    'unsupported',
    `No configured challenge can prove ${name}: the CA offers ${offered}; configured: ${configured}`,
    { next: wildcard ? 'A wildcard needs a DNS challenge.' : 'Configure one of the offered challenges.' },
  );
}

async function answer(solving: Solving, tasks: readonly Task[], signal: AbortSignal): Promise<void> {
  const { context, order, journal } = solving;
  const batches = groupBySolver(tasks);
  const durable = tasks.filter(({ solver }) => solver.durable).map(({ intent }) => intent);
  if (durable.length > 0) await journal.intend(durable);
  try {
    const presented = await Promise.all(batches.map((batch) => present(solving, batch, signal)));
    if (durable.length > 0)
      await journal.receive(presented.filter(({ solver }) => solver.durable).flatMap(({ receipts }) => receipts));
    await Promise.all(batches.map(({ solver, intents }) => solver.wait(intents, signal)));
    await Promise.all(
      tasks.map(({ challenge }) => (challenge.status === 'pending' ? challenge.respond(signal) : undefined)),
    );
    await order.pollReady(signal);
  } finally {
    await cleanUp(context, batches);
    if (durable.length > 0) await journal.cleaned();
  }
  context.events({ type: 'order.validated', certificate: solving.certificate });
}

function groupBySolver(tasks: readonly Task[]): readonly Batch[] {
  const bySolver = new Map<Solver, ChallengeIntent[]>();
  for (const { solver, intent } of tasks) bySolver.set(solver, [...(bySolver.get(solver) ?? []), intent]);
  return [...bySolver].map(([solver, intents]) => ({ solver, intents, receipts: [] }));
}

async function present(solving: Solving, batch: Batch, signal: AbortSignal): Promise<Batch> {
  const receipts = await batch.solver.present(batch.intents, signal);
  for (const { identifier, type } of batch.intents) {
    solving.context.events({
      type: 'challenge.presented',
      certificate: solving.certificate,
      identifier,
      challenge: type,
    });
  }
  return { ...batch, receipts };
}

/** Cleans up whatever the caller's signal says: with a time limit of its own, and failing only by a warning. */
async function cleanUp(context: EngineContext, batches: readonly Batch[]): Promise<void> {
  await Promise.all(
    batches
      .filter(({ solver }) => solver.scope === 'order')
      .map(({ solver, intents, receipts }) =>
        removeAnswers(
          context,
          solver,
          intents.map((intent, i) => ({ intent, receipt: receipts[i] })),
        ),
      ),
  );
}

async function removeAnswers(context: EngineContext, solver: Solver, leftovers: readonly Leftover[]): Promise<void> {
  const limit = { clock: context.ports.clock, ms: cleanupMs, what: `cleaning up after ${solver.type}` };
  try {
    await withDeadline(limit, (signal) => solver.cleanup(leftovers, signal));
  } catch (error) {
    context.events({
      type: 'warning',
      message: `Challenge answers may be left behind (${solver.type}): ${messageOf(error)}`,
    });
  }
}

/** Removes what an earlier process presented and did not clean up. */
export async function cleanUpAfterCrash(
  context: EngineContext,
  journal: OrderJournal,
  solvers: readonly Solver[],
): Promise<void> {
  const leftovers = journal.leftovers;
  if (leftovers.length === 0) return;
  for (const solver of solvers.filter(({ scope }) => scope === 'order')) {
    const own = leftovers.filter(
      ({ intent }) => intent.type === solver.type && solver.fits(intent.identifier, intent.wildcard),
    );
    if (own.length > 0) await removeAnswers(context, solver, own);
  }
  await journal.cleaned();
}

/** Remembers which challenge failed for whom, so that the next order tries another type. */
function noteFailures(solving: Solving, tasks: readonly Task[], error: unknown): void {
  if (!(error instanceof OrderFailedError)) return;
  for (const { identifier: ordered, problem } of error.failures) {
    const task = tasks.find(
      ({ authorization }) => identifierKey(authorization.orderedIdentifier) === identifierKey(ordered),
    );
    if (task === undefined) continue;
    const { identifier, type } = task.intent;
    solving.failed.add(identifier, type);
    const reason = printable(problem.detail);
    solving.context.events({
      type: 'challenge.failed',
      certificate: solving.certificate,
      identifier: ordered,
      challenge: type,
      reason,
    });
  }
}
