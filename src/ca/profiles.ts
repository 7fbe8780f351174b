import type { ChallengeType } from './challenge-types.ts';
import { CaProblem } from './problem.ts';

/** What an order of this profile gets (draft-ietf-acme-profiles). All lifetimes in milliseconds. */
export interface Profile {
  /** A sentence, or the URL of a page, shown in the directory's `meta.profiles`. */
  readonly description: string;
  /** How long a certificate lives. */
  readonly validityMs: number;
  /** How long a new order stays open. */
  readonly orderLifetimeMs: number;
  /** How long an authorization may stay pending. */
  readonly pendingAuthorizationLifetimeMs: number;
  /** How long a valid authorization stays so. */
  readonly authorizationLifetimeMs: number;
  /** Put the first DNS name of at most 64 characters into the subject's common name. */
  readonly promoteCommonName: boolean;
  readonly maxNames: number;
  /** Which challenges its authorizations offer. Default: what the CA offers. */
  readonly challenges?: readonly ChallengeType[];
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const classic: Profile = {
  description: 'Ninety days, with a common name',
  validityMs: 90 * dayMs,
  orderLifetimeMs: 7 * dayMs,
  pendingAuthorizationLifetimeMs: 7 * dayMs,
  authorizationLifetimeMs: 30 * dayMs,
  promoteCommonName: true,
  maxNames: 100,
};

/** The profiles of a CA that was told nothing else: names and lifetimes as Let's Encrypt has them. */
export const defaultProfiles: Readonly<Record<string, Profile>> = {
  classic,
  tlsserver: {
    description: 'Forty-five days, no common name',
    validityMs: 45 * dayMs,
    orderLifetimeMs: 8 * hourMs,
    pendingAuthorizationLifetimeMs: hourMs,
    authorizationLifetimeMs: 7 * hourMs,
    promoteCommonName: false,
    maxNames: 25,
  },
  shortlived: {
    description: 'Six days and sixteen hours, no common name',
    validityMs: 160 * hourMs,
    orderLifetimeMs: 8 * hourMs,
    pendingAuthorizationLifetimeMs: hourMs,
    authorizationLifetimeMs: 7 * hourMs,
    promoteCommonName: false,
    maxNames: 25,
  },
};

export interface Profiles {
  readonly all: ReadonlyMap<string, Profile>;
  /** The profile of an order that asks for none. */
  readonly fallback: string;
}

/** Fills in what the given profiles leave out from `classic`. @throws TypeError when the default is not among them */
export function resolveProfiles(
  given: Readonly<Record<string, Partial<Profile>>> | undefined,
  fallback: string | undefined,
): Profiles {
  const base = classic;
  const all = new Map(
    Object.entries(given ?? defaultProfiles).map(([name, profile]) => [
      name,
      { ...base, description: name, ...profile },
    ]),
  );
  const chosen = fallback ?? [...all.keys()][0];
  if (chosen === undefined || !all.has(chosen))
    throw new TypeError(`there is no profile ${chosen ?? ''} to be the default`);
  return { all, fallback: chosen };
}

/** @throws CaProblem `invalidProfile` */
export function chooseProfile(
  profiles: Profiles,
  asked: string | undefined,
): { readonly name: string; readonly profile: Profile } {
  const name = asked ?? profiles.fallback;
  const profile = profiles.all.get(name);
  if (profile !== undefined) return { name, profile };
  const known = [...profiles.all.keys()].join(', ');
  throw new CaProblem('invalidProfile', `There is no profile "${name}"; this server has: ${known}`);
}
