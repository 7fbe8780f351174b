import * as v from 'valibot';
import { type Identifier, isWildcard } from '../core/index.ts';
import { type ChallengeType, offeredTypes, typesFor } from './challenge-types.ts';
import { challengeObject } from './challenges.ts';
import type { CaContext } from './context.ts';
import { baseIdentifier } from './identifiers.ts';
import { settleAuthorization, validAuthorization } from './lifecycle.ts';
import { readPayload } from './payload.ts';
import { CaProblem } from './problem.ts';
import type { Profile } from './profiles.ts';
import type { AccountRecord, AuthorizationRecord, ChallengeRecord } from './records.ts';
import { pollHeaders, type Reply, rfc3339 } from './reply.ts';
import { type AccountCall, requireOwner } from './request.ts';

const updatePayload = v.object({ status: v.string() });

/** `identifier` as it was ordered. */
export function newAuthorization(
  ca: CaContext,
  account: AccountRecord,
  identifier: Identifier,
  profile: Profile,
): AuthorizationRecord {
  return {
    id: ca.newId(),
    account,
    identifier: baseIdentifier(identifier),
    wildcard: isWildcard(identifier),
    profile,
    status: 'pending',
    expires: new Date(ca.ports.clock.now().getTime() + profile.pendingAuthorizationLifetimeMs),
    challenges: typesFor(identifier, offeredTypes(ca.settings, profile)).map((type) => newChallenge(ca, type)),
  };
}

function newChallenge(ca: CaContext, type: ChallengeType): ChallengeRecord {
  return {
    id: ca.newId(),
    type,
    token: type === 'dns-persist-01' ? undefined : ca.newToken(),
    status: 'pending',
    validated: undefined,
    error: undefined,
  };
}

/** A valid authorization of an earlier order, when the CA is told to use them again. */
export function reusableAuthorization(
  ca: CaContext,
  account: AccountRecord,
  identifier: Identifier,
): AuthorizationRecord | undefined {
  return ca.settings.reuseAuthorizations ? validAuthorization(ca, account, identifier) : undefined;
}

/** RFC 8555 §7.5 and §7.5.2: shows or deactivates. */
export function authorizationResource(ca: CaContext, call: AccountCall): Reply {
  const authorization = ca.ledger.authorization(call.params.id ?? '');
  requireOwner(call, authorization.account, 'authorization');
  settleAuthorization(ca, authorization);
  if (call.payload !== undefined)
    deactivate(authorization, readPayload(updatePayload, call.payload, 'authorization update').status);
  return showAuthorization(ca, authorization);
}

function deactivate(authorization: AuthorizationRecord, asked: string): void {
  if (asked !== 'deactivated')
    throw new CaProblem('malformed', `An authorization cannot be made "${asked}", only "deactivated"`);
  const { status } = authorization;
  if (status !== 'pending' && status !== 'valid' && status !== 'deactivated') {
    throw new CaProblem('malformed', `The authorization is ${status} and cannot be deactivated`);
  }
  authorization.status = 'deactivated';
}

function showAuthorization(ca: CaContext, authorization: AuthorizationRecord): Reply {
  const { type, value } = authorization.identifier;
  return {
    status: 200,
    headers: pollHeaders(ca, authorization.status),
    body: {
      status: authorization.status,
      expires: rfc3339(authorization.expires),
      identifier: { type, value },
      wildcard: authorization.wildcard ? true : undefined,
      challenges: authorization.challenges.map((challenge) => challengeObject(ca, authorization, challenge)),
    },
  };
}
