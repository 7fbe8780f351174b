/** Which challenges an authorization offers. */
import { type Identifier, isWildcard } from '../core/index.ts';
import { compoundProblem } from './problem.ts';
import type { Profile } from './profiles.ts';

/** RFC 8555 §8.3 and §8.4, RFC 8737, draft-ietf-acme-dns-account-label, draft-ietf-acme-dns-persist. */
export const challengeTypes = ['http-01', 'tls-alpn-01', 'dns-01', 'dns-account-01', 'dns-persist-01'] as const;

export type ChallengeType = (typeof challengeTypes)[number];

/** The types of RFCs. Those of drafts are offered on demand, since some clients stumble over types they do not know. */
export const defaultChallengeTypes: readonly ChallengeType[] = ['http-01', 'tls-alpn-01', 'dns-01'];

/** RFC 8738 §4: addresses are not validated by DNS. */
const typesForAddresses: readonly ChallengeType[] = ['http-01', 'tls-alpn-01'];
/** A host answers for one name, a zone for all below it. */
const typesForWildcards: readonly ChallengeType[] = ['dns-01', 'dns-account-01', 'dns-persist-01'];

/** Of the offered types those that can validate the identifier as it was ordered, in the given order. */
export function typesFor(identifier: Identifier, offered: readonly ChallengeType[]): readonly ChallengeType[] {
  return offered.filter((type) => possibleTypes(identifier).includes(type));
}

/** What a profile offers. */
export function offeredTypes(
  settings: { readonly challenges: readonly ChallengeType[] },
  profile: Profile,
): readonly ChallengeType[] {
  return [...new Set(profile.challenges ?? settings.challenges)];
}

/** @throws CaProblem `rejectedIdentifier` with a subproblem for each identifier that nothing on offer can validate */
export function checkTypes(identifiers: readonly Identifier[], offered: readonly ChallengeType[]): void {
  const hopeless = identifiers.filter((identifier) => typesFor(identifier, offered).length === 0);
  if (hopeless.length === 0) return;
  const subproblems = hopeless.map((identifier) => ({
    type: 'rejectedIdentifier' as const,
    detail: `${kindOf(identifier)} needs ${possibleTypes(identifier).join(' or ')}, and this server offers ${offered.join(', ')}`,
    identifier,
  }));
  throw compoundProblem(subproblems, 'No certificate can be had for what the order asks');
}

function possibleTypes(identifier: Identifier): readonly ChallengeType[] {
  if (identifier.type === 'ip') return typesForAddresses;
  return isWildcard(identifier) ? typesForWildcards : challengeTypes;
}

function kindOf(identifier: Identifier): string {
  if (identifier.type === 'ip') return 'an address';
  return isWildcard(identifier) ? 'a wildcard' : 'a name';
}
