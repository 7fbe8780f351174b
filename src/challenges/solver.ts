/**
 * The contract between the engine and whatever makes a challenge answerable.
 *
 * The engine calls, for one order and one solver: `prepare` (once a Run), `present` with the whole batch, `wait`, then has
 * the CA validate, then `cleanup`. It writes the intents to the journal before `present` and the receipts after it, so
 * that a later process can clean up what a crash left behind.
 */
import type { Identifier } from '../core/index.ts';

export type ChallengeType = 'http-01' | 'tls-alpn-01' | 'dns-01' | 'dns-account-01' | 'dns-persist-01';

/** One challenge to be answered, as plain JSON: also the intent that the journal keeps. */
export interface ChallengeIntent {
  readonly type: ChallengeType;
  readonly identifier: Identifier;
  /** The authorization was for `*.identifier`. */
  readonly wildcard: boolean;
  readonly token: string;
  /** RFC 8555 §8.1. */
  readonly keyAuthorization: string;
}

/** What `present` made, as plain JSON: whatever `cleanup` can use beyond the intent. */
export type Receipt = Readonly<Record<string, string | number | boolean | null>>;

export interface Solver {
  readonly type: ChallengeType;
  /**
   * `order`: made for one order and cleaned up after it. `standing`: stays (dns-persist-01), never cleaned up.
   */
  readonly scope: 'order' | 'standing';
  /** What it presents outlives this process (a file, a DNS record), so the journal must know of it. */
  readonly durable: boolean;
  /** Whether this solver can answer for the identifier at all (http-01 cannot for a wildcard). */
  fits(identifier: Identifier, wildcard: boolean): boolean;
  /**
   * Acquires what a whole Run shares (a listener), before any order is made, so that a taken port spends nothing at the
   * CA. Called again it does nothing.
   */
  prepare(signal: AbortSignal): Promise<void>;
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
