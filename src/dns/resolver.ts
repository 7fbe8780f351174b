/** Asking resolvers and single servers. */
import type { Ports, SocketAddress } from '../core/index.ts';
import type { QueryType, Rcode, ResourceRecord } from './message.ts';
import { StubResolver } from './stub-resolver.ts';

/** What one server said to one question. */
export interface DnsAnswer {
  readonly server: SocketAddress;
  readonly rcode: Rcode;
  readonly authoritative: boolean;
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
  readonly additionals: readonly ResourceRecord[];
}

/** A name server of a zone, with all its addresses. */
export interface NameServer {
  /** Absolute, with the final dot. */
  readonly name: string;
  readonly addresses: readonly string[];
}

/**
 * Every lookup fails with an EversealError that names the question and each server asked with what it said: `timeout`,
 * `name-not-found` (NXDOMAIN where a record is needed), `dns-failed` (SERVFAIL, REFUSED, a CNAME loop, a lame delegation,
 * an answer that makes no sense), or what the network failed with.
 */
export interface DnsResolver {
  /** The resolvers that are asked, in order. */
  readonly servers: readonly SocketAddress[];
  /** Where name servers listen. Default 53. */
  readonly nameServerPort?: number;
  /**
   * Asks the resolvers one after the other until one gives an answer (NOERROR or NXDOMAIN). Answers are remembered for their
   * TTL (which they show as it was received) and equal questions at one time asked once, except for TXT, which is what one
   * waits for.
   */
  query(name: string, type: QueryType, signal: AbortSignal): Promise<DnsAnswer>;
  /** Asks this one server: UDP, then TCP when the answer was truncated or did not come. Any rcode is an answer. */
  ask(server: SocketAddress, name: string, type: QueryType, options: AskOptions): Promise<DnsAnswer>;
  /** Texts of the TXT records at the name (strings of one record joined), by way of the resolvers. Empty when there are none. */
  lookupTxt(name: string, signal: AbortSignal): Promise<readonly string[]>;
  /** The name at the end of the CNAME chain, in lower case; the name itself when there is none. */
  followCname(name: string, signal: AbortSignal): Promise<string>;
  /** The apex of the zone that the name is in (by SOA, label by label), in lower case. */
  findZone(name: string, signal: AbortSignal): Promise<string>;
  /** The zone's name servers by NS, with A and AAAA of each. */
  nameServers(zone: string, signal: AbortSignal): Promise<readonly NameServer[]>;
}

export interface AskOptions {
  /** Default false: what a question to an authoritative server is. */
  readonly recursionDesired?: boolean;
  /** Default: the resolver's own. */
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
}

export interface ResolverOptions {
  readonly ports: Pick<Ports, 'net' | 'clock' | 'random'>;
  /** Asked in this order; see `systemResolvers` and `publicResolvers`. At least one. */
  readonly servers: readonly SocketAddress[];
  /** Milliseconds for one question to one server, UDP and TCP together. Default 10,000. */
  readonly timeoutMs?: number;
  /** Never UDP. */
  readonly tcpOnly?: boolean;
  /** Whether answers are remembered for their TTL. Default true. */
  readonly cache?: boolean;
  /** Asks only resolvers, and finds only name server addresses, of this family. */
  readonly family?: 4 | 6;
  /** Where the name servers of zones listen. Default 53; another is for tests. */
  readonly nameServerPort?: number;
  /** How long it is remembered at most that something is not there. Default three hours (RFC 2308 §5). */
  readonly maxNegativeTtlSeconds?: number;
}

/**
 * A resolver that asks recursive resolvers, and single servers.
 *
 * A question goes by UDP with EDNS(0) for up to 1232 octets (RFC 6891; without it to a server that says FORMERR), twice within
 * the first 40 % of the time, then by TCP; at once by TCP when the answer is truncated (RFC 7766 §5). Ids are random, ports
 * the system's choice; a reply to another question is none (RFC 5452). A resolver that was silent is asked last for a minute.
 *
 * @throws EversealError `usage` when there is no server to ask
 *
 * @example
 * ```ts
 * import { createResolver, decodeMessage, encodeMessage, newMessage, txtStrings } from 'everseal/dns';
 * import { nodePorts } from 'everseal/node';
 * const ports = nodePorts();
 * const listener = await ports.net.serveDns({
 *   address: { host: '127.0.0.1', port: 0 },
 *   handler: async (message) => {
 *     const { id, questions } = decodeMessage(message);
 *     const hello = { name: 'example.com.', class: 'IN', ttl: 60, type: 'TXT', strings: txtStrings('hello') } as const;
 *     return encodeMessage(newMessage({ id, response: true, questions, answers: [hello] }));
 *   },
 * });
 * const resolver = createResolver({ ports, servers: listener.addresses });
 * console.log(await resolver.lookupTxt('example.com', new AbortController().signal)); // [ 'hello' ]
 * await listener.close();
 * ```
 */
export function createResolver(options: ResolverOptions): DnsResolver {
  return new StubResolver(options);
}
