import { EversealError, hasCode, type SocketAddress } from '../../core/index.ts';
import type { AskOptions, DnsAnswer, DnsResolver, NameServer, QueryType } from '../../dns/index.ts';
import { ownSignal } from './context.ts';

/**
 * A resolver for one run of the checks: each question is asked once however many checks want it, and it is known whether
 * anybody answers at all.
 */
export class WatchedResolver implements DnsResolver {
  readonly servers: readonly SocketAddress[];
  readonly nameServerPort: number;
  readonly #inner: DnsResolver;
  readonly #signal: AbortSignal;
  readonly #pending = new Map<string, Promise<unknown>>();
  #answered = 0;
  #asked = 0;

  /** All questions end with `signal`, whatever signal they are asked with. */
  constructor(inner: DnsResolver, signal: AbortSignal) {
    this.#inner = inner;
    this.#signal = signal;
    this.servers = inner.servers;
    this.nameServerPort = inner.nameServerPort ?? 53;
  }

  /** Something was asked, and no server has said anything. */
  get isSilent(): boolean {
    return this.#asked > 0 && this.#answered === 0;
  }

  query(name: string, type: QueryType): Promise<DnsAnswer> {
    return this.#once(`query ${name} ${type}`, () => this.#inner.query(name, type, ownSignal(this.#signal)));
  }

  ask(server: SocketAddress, name: string, type: QueryType, options: Omit<AskOptions, 'signal'>): Promise<DnsAnswer> {
    const key = `ask ${server.host} ${server.port} ${name} ${type}`;
    return this.#once(key, () => this.#inner.ask(server, name, type, { ...options, signal: ownSignal(this.#signal) }));
  }

  lookupTxt(name: string): Promise<readonly string[]> {
    return this.#once(`txt ${name}`, () => this.#inner.lookupTxt(name, ownSignal(this.#signal)));
  }

  followCname(name: string): Promise<string> {
    return this.#once(`cname ${name}`, () => this.#inner.followCname(name, ownSignal(this.#signal)));
  }

  findZone(name: string): Promise<string> {
    return this.#once(`zone ${name}`, () => this.#inner.findZone(name, ownSignal(this.#signal)));
  }

  nameServers(zone: string): Promise<readonly NameServer[]> {
    return this.#once(`servers ${zone}`, () => this.#inner.nameServers(zone, ownSignal(this.#signal)));
  }

  async #once<T>(key: string, work: () => Promise<T>): Promise<T> {
    // One key is asked with one type of answer only: it begins with the method's name.
    const known = this.#pending.get(key) as Promise<T> | undefined;
    if (known !== undefined) return known;
    this.#asked += 1;
    const answer = this.#watch(work);
    this.#pending.set(key, answer);
    return answer;
  }

  async #watch<T>(work: () => Promise<T>): Promise<T> {
    try {
      const answer = await work();
      this.#answered += 1;
      return answer;
    } catch (error) {
      if (isAnAnswer(error)) this.#answered += 1;
      throw error;
    }
  }
}

/**
 * Some server said something, only not what was hoped for. A failure with a network failure below it is of resolvers that
 * are out of reach in several ways.
 */
function isAnAnswer(error: unknown): boolean {
  if (hasCode(error, 'dns-refused', 'name-not-found', 'bad-reply')) return true;
  return hasCode(error, 'dns-failed') && !(error.cause instanceof EversealError);
}
