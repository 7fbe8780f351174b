import type { Clock } from '../core/index.ts';
import type { DnsAnswer } from './resolver.ts';

interface Entry {
  readonly answer: DnsAnswer;
  /** On the monotonic clock. */
  readonly until: number;
}

const mostEntries = 10_000;

/** Answers for as long as they are good. */
export class AnswerCache {
  readonly #clock: Clock;
  readonly #maxNegativeMs: number;
  readonly #entries = new Map<string, Entry>();

  constructor(options: { readonly clock: Clock; readonly maxNegativeMs: number }) {
    this.#clock = options.clock;
    this.#maxNegativeMs = options.maxNegativeMs;
  }

  get(key: string): DnsAnswer | undefined {
    const entry = this.#entries.get(key);
    if (entry !== undefined && this.#clock.monotonic() < entry.until) return entry.answer;
    this.#entries.delete(key);
    return undefined;
  }

  put(key: string, answer: DnsAnswer): void {
    const life = answerLifeMs(answer);
    const ms = isNegative(answer) ? Math.min(life, this.#maxNegativeMs) : life;
    if (ms <= 0) return;
    if (this.#entries.size >= mostEntries) this.#dropOldest();
    this.#entries.set(key, { answer, until: this.#clock.monotonic() + ms });
  }

  #dropOldest(): void {
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}

/**
 * Milliseconds that the answer may be remembered: the least TTL of its records; what is not there, for the TTL of the SOA
 * record in the authority section or that record's minimum, whichever is less (RFC 2308 §5). 0 when it does not say.
 */
export function answerLifeMs(answer: DnsAnswer): number {
  const positive = answer.answers.map(({ ttl }) => ttl);
  if (positive.length > 0 && answer.rcode === 'NOERROR') return Math.min(...positive) * 1000;
  const negative = answer.authorities.flatMap((record) =>
    record.type === 'SOA' ? [Math.min(record.ttl, record.minimum)] : [],
  );
  return negative.length === 0 ? 0 : Math.min(...positive, ...negative) * 1000;
}

function isNegative(answer: DnsAnswer): boolean {
  return answer.rcode === 'NXDOMAIN' || answer.answers.length === 0;
}
