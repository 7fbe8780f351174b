/** Which challenge is answered by whom: one task for each pending authorization. */
import type { Authorization, Challenge } from '../acme/index.ts';
import type { ChallengeIntent, PersistOffer, Solver } from '../challenges/solver.ts';
import { EversealError } from '../core/index.ts';
import type { FailedChallenges } from './failed-challenges.ts';

/** Whose order it is. */
export interface OrderingAccount {
  readonly url: string;
  /** RFC 7638. */
  readonly thumbprint: string;
  readonly directoryMeta: PersistOffer['directoryMeta'];
}

export interface ChallengeTask {
  readonly challenge: Challenge;
  readonly solver: Solver;
  readonly intent: ChallengeIntent;
}

export interface TaskOptions {
  readonly solvers: readonly Solver[];
  readonly failed: FailedChallenges;
  readonly account: OrderingAccount;
}

/**
 * The first solver that fits, has not failed, and whose challenge the CA offers.
 *
 * @throws EversealError `unsupported` when there is none
 */
export function challengeTask(authorization: Authorization, options: TaskOptions): ChallengeTask {
  const { identifier, orderedIdentifier, wildcard } = authorization;
  for (const solver of options.solvers) {
    if (!solver.fits(identifier, wildcard) || options.failed.has(orderedIdentifier, solver.type)) continue;
    const challenge = authorization.challenges.find(({ type, usable }) => type === solver.type && usable);
    if (challenge !== undefined)
      return { challenge, solver, intent: intentOf(challenge, solver, authorization, options.account) };
  }
  throw unsolvable(authorization, options.solvers);
}

function intentOf(
  challenge: Challenge,
  { type, scope }: Solver,
  { identifier, wildcard }: Authorization,
  account: OrderingAccount,
): ChallengeIntent {
  const { token = '', members } = challenge;
  const keyAuthorization = token === '' ? '' : challenge.keyAuthorization;
  const { url: accountUrl, directoryMeta, thumbprint } = account;
  const intent = { type, identifier, wildcard, token, keyAuthorization, accountUrl };
  return scope === 'standing' ? { ...intent, offer: { challenge: members, directoryMeta, thumbprint } } : intent;
}

function unsolvable(
  { orderedIdentifier, wildcard, challenges }: Authorization,
  solvers: readonly Solver[],
): EversealError {
  const offered =
    challenges.map(({ type, usable }) => (usable ? type : `${type} without a usable token`)).join(', ') || 'none';
  const configured = solvers.map(({ type }) => type).join(', ') || 'none';
  return new EversealError(
    'unsupported',
    `No configured challenge can prove ${orderedIdentifier.value}: the CA offers ${offered}; configured: ${configured}`,
    { next: wildcard ? 'A wildcard needs a DNS challenge.' : 'Configure one of the offered challenges.' },
  );
}
