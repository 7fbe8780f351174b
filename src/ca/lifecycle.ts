/** How orders and authorizations change by time and by each other (RFC 8555 §7.1.6). */
import type { Identifier } from '../core/index.ts';
import type { CaContext } from './context.ts';
import { orderedIdentifier } from './identifiers.ts';
import { CaProblem, compoundProblem, type Subproblem } from './problem.ts';
import type { AccountRecord, AuthorizationRecord, OrderRecord } from './records.ts';
import { rfc3339 } from './reply.ts';

/** A valid authorization that is over is `expired`, a pending one `invalid`. */
export function settleAuthorization(ca: CaContext, authorization: AuthorizationRecord): void {
  if (ca.ports.clock.now() < authorization.expires) return;
  if (authorization.status === 'valid') authorization.status = 'expired';
  if (authorization.status === 'pending') authorization.status = 'invalid';
}

/** The account's newest valid authorization for the identifier as it was ordered. */
export function validAuthorization(
  ca: CaContext,
  account: AccountRecord,
  identifier: Identifier,
): AuthorizationRecord | undefined {
  return ca.ledger.authorizationsFor(account, identifier).find((authorization) => {
    settleAuthorization(ca, authorization);
    return authorization.status === 'valid';
  });
}

/**
 * Brings the status of an open order up to date with its authorizations and the clock: `ready` when all are valid,
 * `invalid` when one cannot become so any more.
 */
export function settleOrder(ca: CaContext, order: OrderRecord): void {
  if (order.status !== 'pending' && order.status !== 'ready') return;
  for (const authorization of order.authorizations) settleAuthorization(ca, authorization);
  const failed = order.authorizations.filter(({ status }) => status !== 'pending' && status !== 'valid');
  if (failed.length > 0) {
    failOrder(order, compoundProblem(failed.map(failureOf), 'Not all authorizations were had'));
    return;
  }
  if (ca.ports.clock.now() >= order.expires) {
    failOrder(order, new CaProblem('malformed', `The order expired at ${rfc3339(order.expires)}`));
    return;
  }
  order.status = order.authorizations.every(({ status }) => status === 'valid') ? 'ready' : 'pending';
}

export function failOrder(order: OrderRecord, problem: CaProblem): void {
  order.status = 'invalid';
  order.error = problem.document();
}

function failureOf(authorization: AuthorizationRecord): Subproblem {
  const { status } = authorization;
  const error = authorization.challenges.find((challenge) => challenge.status === 'invalid')?.error;
  return (
    error ?? {
      type: 'unauthorized',
      detail: `the authorization is ${status}`,
      identifier: orderedIdentifier(authorization),
    }
  );
}
