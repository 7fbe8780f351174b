/** A small resolver that asks its way down from the root and remembers what it heard. */
import { hasCode, type Ports, type SocketAddress } from '../../core/index.ts';
import { decodeMessage, encodeMessage, newMessage } from '../codec/index.ts';
import type { DnsMessage, QueryType } from '../message.ts';
import { type Delegation, type RecursiveAnswer, RecursorCache } from './recursor-cache.ts';
import { type Meaning, meaningOf } from './referral.ts';

export interface DnsRecursorOptions {
  readonly ports: Pick<Ports, 'net' | 'clock' | 'random'>;
  /** Servers of the root zone. */
  readonly roots: readonly SocketAddress[];
  /** Where servers listen that are known by their address alone. Default 53. */
  readonly port?: number;
  /** Milliseconds for one question to one server. Default 2,000. */
  readonly timeoutMs?: number;
  /** Seconds that anything is remembered at most. Default: a day. */
  readonly mostTtl?: number;
  /** Seconds that it is remembered at most that something is not there. Default: three hours (RFC 2308 §5). */
  readonly mostNegativeTtl?: number;
}

/** How much work one question may make: questions to servers, and zones whose servers are looked for. */
interface Budget {
  left: number;
}

const budgetOfQuestion = 100;
const longestChain = 16;
const failure: RecursiveAnswer = { rcode: 'SERVFAIL', answers: [], authorities: [] };

/**
 * Resolves names by following referrals and CNAMEs, with a cache that lives by the clock port: what a server said (also that
 * there is nothing) is repeated until its TTL is over. No DNSSEC. Hand it to a {@link DnsServer} to have a resolver that
 * can be asked over the network.
 *
 * @example
 * ```ts
 * import { DnsRecursor, DnsServer, DnsZone } from 'everseal/dns';
 * import { nodePorts } from 'everseal/node';
 * const ports = nodePorts();
 * const root = new DnsServer({ ports, zones: [new DnsZone('.', { records: 'www.example. TXT hello' })] });
 * const listener = await root.serve(ports.net, { host: '127.0.0.1', port: 0 });
 * const recursor = new DnsRecursor({ ports, roots: listener.addresses });
 * console.log((await recursor.resolve('www.example.', 'TXT')).answers.length); // 1
 * await listener.close();
 * ```
 */
export class DnsRecursor {
  readonly #options: DnsRecursorOptions;
  readonly #cache: RecursorCache;
  readonly #random: Ports['random'];

  constructor(options: DnsRecursorOptions) {
    this.#options = options;
    this.#cache = new RecursorCache(options.ports.clock);
    this.#random = options.ports.random.fork('dns recursor');
  }

  /** The CNAMEs on the way and the records at the end. SERVFAIL: no server gave an answer, or the CNAMEs have no end. */
  resolve(name: string, type: QueryType): Promise<RecursiveAnswer> {
    return this.#resolve(name, type, { left: budgetOfQuestion });
  }

  /** Forgets everything. */
  clear(): void {
    this.#cache.clear();
  }

  async #resolve(name: string, type: QueryType, budget: Budget): Promise<RecursiveAnswer> {
    const chain: RecursiveAnswer['answers'][number][] = [];
    let at = name;
    while (chain.length < longestChain) {
      const known = this.#recall(at, type) ?? (await this.#find(at, type, budget));
      chain.push(...known.answers);
      const [alias] = known.answers;
      if (alias?.type !== 'CNAME' || type === 'CNAME' || type === 'ANY') return { ...known, answers: chain };
      at = alias.target;
    }
    return failure;
  }

  #recall(name: string, type: QueryType): RecursiveAnswer | undefined {
    const alias = this.#cache.knowledge(name, 'CNAME');
    return this.#cache.knowledge(name, type) ?? (alias?.answers.length === 0 ? undefined : alias);
  }

  /** Asks from the closest known zone down. */
  async #find(name: string, type: QueryType, budget: Budget): Promise<RecursiveAnswer> {
    const { roots } = this.#options;
    let delegation = this.#cache.delegation(name) ?? { zone: '.', servers: [{ name: '.', addresses: roots }] };
    while (budget.left > 0) {
      budget.left -= 1;
      const meaning = await this.#askServers(delegation, name, type, budget);
      if (meaning.kind === 'lame') break;
      if (meaning.kind === 'knowledge') return this.#learn(name, type, meaning.knowledge);
      delegation = this.#learnDelegation(meaning);
    }
    return failure;
  }

  /** The first useful answer of the zone's servers, in their order. */
  async #askServers(delegation: Delegation, name: string, type: QueryType, budget: Budget): Promise<Meaning> {
    for (const server of delegation.servers) {
      const known = server.addresses;
      const addresses = known.length > 0 ? known : await this.#addressesOf(server.name, budget);
      for (const address of addresses) {
        if (budget.left <= 0) break;
        budget.left -= 1;
        const reply = await this.#ask(address, name, type);
        const meaning = reply && meaningOf(reply, delegation.zone, name, type);
        if (meaning !== undefined && meaning.kind !== 'lame') return meaning;
      }
    }
    return { kind: 'lame' };
  }

  async #addressesOf(host: string, budget: Budget): Promise<readonly SocketAddress[]> {
    const found: SocketAddress[] = [];
    for (const type of ['A', 'AAAA'] as const) {
      const { answers } = await this.#resolve(host, type, budget);
      found.push(...answers.flatMap((record) => (record.type === type ? [this.#at(record.address)] : [])));
    }
    return found;
  }

  /** By UDP, then by TCP when the answer was truncated; undefined when there is none that can be read. */
  async #ask(address: SocketAddress, name: string, type: QueryType): Promise<DnsMessage | undefined> {
    const { ports, timeoutMs = 2000 } = this.#options;
    const [high = 0, low = 0] = this.#random.bytes(2);
    const query = newMessage({
      id: (high << 8) | low,
      edns: { udpSize: 1232, dnssecOk: false, options: [] },
      questions: [{ name, type, class: 'IN' }],
    });
    const message = encodeMessage(query);
    for (const transport of ['udp', 'tcp'] as const) {
      try {
        const reply = decodeMessage(await ports.net.exchangeDns({ address, transport, message, timeoutMs }));
        if (reply.id !== query.id || !reply.response) return undefined;
        if (!reply.truncated) return reply;
      } catch (error) {
        if (!hasCode(error, ...unanswered)) throw error;
        return undefined;
      }
    }
    return undefined;
  }

  #at(host: string): SocketAddress {
    return { host, port: this.#options.port ?? 53 };
  }

  #learn(name: string, type: QueryType, knowledge: RecursiveAnswer): RecursiveAnswer {
    const { mostTtl = 86_400, mostNegativeTtl = 10_800 } = this.#options;
    const isNegative = knowledge.answers.length === 0;
    const ttls = [...knowledge.answers, ...knowledge.authorities].map(({ ttl }) => ttl);
    const ttl = Math.min(...(ttls.length === 0 ? [0] : ttls), isNegative ? mostNegativeTtl : mostTtl);
    const isAlias = knowledge.answers.some((record) => record.type === 'CNAME');
    this.#cache.learn(name, isAlias ? 'CNAME' : type, knowledge, ttl);
    return knowledge;
  }

  #learnDelegation({ zone, servers, ttl }: Extract<Meaning, { kind: 'referral' }>): Delegation {
    const located = servers.map(({ name, addresses }) => ({
      name,
      addresses: addresses.map((host) => this.#at(host)),
    }));
    const delegation = { zone, servers: located };
    this.#cache.learnDelegation(delegation, Math.min(ttl, this.#options.mostTtl ?? 86_400));
    return delegation;
  }
}

/** What comes of asking a server that is away, mute or mad. */
const unanswered = [
  'address-not-available',
  'bad-reply',
  'connection-refused',
  'connection-reset',
  'name-not-found',
  'network',
  'timeout',
] as const;
