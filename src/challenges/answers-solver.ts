/** Challenges whose answers somebody else serves: a gateway, a listener of another process, another node. */
import type { AnswerKind, Answers, Clock, Identifier } from '../core/index.ts';
import type { ChallengeIntent, Receipt, Solver, SolverLock } from './solver.ts';

export interface AnswersSolverOptions {
  /** tls-alpn-01 answers are published by name or address, the others by token. */
  readonly type: AnswerKind;
  readonly answers: Answers;
  readonly clock: Clock;
  /** Milliseconds between publishing and asking the CA to look. */
  readonly delayMs?: number;
}

/**
 * A solver that publishes answers and leaves serving them to others. They may outlive this process, so the journal knows
 * of them. Wildcards do not fit.
 *
 * @example
 * ```ts
 * import { answerHttpChallenge, answersSolver } from 'everseal/challenges';
 * import { MemoryAnswers } from 'everseal/core';
 * import { nodePorts } from 'everseal/node';
 * const answers = new MemoryAnswers(); // shared with whoever listens
 * const solver = answersSolver({ type: 'http-01', answers, clock: nodePorts().clock });
 * console.log(solver.fits({ type: 'dns', value: 'www.example.com' }, false)); // true
 * const request = new Request('http://www.example.com/.well-known/acme-challenge/unknown');
 * console.log((await answerHttpChallenge(answers, request)).status); // 404
 * ```
 */
export function answersSolver(options: AnswersSolverOptions): Solver {
  return new PublishedAnswers(options);
}

class PublishedAnswers implements Solver {
  readonly type: AnswerKind;
  readonly scope = 'order';
  readonly durable = true;
  readonly #options: AnswersSolverOptions;

  constructor(options: AnswersSolverOptions) {
    this.type = options.type;
    this.#options = options;
  }

  fits(_identifier: Identifier, wildcard: boolean): boolean {
    return !wildcard;
  }

  async prepare(): Promise<void> {}

  locks(batch: readonly ChallengeIntent[]): readonly SolverLock[] {
    return this.type === 'tls-alpn-01' ? serverNameLocks(batch) : [];
  }

  async present(batch: readonly ChallengeIntent[]): Promise<readonly Receipt[]> {
    const { answers } = this.#options;
    await Promise.all(batch.map((intent) => answers.put(this.type, this.#key(intent), intent.keyAuthorization)));
    return batch.map(() => ({}));
  }

  async wait(_batch: readonly ChallengeIntent[], signal: AbortSignal): Promise<void> {
    const { clock, delayMs = 0 } = this.#options;
    if (delayMs > 0) await clock.sleep(delayMs, signal);
  }

  async cleanup(batch: readonly { readonly intent: ChallengeIntent }[]): Promise<void> {
    await Promise.all(batch.map(({ intent }) => this.#withdraw(intent)));
  }

  async close(): Promise<void> {}

  /** Only what is ours: another order may have an answer for the same name by now. */
  async #withdraw(intent: ChallengeIntent): Promise<void> {
    const { answers } = this.#options;
    const key = this.#key(intent);
    if ((await answers.get(this.type, key)) === intent.keyAuthorization) await answers.delete(this.type, key);
  }

  #key({ token, identifier }: ChallengeIntent): string {
    return this.type === 'tls-alpn-01' ? identifier.value : token;
  }
}

/** One name shows one tls-alpn-01 certificate at a time: a second order for it waits until the first has cleaned up. */
export function serverNameLocks(batch: readonly ChallengeIntent[]): readonly SolverLock[] {
  const names = new Set(batch.map(({ identifier }) => identifier.value));
  return [...names].map((name) => ({ key: `tls-alpn-01 ${name}`, hold: 'order' }));
}
