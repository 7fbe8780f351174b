/** Where resolvers are: as people write them, as the system names them, and the public ones. */
import {
  EversealError,
  type FileSystem,
  fromUtf8,
  hasCode,
  parseIpAddress,
  printable,
  type SocketAddress,
} from '../core/index.ts';

const dnsPort = 53;
const bracketed = /^\[([^\]]+)\](?::(\d{1,5}))?$/;
const withPort = /^([^:]*):(\d{1,5})$/;
const hostName = /^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_-]+)*\.?$/;

/** Cloudflare's four and Google's two for IPv4: for machines that name no resolver of their own. */
export const publicResolvers: readonly SocketAddress[] = [
  '1.1.1.1',
  '1.0.0.1',
  '2606:4700:4700::1111',
  '2606:4700:4700::1001',
  '8.8.8.8',
  '8.8.4.4',
].map((host) => ({ host, port: dnsPort }));

/**
 * A resolver's address as people write it: `1.1.1.1`, `1.1.1.1:5353`, `::1`, `[::1]:53`, `dns.example`, `dns.example:53`, and
 * `:8553` for a port of this machine.
 *
 * @throws EversealError `usage` for anything else
 *
 * @example
 * ```ts
 * import { parseResolverAddress } from 'everseal/dns';
 * console.log(parseResolverAddress('[::1]:5353'), parseResolverAddress('192.0.2.1')); // ports 5353 and 53
 * ```
 */
export function parseResolverAddress(text: string, defaultPort = dnsPort): SocketAddress {
  const trimmed = text.trim();
  if (isIpLiteral(trimmed)) return { host: trimmed, port: defaultPort };
  const brackets = bracketed.exec(trimmed);
  if (brackets !== null) {
    const [, host = '', port] = brackets;
    if (!host.includes(':') || !isIpLiteral(host)) throw badAddress(text);
    return { host, port: parsePort(port, defaultPort, text) };
  }
  const [, host = trimmed, port] = withPort.exec(trimmed) ?? [];
  if (host === '' && port !== undefined) return { host: 'localhost', port: parsePort(port, defaultPort, text) };
  if (!isIpLiteral(host) && (!hostName.test(host) || /^[\d.]+$/.test(host))) throw badAddress(text);
  return { host, port: parsePort(port, defaultPort, text) };
}

/**
 * The address as {@link parseResolverAddress} reads it, without the port when that is 53.
 *
 * @example
 * ```ts
 * import { formatResolverAddress } from 'everseal/dns';
 * console.log(formatResolverAddress({ host: '::1', port: 5353 })); // [::1]:5353
 * ```
 */
export function formatResolverAddress({ host, port }: SocketAddress): string {
  if (port === dnsPort) return host;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The family of an address literal; undefined for a host name. */
export function familyOf(host: string): 4 | 6 | undefined {
  if (!isIpLiteral(host)) return undefined;
  return host.includes(':') ? 6 : 4;
}

/**
 * The resolvers that the system is set to (`nameserver` lines of resolv.conf(5)), in order. undefined when there is no such
 * file or nothing usable in it; search lists and options are not read, since all names here are absolute.
 *
 * @throws EversealError what reading the file failed with
 *
 * @example
 * ```ts
 * import { publicResolvers, systemResolvers } from 'everseal/dns';
 * import { nodePorts } from 'everseal/node';
 * const { fs } = nodePorts();
 * console.log((await systemResolvers(fs)) ?? publicResolvers);
 * ```
 */
export async function systemResolvers(
  fs: Pick<FileSystem, 'read'>,
  path = '/etc/resolv.conf',
): Promise<readonly SocketAddress[] | undefined> {
  const text = await readIfThere(fs, path);
  const hosts = text?.split(/\r?\n/).flatMap((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? []) ?? [];
  const usable = [...new Set(hosts)].filter(isIpLiteral);
  return usable.length === 0 ? undefined : usable.map((host) => ({ host, port: dnsPort }));
}

async function readIfThere(fs: Pick<FileSystem, 'read'>, path: string): Promise<string | undefined> {
  try {
    return fromUtf8(await fs.read(path));
  } catch (error) {
    if (hasCode(error, 'file-not-found', 'not-a-folder')) return undefined;
    throw error;
  }
}

/** With a zone (`fe80::1%eth0`, RFC 4007 §11), which only link-local addresses of IPv6 have. */
function isIpLiteral(text: string): boolean {
  const [address = '', zone, ...more] = text.split('%');
  if (more.length > 0 || (zone !== undefined && !(address.includes(':') && /^[\w.-]+$/.test(zone)))) return false;
  return parseIpAddress(address) !== undefined;
}

function parsePort(port: string | undefined, otherwise: number, text: string): number {
  if (port === undefined) return otherwise;
  if (Number(port) < 1 || Number(port) > 0xffff) throw badAddress(text);
  return Number(port);
}

function badAddress(text: string): EversealError {
  return new EversealError('usage', `"${printable(text, 100)}" is no address of a DNS resolver`, {
    next: 'Write it as 1.1.1.1, 1.1.1.1:53, [2606:4700:4700::1111]:53, dns.example:53, or :53 for this machine.',
  });
}
