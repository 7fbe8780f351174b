import type { Identifier } from '../../core/index.ts';
import type { ChallengeType } from '../solver.ts';

/** What was looked at. */
export type PreflightCheck =
  | 'name' // whether the name is one that a public CA knows
  | 'method' // whether a configured challenge fits it at all
  | 'caa'
  | 'address'
  | 'http'
  | 'redirect'
  | 'tls'
  | 'delegation' // the name servers of the zone
  | 'challenge-name' // the name that the TXT record goes to
  | 'dnssec'
  | 'resolver'
  | 'time'; // what did not end in time

/** `certain`: the CA is sure to refuse. `likely`: it probably will. `note`: good to know. */
export type Severity = 'certain' | 'likely' | 'note';

/** Something that stands, or may stand, in the way of a certificate. */
export interface Finding {
  /** Missing: it concerns all names. */
  readonly identifier?: Identifier;
  /** It concerns the wildcard below the identifier. */
  readonly wildcard: boolean;
  readonly check: PreflightCheck;
  readonly severity: Severity;
  /** The one challenge type that it hinders; missing: all. */
  readonly method?: ChallengeType;
  /** One sentence: what was asked, whom, and what came back. Fit for a terminal. */
  readonly cause: string;
  /** One sentence: what to do about it. */
  readonly cure: string;
}

/** A finding before it is known whose it is. */
export type Problem = Omit<Finding, 'identifier' | 'wildcard'>;

const ranks: Readonly<Record<Severity, number>> = { certain: 0, likely: 1, note: 2 };

/** The worst first; among equals the order stays. */
export function bySeverity<T extends { readonly severity: Severity }>(findings: readonly T[]): readonly T[] {
  return [...findings].sort((a, b) => ranks[a.severity] - ranks[b.severity]);
}

/**
 * Whether nothing was found beyond notes, where names could be looked up at all.
 *
 * @example
 * ```ts
 * import { isClear } from 'everseal/challenges';
 * console.log(isClear([])); // true
 * ```
 */
export function isClear(findings: readonly Finding[]): boolean {
  return findings.every(({ check, severity }) => severity === 'note' && check !== 'resolver');
}

interface Named {
  readonly identifier: Identifier;
  readonly wildcard: boolean;
}

/** Whether the finding is about this name. */
export function concerns({ identifier, wildcard }: Finding, name: Named): boolean {
  return identifier !== undefined && shownName({ identifier, wildcard }) === shownName(name);
}

/** As people write it: `*.` in front of a wildcard. */
export function shownName({ identifier, wildcard }: Named): string {
  return wildcard && !identifier.value.startsWith('*.') ? `*.${identifier.value}` : identifier.value;
}
