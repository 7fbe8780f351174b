/** Answers that stay, made outside any order. */
import type { ChallengeIntent, Solver } from '../challenges/solver.ts';
import { batchOf, locate, orderLocks, present } from './challenge-answers.ts';
import type { EngineContext } from './context.ts';
import { withLeases } from './lease.ts';

/**
 * Locates and presents the answers and waits until they show, under the locks that orders of the same stores take. Closing
 * the solver is the caller's.
 *
 * @throws what the solver fails with
 *
 * @example
 * ```ts
 * import { memoryStores, nodePorts } from 'everseal';
 * import { dnsPersistSolver } from 'everseal/challenges';
 * import { createResolver, publicResolvers } from 'everseal/dns';
 * import { presentStanding } from 'everseal/engine';
 * const ports = nodePorts();
 * const { signal } = new AbortController();
 * const context = { ports, stores: memoryStores(ports), events: () => undefined, signal };
 * const resolver = createResolver({ ports, servers: publicResolvers });
 * const solver = dnsPersistSolver({ ports, resolver, checks: { authoritative: true, recursive: true } });
 * await presentStanding(context, solver, []);
 * await solver.close();
 * ```
 */
export async function presentStanding(
  context: Omit<EngineContext, 'clients'>,
  solver: Solver,
  intents: readonly ChallengeIntent[],
): Promise<void> {
  const { stores, ports, events, signal } = context;
  const batch = await locate(batchOf(solver, intents), signal);
  await withLeases({ locks: stores.locks, clock: ports.clock, events, signal }, orderLocks([batch]), async (within) => {
    const shown = await present(context, batch, within);
    await solver.wait(shown.intents, within);
  });
}
