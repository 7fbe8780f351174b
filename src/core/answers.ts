/**
 * The answers to running challenges, by what the validating CA asks for. A listener, a gateway or another node reads
 * them; a solver puts and deletes them.
 *
 * Concurrency: safe to call from anywhere; `put` replaces; `delete` of a missing answer is fine.
 * After `put` resolves, every reader sees the answer.
 */
export interface Answers {
  /** `key` is the token for http-01, the A-label or IP for tls-alpn-01; `value` the key authorization. */
  put(kind: AnswerKind, key: string, value: string): Promise<void>;
  get(kind: AnswerKind, key: string): Promise<string | undefined>;
  delete(kind: AnswerKind, key: string): Promise<void>;
}

export type AnswerKind = 'http-01' | 'tls-alpn-01';

/**
 * Answers kept in this process.
 *
 * @example
 * ```ts
 * import { MemoryAnswers } from 'everseal/core';
 * const answers = new MemoryAnswers();
 * await answers.put('http-01', 'token', 'token.thumbprint');
 * ```
 */
export class MemoryAnswers implements Answers {
  readonly #values = new Map<string, string>();

  async put(kind: AnswerKind, key: string, value: string): Promise<void> {
    this.#values.set(`${kind} ${key}`, value);
  }

  async get(kind: AnswerKind, key: string): Promise<string | undefined> {
    return this.#values.get(`${kind} ${key}`);
  }

  async delete(kind: AnswerKind, key: string): Promise<void> {
    this.#values.delete(`${kind} ${key}`);
  }
}
