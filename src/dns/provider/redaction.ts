/** Keeps secrets out of what people read, also those that are learnt on the way (tokens of a session). */
import type { Secret } from '../../core/index.ts';

/** Hiding fewer characters wherever they stand would make messages unreadable, and they are no secret anyway. */
const shortest = 4;

/**
 * Replaces known secrets by `***`.
 *
 * @example
 * ```ts
 * import { Secret } from 'everseal/core';
 * import { Redaction } from 'everseal/dns';
 * console.log(new Redaction([new Secret('hush')]).apply('GET /?key=hush')); // GET /?key=***
 * ```
 */
export class Redaction {
  readonly #texts = new Set<string>();

  constructor(secrets: readonly Secret[] = []) {
    for (const secret of secrets) this.learn(secret.reveal());
  }

  /** From now on this text shows as `***`, also as it stands in a URL, in a JSON string or in base64. */
  learn(text: string): void {
    if (text.length < shortest) return;
    const forms = [text, encodeURIComponent(text), new URLSearchParams({ v: text }).toString().slice(2)];
    for (const form of [...forms, JSON.stringify(text).slice(1, -1), Buffer.from(text).toString('base64')])
      this.#texts.add(form);
  }

  /** Longer ones first: one secret may be a part of another. */
  apply(text: string): string {
    const texts = [...this.#texts].sort((a, b) => b.length - a.length);
    return texts.reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
  }
}
