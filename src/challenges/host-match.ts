/** Which host a request was meant for, behind proxies too, and whether that is the challenge's. */
import { formatIpAddress, type Identifier, parseIpAddress } from '../core/index.ts';

/**
 * Where a request says which host it is for: `''` or `Host` is the request's own, `Forwarded` the `host` of the first
 * element of that header (RFC 7239 §5.3), anything else the first item of the header of that name (`X-Forwarded-Host`).
 */
export interface HostMatch {
  readonly header: string;
}

/**
 * The host that the request was meant for, as the header says it, with its port if it has one. undefined when the header
 * is missing or holds no host.
 *
 * @example
 * ```ts
 * import { requestedHost } from 'everseal/challenges';
 * const headers = { forwarded: 'for=192.0.2.43;host="www.example.com:80", for=198.51.100.17' };
 * const request = new Request('http://127.0.0.1:5002/', { headers });
 * console.log(requestedHost(request, { header: 'Forwarded' })); // www.example.com:80
 * ```
 */
export function requestedHost(request: Request, { header }: HostMatch): string | undefined {
  const name = header.toLowerCase();
  if (name === '' || name === 'host') return request.headers.get('host') ?? new URL(request.url).host;
  const value = request.headers.get(name) ?? '';
  const host = name === 'forwarded' ? forwardedHost(value) : value.split(',')[0]?.trim();
  return host === '' ? undefined : host;
}

/** RFC 7239 §4: pairs `token=value` between semicolons, elements between commas, values possibly quoted (RFC 9110 §5.6.4). */
const forwardedPair = /^[ \t]*(?:([!#$%&'*+.^_`|~\w-]+)=(?:"((?:[^"\\]|\\[\s\S])*)"|([^\s",;]*)))?[ \t]*([;,]|$)/;

function forwardedHost(value: string): string | undefined {
  let rest = value;
  let host: string | undefined;
  for (;;) {
    const [pair, name = '', quoted, token = '', end] = forwardedPair.exec(rest) ?? [];
    if (pair === undefined) return undefined; // not of the grammar: no guess
    if (name.toLowerCase() === 'host') host ??= quoted?.replace(/\\([\s\S])/g, '$1') ?? token;
    if (end !== ';') return host;
    rest = rest.slice(pair.length);
  }
}

/**
 * Whether a host, as a header has it, is the identifier: any case, with or without a final dot and a port, IPv6 addresses
 * in brackets and in any spelling.
 *
 * @example
 * ```ts
 * import { isHostOf } from 'everseal/challenges';
 * console.log(isHostOf('WWW.Example.com.:80', { type: 'dns', value: 'www.example.com' })); // true
 * console.log(isHostOf('[2001:DB8::0:1]:80', { type: 'ip', value: '2001:db8::1' })); // true
 * ```
 */
export function isHostOf(host: string, { type, value }: Identifier): boolean {
  const [, bracketed, plain = ''] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::\d*)?$/.exec(host) ?? [];
  if (type === 'dns') return bracketed === undefined && plain.toLowerCase().replace(/\.$/, '') === value;
  const octets = parseIpAddress(bracketed ?? plain);
  const family = bracketed === undefined ? 4 : 16;
  return octets?.length === family && formatIpAddress(octets) === value;
}
