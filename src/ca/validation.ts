/** One try to validate a challenge: what every type of them shares. */
import { hasCode, type Identifier, messageOf, printable } from '../core/index.ts';
import { checkCaa } from './caa.ts';
import type { ChallengeType } from './challenge-types.ts';
import type { CaContext } from './context.ts';
import { dns01, dnsAccount01 } from './dns-validation.ts';
import { http01 } from './http-validation.ts';
import { dnsPersist01 } from './persist-validation.ts';
import { CaProblem, type ProblemType } from './problem.ts';
import type { AccountRecord } from './records.ts';
import { tlsAlpn01 } from './tls-alpn-validation.ts';

/** What is to be validated. */
export interface Trial {
  readonly type: ChallengeType;
  /** Without `*.`. */
  readonly identifier: Identifier;
  readonly wildcard: boolean;
  readonly account: AccountRecord;
  /** Empty for a challenge that has none. */
  readonly token: string;
  /** RFC 8555 §8.1, by the key that the account had when the client responded. */
  readonly keyAuthorization: string;
}

/** What a validation found. */
export interface Proof {
  /** The authorization may not be used for longer. */
  readonly until: Date | undefined;
}

/** Looks once; notes in `visited` each thing it looked at. Throws CaProblem, or what the network failed with. */
export type Validator = (ca: CaContext, trial: Trial, visited: string[]) => Promise<Proof>;

/** What one try saw. `visited` has a line for each exchange: what was asked, and where. */
export type ValidationAttempt =
  | ({ readonly outcome: 'valid'; readonly visited: readonly string[] } & Proof)
  | {
      readonly outcome: 'failed';
      readonly visited: readonly string[];
      readonly problem: { readonly type: ProblemType; readonly detail: string };
    };

const validators: Readonly<Record<ChallengeType, Validator>> = {
  'http-01': http01,
  'tls-alpn-01': tlsAlpn01,
  'dns-01': dns01,
  'dns-account-01': dnsAccount01,
  'dns-persist-01': dnsPersist01,
};

/** Looks once whether the answer is there, and whether CAA allows it. Never rejects for what the other side does. */
export async function tryChallenge(ca: CaContext, trial: Trial): Promise<ValidationAttempt> {
  const visited: string[] = [];
  try {
    const proof = await validators[trial.type](ca, trial, visited);
    if (ca.settings.validation.caa) await checkCaa(ca, trial, visited);
    return { outcome: 'valid', visited, ...proof };
  } catch (error) {
    return { outcome: 'failed', visited, problem: toProblem(error, visited.at(-1)) };
  }
}

function toProblem(error: unknown, last: string | undefined): { readonly type: ProblemType; readonly detail: string } {
  if (error instanceof CaProblem) return { type: error.type, detail: error.message };
  const type = hasCode(error, 'name-not-found') ? 'dns' : hasCode(error, 'tls') ? 'tls' : 'connection';
  const where = last === undefined ? '' : `${last}: `;
  return { type, detail: `${where}${printable(messageOf(error), 300)}` };
}
