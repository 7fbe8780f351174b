/** Where a record has to be written, found without making resolvers remember that it is not there yet. */
import { EversealError } from '../core/index.ts';
import { canonicalName, isWithin, parentOf, sameName } from './name.ts';
import type { DnsAnswer, DnsResolver, NameServer } from './resolver.ts';

/** CNAMEs followed; both absolute, in lower case, with the final dot. */
export interface RecordHome {
  readonly name: string;
  /** Apex of the zone that the name is in. */
  readonly zone: string;
}

type Asking = Pick<DnsResolver, 'ask' | 'findZone' | 'nameServers' | 'followCname' | 'nameServerPort'>;

const mostLinks = 50;
/** Delegations below the zone that the resolver knows. */
const mostReferrals = 10;
const mostServers = 4;
const patienceMs = 2_000;

/**
 * Follows CNAMEs and finds the zone as {@link DnsResolver.followCname} and {@link DnsResolver.findZone} do, but asks for the
 * name itself only at the zone's own servers: a resolver that was asked for a name remembers for minutes or hours that there
 * is none (RFC 2308 §5), and would go on saying so after the record was made. Where those servers cannot be reached, the
 * resolver is asked after all.
 *
 * @throws EversealError `dns-failed` for CNAMEs without end; what the resolver fails with
 *
 * @example
 * ```ts
 * import { createResolver, DnsServer, DnsZone, findRecordHome } from 'everseal/dns';
 * import { nodePorts } from 'everseal/node';
 * const ports = nodePorts();
 * const records = '_acme-challenge CNAME challenges';
 * const zone = new DnsZone('example.com', { nameServers: { ns: ['127.0.0.1'] }, records });
 * const listener = await new DnsServer({ ports, zones: [zone] }).serve(ports.net, { host: '127.0.0.1', port: 0 });
 * const nameServerPort = listener.addresses[0]?.port ?? 53;
 * const resolver = createResolver({ ports, servers: listener.addresses, nameServerPort });
 * const signal = new AbortController().signal;
 * console.log(await findRecordHome(resolver, '_acme-challenge.example.com', signal)); // challenges.example.com. in example.com.
 * await listener.close();
 * ```
 */
export async function findRecordHome(resolver: Asking, name: string, signal: AbortSignal): Promise<RecordHome> {
  const visited: string[] = [];
  let at = canonicalName(name);
  for (;;) {
    const found = await lookAtSource(resolver, at, signal);
    if (found === undefined) return throughResolver(resolver, at, signal);
    const target = aliasOf(found.answer, at);
    if (target === undefined) return { name: at, zone: found.zone };
    visited.push(at);
    if (visited.includes(target) || visited.length > mostLinks) throw endless(name, [...visited, target]);
    at = target;
  }
}

async function throughResolver(resolver: Asking, name: string, signal: AbortSignal): Promise<RecordHome> {
  const end = canonicalName(await resolver.followCname(name, signal));
  return { name: end, zone: await resolver.findZone(end, signal) };
}

/** What the servers of the name's zone say about a CNAME there; undefined when none of them says anything. */
async function lookAtSource(
  resolver: Asking,
  name: string,
  signal: AbortSignal,
): Promise<{ readonly zone: string; readonly answer: DnsAnswer } | undefined> {
  const parent = parentOf(name);
  if (parent === undefined || parent === '.') return undefined;
  let zone = await resolver.findZone(parent, signal);
  for (let referrals = 0; referrals < mostReferrals; referrals += 1) {
    const answer = await askServers(resolver, await resolver.nameServers(zone, signal), name, signal);
    if (answer === undefined) return undefined;
    const child = referralIn(answer, zone, name);
    if (child === undefined) return answer.authoritative ? { zone: ownZone(answer, zone, name), answer } : undefined;
    zone = child;
  }
  return undefined;
}

/** The first answer of any of them. */
async function askServers(
  resolver: Asking,
  servers: readonly NameServer[],
  name: string,
  signal: AbortSignal,
): Promise<DnsAnswer | undefined> {
  const { nameServerPort: port = 53 } = resolver;
  const addresses = servers.flatMap((server) => server.addresses);
  for (const host of addresses.slice(0, mostServers)) {
    try {
      const answer = await resolver.ask({ host, port }, name, 'CNAME', { signal, timeoutMs: patienceMs });
      if (answer.rcode === 'NOERROR' || answer.rcode === 'NXDOMAIN') return answer;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof EversealError)) throw error;
    }
  }
  return undefined;
}

/** The name of a zone further down to which the server points (RFC 1034 §4.3.2). */
function referralIn(answer: DnsAnswer, zone: string, name: string): string | undefined {
  if (answer.authoritative || answer.answers.length > 0) return undefined;
  const cut = answer.authorities.find((record) => record.type === 'NS');
  if (cut === undefined || !isWithin(name, cut.name) || !isWithin(cut.name, zone) || sameName(cut.name, zone))
    return undefined;
  return canonicalName(cut.name);
}

/** A server that has the child as well answers from there at once: its negative answer says so (RFC 2308 §3). */
function ownZone({ authorities }: DnsAnswer, zone: string, name: string): string {
  const soa = authorities.find((record) => record.type === 'SOA');
  return soa !== undefined && isWithin(name, soa.name) && isWithin(soa.name, zone) ? canonicalName(soa.name) : zone;
}

function aliasOf({ answers }: DnsAnswer, name: string): string | undefined {
  const alias = answers.find((record) => record.type === 'CNAME' && sameName(record.name, name));
  return alias?.type === 'CNAME' ? canonicalName(alias.target) : undefined;
}

function endless(name: string, chain: readonly string[]): EversealError {
  return new EversealError('dns-failed', `The CNAME records of ${name} have no end: ${chain.slice(-4).join(' → ')}`, {
    next: 'Mend the CNAME records: the last of them must lead to a name that may hold the record.',
  });
}
