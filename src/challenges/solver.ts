/**
 * The contract between the engine and whatever makes a challenge answerable.
 *
 * The engine calls, for one order and one solver: `prepare` (once a Run), `locate`, then with the locks of `locks` held
 * `present` with the whole batch, then `wait`, has the CA validate, then `cleanup` (under the locks again). It writes the
 * intents to the journal before `present` and the receipts after it, so that a later process can clean up what a crash left
 * behind.
 *
 * Where only some challenges of a batch fail, `locate`, `present` and `wait` throw a `BatchError` (core) that says which:
 * the others may be tried again in another order.
 */
import type { Identifier } from '../core/index.ts';

export type ChallengeType = 'http-01' | 'tls-alpn-01' | 'dns-01' | 'dns-account-01' | 'dns-persist-01';

/** One challenge to be answered, as plain JSON: also the intent that the journal keeps. */
export interface ChallengeIntent {
  readonly type: ChallengeType;
  readonly identifier: Identifier;
  /** The authorization was for `*.identifier`. */
  readonly wildcard: boolean;
  /** Empty for types without one (dns-persist-01). */
  readonly token: string;
  /** RFC 8555 §8.1. Empty for types without a token. */
  readonly keyAuthorization: string;
  /** Whose order it is: the account URL, byte for byte as the CA gave it. */
  readonly accountUrl: string;
  /** Where the answer goes, for DNS types: what `locate` found. */
  readonly record?: RecordPlace;
  /** The `writer` of the solver that presented it. */
  readonly writer?: string;
  /** What the CA offers for dns-persist-01. Never journalled: standing answers are not cleaned up. */
  readonly offer?: PersistOffer;
}

/** The TXT record that answers a DNS challenge. */
export interface RecordPlace {
  /** CNAMEs followed; absolute, lower case, with the final dot. */
  readonly name: string;
  /** Apex of its zone, with the final dot; empty when the provider does not ask for it. */
  readonly zone: string;
  readonly value: string;
}

/** As the server sent them: of unknown shape until read. */
export interface PersistOffer {
  readonly challenge: Readonly<Record<string, unknown>>;
  /** `meta` of the directory. */
  readonly directoryMeta: Readonly<Record<string, unknown>>;
  /** RFC 7638 thumbprint of the account key. */
  readonly thumbprint: string;
}

/** What `present` made, as plain JSON: whatever `cleanup` can use beyond the intent. */
export type Receipt = Readonly<Record<string, string | number | boolean | null>>;

/** A lock across orders, processes and machines. */
export interface SolverLock {
  readonly key: string;
  /** `write`: around `present` and around `cleanup`. `order`: from before `present` until after `cleanup`. */
  readonly hold: 'write' | 'order';
}

export interface Solver {
  readonly type: ChallengeType;
  /**
   * `order`: made for one order and cleaned up after it. `standing`: stays (dns-persist-01), never cleaned up.
   */
  readonly scope: 'order' | 'standing';
  /** What it presents outlives this process (a file, a DNS record), so the journal must know of it. */
  readonly durable: boolean;
  /**
   * Who writes what it presents, where that may be another one at the next start: the code of a DNS provider. What one
   * wrote no other is asked to remove.
   */
  readonly writer?: string;
  /** Whether this solver can answer for the identifier at all (http-01 cannot for a wildcard). */
  fits(identifier: Identifier, wildcard: boolean): boolean;
  /**
   * Refuses what can never work, before anything is ordered: a DNS provider that keeps one value at a name cannot hold those
   * of a name and its wildcard. Asks nobody. Without it nothing is refused.
   *
   * @throws BatchError by name
   */
  assess?(names: readonly { readonly identifier: Identifier; readonly wildcard: boolean }[]): void;
  /**
   * Acquires what a whole Run shares (a listener), before any order is made, so that a taken port spends nothing at the
   * CA. Called again it does nothing.
   */
  prepare(signal: AbortSignal): Promise<void>;
  /** Completes the intents with where the answers go. Changes nothing anywhere. Solvers without it need no more than the intents. */
  locate?(batch: readonly ChallengeIntent[], signal: AbortSignal): Promise<readonly ChallengeIntent[]>;
  /** The locks that writing the located batch needs. Without it: none. */
  locks?(batch: readonly ChallengeIntent[]): readonly SolverLock[];
  /** Makes the answers visible. Returns one receipt an intent, in order. On failure it leaves nothing behind that `cleanup(batch)` cannot find. */
  present(batch: readonly ChallengeIntent[], signal: AbortSignal): Promise<readonly Receipt[]>;
  /** Returns once the CA can be expected to see the answers. */
  wait(batch: readonly ChallengeIntent[], signal: AbortSignal): Promise<void>;
  /** Removes the answers; works from the intents alone, may be called twice, and also for what was never presented. */
  cleanup(
    batch: readonly { readonly intent: ChallengeIntent; readonly receipt?: Receipt | undefined }[],
    signal: AbortSignal,
  ): Promise<void>;
  /** Releases what `prepare` acquired. Idempotent. */
  close(): Promise<void>;
}
