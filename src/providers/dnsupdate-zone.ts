/** Which zone an update of a name goes to. */
import type { SocketAddress } from '../core/index.ts';
import { canonicalName, type DnsResolver, isWithin, type TxtRecord } from '../dns/index.ts';
import { zoneAmong } from './dnsupdate-settings.ts';

export interface ZoneFinderOptions {
  readonly resolver: Pick<DnsResolver, 'ask' | 'findZone'>;
  /** The server to be updated. */
  readonly server: SocketAddress;
  readonly timeoutMs: number;
  /** Longest first; empty when the user named none. */
  readonly zones: readonly string[];
}

/**
 * Finds the zone of a record: among those that the user named, else what the record says, else by asking the server that is
 * to be updated, else by the resolvers.
 */
export function zoneFinder(
  options: ZoneFinderOptions,
): (record: Pick<TxtRecord, 'name' | 'zone'>, signal: AbortSignal) => Promise<string> {
  const { zones, resolver } = options;
  const known = new Map<string, string>();
  return async ({ name, zone }, signal) => {
    if (zones.length > 0) return zoneAmong(zones, name);
    if (zone !== '') return canonicalName(zone);
    const key = canonicalName(name);
    const found = known.get(key) ?? (await askServer(options, key, signal)) ?? (await resolver.findZone(key, signal));
    known.set(key, found);
    return found;
  };
}

/**
 * An authoritative server that is asked for the SOA record of a name shows that of its zone, whether the name exists or not
 * (RFC 2308 §3). undefined when it does not want to answer, or the name is delegated away.
 */
async function askServer(
  { resolver, server, timeoutMs }: ZoneFinderOptions,
  name: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { authoritative, answers, authorities } = await resolver.ask(server, name, 'SOA', { timeoutMs, signal });
  if (!authoritative) return undefined;
  const soa = [...answers, ...authorities].find(({ type, name: owner }) => type === 'SOA' && isWithin(name, owner));
  return soa === undefined ? undefined : canonicalName(soa.name);
}
