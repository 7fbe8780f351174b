/** Where a host is, and trying its addresses one after the other. */
import { EversealError, hasCode, parseIpAddress, type SocketAddress } from '../core/index.ts';
import type { CaContext } from './context.ts';
import { lookUpAddresses } from './dns-lookups.ts';

/** Of a host with many addresses only so many are tried. */
const maxAddresses = 4;

/** Failures to reach the server, for which another address may do. */
const connectionCodes = [
  'connection-refused',
  'connection-reset',
  'timeout',
  'network',
  'address-not-available',
] as const;

/** Uses the addresses of the host until one of them talks. `what` names the attempt in `visited`. */
export async function tryAddresses<T>(
  ca: CaContext,
  target: SocketAddress & { readonly what: string },
  visited: string[],
  use: (address: SocketAddress) => Promise<T>,
): Promise<T> {
  const { port, what } = target;
  const addresses = await addressesOf(ca, target.host);
  let failure: unknown;
  for (const host of addresses.slice(0, maxAddresses)) {
    visited.push(`${what} at ${host.includes(':') ? `[${host}]` : host}:${port}`);
    try {
      return await use({ host, port });
    } catch (error) {
      failure = error;
      if (!hasCode(error, ...connectionCodes)) throw error;
    }
  }
  throw failure ?? new EversealError('name-not-found', `${target.host} has no address`);
}

/** The table first, where `*` stands for names only; then the CA's resolvers when it was told of some, else the system. */
async function addressesOf(ca: CaContext, host: string): Promise<readonly string[]> {
  const { hosts, resolver, resolvers } = ca.settings.validation;
  const own = Object.hasOwn(hosts, host) ? hosts[host] : undefined;
  if (own !== undefined) return [own];
  if (parseIpAddress(host) !== undefined) return [host];
  const any = Object.hasOwn(hosts, '*') ? hosts['*'] : undefined;
  if (any !== undefined) return [any];
  const told = resolver !== undefined || resolvers !== undefined;
  return told && !isLoopbackName(host) ? lookUpAddresses(ca, host) : ca.ports.net.resolve(host);
}

/** RFC 6761 §6.3: no resolver is asked for these. */
function isLoopbackName(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}
