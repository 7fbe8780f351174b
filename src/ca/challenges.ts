import { backoffDelay } from '../core/index.ts';
import type { CaContext } from './context.ts';
import { orderedIdentifier } from './identifiers.ts';
import { settleAuthorization } from './lifecycle.ts';
import { persistChallengeMembers } from './persist-validation.ts';
import { CaProblem } from './problem.ts';
import type { AuthorizationRecord, ChallengeRecord } from './records.ts';
import { pollHeaders, type Reply, rfc3339 } from './reply.ts';
import { type AccountCall, requireOwner } from './request.ts';
import { requireCurrentTerms } from './terms.ts';
import { type Trial, tryChallenge, type ValidationAttempt } from './validation.ts';

/** RFC 8555 §7.5.1: an empty payload shows the challenge, an object asks the CA to validate. */
export function challengeResource(ca: CaContext, call: AccountCall): Reply {
  const { challenge, authorization } = ca.ledger.challenge(call.params.id ?? '');
  requireOwner(call, authorization.account, 'challenge');
  settleAuthorization(ca, authorization);
  if (call.payload !== undefined) respond(ca, authorization, challenge);
  return {
    status: 200,
    headers: pollHeaders(ca, challenge.status),
    body: challengeObject(ca, authorization, challenge),
    links: [{ url: ca.urls.authorization(authorization.id), rel: 'up' }],
  };
}

/** The challenge as clients see it, alone and within its authorization. */
export function challengeObject(ca: CaContext, authorization: AuthorizationRecord, challenge: ChallengeRecord): object {
  const { error } = challenge;
  return {
    type: challenge.type,
    url: ca.urls.challenge(challenge.id),
    status: challenge.status,
    token: challenge.token,
    ...(challenge.type === 'dns-persist-01'
      ? persistChallengeMembers(ca, ca.urls.account(authorization.account.id))
      : {}),
    validated: challenge.validated === undefined ? undefined : rfc3339(challenge.validated),
    error: error === undefined ? undefined : new CaProblem(error.type, error.detail).document(),
  };
}

/** A response that comes again, since its first reply was lost, changes nothing. */
function respond(ca: CaContext, authorization: AuthorizationRecord, challenge: ChallengeRecord): void {
  requireCurrentTerms(ca, authorization.account);
  if (challenge.status === 'processing' || challenge.status === 'valid') return;
  if (authorization.status !== 'pending') {
    throw new CaProblem(
      'malformed',
      `The authorization is ${authorization.status}, so its challenges cannot be tried any more: make a new order`,
    );
  }
  challenge.status = 'processing';
  const { account, identifier, wildcard } = authorization;
  const { type, token = '' } = challenge;
  const keyAuthorization = `${token}.${account.thumbprint}`;
  const trial: Trial = { type, identifier, wildcard, account, token, keyAuthorization };
  ca.background.start(`Validation of ${identifier.value}`, () => validate(ca, authorization, challenge, trial));
}

/** Tries until it works or the attempts are used up; meanwhile the last error shows on the challenge (RFC 8555 §8.2). */
async function validate(
  ca: CaContext,
  authorization: AuthorizationRecord,
  challenge: ChallengeRecord,
  trial: Trial,
): Promise<void> {
  const { attempts, retryDelayMs } = ca.settings.validation;
  for (let attempt = 1; authorization.status === 'pending'; attempt += 1) {
    const result = await tryChallenge(ca, trial);
    report(ca, trial, attempt, result);
    if (authorization.status !== 'pending') return;
    if (result.outcome === 'valid') return succeed(ca, authorization, challenge, result.until);
    challenge.error = { ...result.problem, identifier: orderedIdentifier(authorization) };
    if (attempt >= attempts) return fail(authorization, challenge);
    await ca.ports.clock.sleep(backoffDelay({ first: retryDelayMs, factor: 2, max: 60_000 }, attempt - 1));
    settleAuthorization(ca, authorization);
  }
}

function succeed(
  ca: CaContext,
  authorization: AuthorizationRecord,
  challenge: ChallengeRecord,
  until: Date | undefined,
): void {
  const now = ca.ports.clock.now();
  challenge.status = 'valid';
  challenge.validated = now;
  challenge.error = undefined;
  authorization.status = 'valid';
  const usual = new Date(now.getTime() + authorization.profile.authorizationLifetimeMs);
  authorization.expires = until !== undefined && until < usual ? until : usual;
}

function fail(authorization: AuthorizationRecord, challenge: ChallengeRecord): void {
  challenge.status = 'invalid';
  authorization.status = 'invalid';
}

function report(ca: CaContext, trial: Trial, attempt: number, result: ValidationAttempt): void {
  const fields = { identifier: orderedIdentifier(trial).value, attempt, visited: result.visited };
  if (result.outcome === 'valid') ca.ports.log.info(`${trial.type} validated`, fields);
  else ca.ports.log.warn(`${trial.type} failed`, { ...fields, reason: result.problem.detail });
}
