/** When a request is sent again: pure decisions over what became of it so far. */
import { type Backoff, backoffDelay, hasCode, type Random } from '../core/index.ts';
import { isProblem, problemOfReply } from './problem.ts';
import type { Reply } from './reply.ts';

/** How often a request may be sent when nobody knows whether the server acted on it. */
export interface RepetitionPolicy {
  /** After a connection that broke or a reply that never came. */
  readonly lostReply: number;
  /** After a 5xx. */
  readonly serverError: number;
}

export const repetitionPolicies = {
  /** Fetching, and what does the same when done twice: newAccount, a challenge response, an update, a revocation. */
  safe: { lostReply: 4, serverError: 4 },
  /** A second newOrder may leave one order behind unused, never more. */
  newOrder: { lostReply: 2, serverError: 2 },
  /** A 5xx may be the server's way to refuse `replaces` (Pebble does so): the caller asks again without it. */
  replacingOrder: { lostReply: 2, serverError: 1 },
  /** The caller looks first what came of it: finalize, keyChange. */
  once: { lostReply: 1, serverError: 1 },
} as const satisfies Readonly<Record<string, RepetitionPolicy>>;

/** What became of one try. `sent` is false while only the nonce was asked for: then nothing can have happened. */
export type Outcome =
  | { readonly kind: 'reply'; readonly reply: Reply; readonly sent: boolean }
  | { readonly kind: 'failure'; readonly error: unknown; readonly sent: boolean };

/** What to do next. `settled`: the outcome stands. `nonce`: the one that the next try must use; `fresh` asks for a new one. */
export type Step =
  | { readonly kind: 'settled' }
  | { readonly kind: 'again'; readonly afterMs: number; readonly nonce?: string | 'fresh' };

/** Whatever its status: servers differ. */
export function isBadNonce(reply: Reply): boolean {
  return !reply.ok && isProblem(problemOfReply(reply), 'badNonce');
}

const maxNonceTries = 10;
const maxThrottledTries = 4;
const maxRefusedTries = 2;
/** A longer Retry-After is the caller's to plan with. */
const longestThrottleMs = 60_000;
const backoff: Backoff = { first: 500, factor: 2, max: 8_000, jitter: 0.2 };
const settled: Step = { kind: 'settled' };

/** Counts the tries of one request. */
export class RequestRepetition {
  readonly #policy: RepetitionPolicy;
  readonly #random: Random;
  #nonces = 0;
  #throttled = 0;
  #refused = 0;
  #lost = 0;
  #serverErrors = 0;

  constructor(policy: RepetitionPolicy, random: Random) {
    this.#policy = policy;
    this.#random = random;
  }

  /** What follows from the outcome of the latest try. */
  next(outcome: Outcome, now: Date): Step {
    const policy = outcome.sent ? this.#policy : repetitionPolicies.safe;
    if (outcome.kind === 'failure') return this.#afterFailure(outcome.error, policy);
    return outcome.reply.ok ? settled : this.#afterRefusal(outcome.reply, policy, now);
  }

  #afterFailure(error: unknown, policy: RepetitionPolicy): Step {
    if (hasCode(error, 'connection-refused')) {
      this.#refused += 1;
      return this.#againUnless(this.#refused >= maxRefusedTries, this.#refused);
    }
    if (!hasCode(error, 'connection-reset', 'timeout', 'network', 'bad-reply')) return settled;
    this.#lost += 1;
    return this.#againUnless(this.#lost >= policy.lostReply, this.#lost);
  }

  #afterRefusal(reply: Reply, policy: RepetitionPolicy, now: Date): Step {
    if (isBadNonce(reply)) return this.#afterBadNonce(reply);
    const wait = reply.status === 429 || reply.status === 503 ? reply.retryAfterMs(now) : undefined;
    if (wait !== undefined) return this.#afterThrottle(wait);
    if (reply.status < 500 || reply.status === 501) return settled;
    this.#serverErrors += 1;
    return this.#againUnless(this.#serverErrors >= policy.serverError, this.#serverErrors);
  }

  /** RFC 8555 §6.5: the next try uses the nonce of this very reply. Pooled ones may be as dead as the refused one. */
  #afterBadNonce(reply: Reply): Step {
    this.#nonces += 1;
    if (this.#nonces >= maxNonceTries) return settled;
    return { kind: 'again', afterMs: 0, nonce: reply.nonce ?? 'fresh' };
  }

  #afterThrottle(wait: number): Step {
    this.#throttled += 1;
    if (wait > longestThrottleMs || this.#throttled >= maxThrottledTries) return settled;
    return { kind: 'again', afterMs: Math.max(wait, backoff.first) };
  }

  #againUnless(over: boolean, tries: number): Step {
    return over ? settled : { kind: 'again', afterMs: backoffDelay(backoff, tries - 1, this.#random) };
  }
}
