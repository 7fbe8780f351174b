/** What a resolver remembers, for as long as it was told to. */
import type { Clock, SocketAddress } from '../../core/index.ts';
import type { QueryType, Rcode, ResourceRecord } from '../message.ts';
import { canonicalName, parentOf } from '../name.ts';
import { codeOfType } from './rrset.ts';

/** What is known of a name and type: records, or that there are none (then with the SOA that said so). */
export interface RecursiveAnswer {
  readonly rcode: Rcode;
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
}

/** Servers of a zone. */
export interface Delegation {
  /** Absolute, in lower case. */
  readonly zone: string;
  readonly servers: readonly {
    readonly name: string;
    /** None: to be looked up. */
    readonly addresses: readonly SocketAddress[];
  }[];
}

interface Entry<T> {
  readonly since: number;
  readonly until: number;
  readonly value: T;
}

/** Entries of each kind that are kept; the oldest go first. */
const mostEntries = 10_000;

export class RecursorCache {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #knowledge = new Map<string, Entry<RecursiveAnswer>>();
  readonly #delegations = new Map<string, Entry<Delegation>>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** With TTLs as they are by now. */
  knowledge(name: string, type: QueryType): RecursiveAnswer | undefined {
    const entry = this.#fresh(this.#knowledge, keyOf(name, type));
    if (entry === undefined) return undefined;
    const age = Math.floor((this.#clock.monotonic() - entry.since) / 1000);
    const aged = (record: ResourceRecord): ResourceRecord => ({ ...record, ttl: Math.max(0, record.ttl - age) });
    const { rcode, answers, authorities } = entry.value;
    return { rcode, answers: answers.map(aged), authorities: authorities.map(aged) };
  }

  learn(name: string, type: QueryType, value: RecursiveAnswer, ttl: number): void {
    this.#put(this.#knowledge, keyOf(name, type), value, ttl);
  }

  /** Of the closest zone above the name, or at it, that is known. */
  delegation(name: string): Delegation | undefined {
    for (let at: string | undefined = canonicalName(name); at !== undefined; at = parentOf(at)) {
      const entry = this.#fresh(this.#delegations, at);
      if (entry !== undefined) return entry.value;
    }
    return undefined;
  }

  learnDelegation(delegation: Delegation, ttl: number): void {
    this.#put(this.#delegations, delegation.zone, delegation, ttl);
  }

  clear(): void {
    this.#knowledge.clear();
    this.#delegations.clear();
  }

  #fresh<T>(entries: Map<string, Entry<T>>, key: string): Entry<T> | undefined {
    const entry = entries.get(key);
    if (entry === undefined || this.#clock.monotonic() < entry.until) return entry;
    entries.delete(key);
    return undefined;
  }

  #put<T>(entries: Map<string, Entry<T>>, key: string, value: T, ttl: number): void {
    if (ttl <= 0) return;
    const since = this.#clock.monotonic();
    entries.delete(key);
    entries.set(key, { since, until: since + ttl * 1000, value });
    const [oldest] = entries.keys();
    if (entries.size > mostEntries && oldest !== undefined) entries.delete(oldest);
  }
}

function keyOf(name: string, type: QueryType): string {
  return `${codeOfType(type)} ${canonicalName(name)}`;
}
