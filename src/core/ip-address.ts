/** IP addresses as text and octets, in the canonical form that identifiers and certificates share. */

/**
 * The octets of an address literal: 4 for IPv4 (four decimal parts without leading zeros), 16 for IPv6. No zone, no
 * brackets, no prefix length. undefined when the text is not an address.
 *
 * @example
 * ```ts
 * import { formatIpAddress, parseIpAddress } from 'everseal/core';
 * const octets = parseIpAddress('2001:DB8:0:0::1');
 * if (octets !== undefined) console.log(formatIpAddress(octets)); // 2001:db8::1
 * ```
 */
export function parseIpAddress(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/**
 * Canonical text: dotted quad, or RFC 5952 §4 (lower case, the longest run of zeros as `::`).
 *
 * @example
 * ```ts
 * import { formatIpAddress } from 'everseal/core';
 * console.log(formatIpAddress(new Uint8Array([192, 0, 2, 7]))); // 192.0.2.7
 * ```
 */
export function formatIpAddress(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.');
  if (octets.length !== 16) throw new TypeError('an IP address has 4 or 16 octets');
  const groups = Array.from({ length: 8 }, (_, i) => ((octets[2 * i] ?? 0) << 8) | (octets[2 * i + 1] ?? 0));
  const gap = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (gap.length < 2) return hex.join(':');
  return `${hex.slice(0, gap.start).join(':')}::${hex.slice(gap.start + gap.length).join(':')}`;
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined;
  return Uint8Array.from(parts, Number);
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = withoutQuad(text)?.split('::') ?? [];
  if (halves.length < 1 || halves.length > 2) return undefined;
  const [head, tail] = halves.map(parseGroups);
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array<number>(missing).fill(0), ...(tail ?? [])];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** A dotted quad at the end, rewritten as two groups; undefined when what stands there is none. */
function withoutQuad(text: string): string | undefined {
  const start = text.lastIndexOf(':') + 1;
  if (!text.includes('.')) return text;
  const quad = parseIpv4(text.slice(start));
  if (quad === undefined) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = quad;
  return `${text.slice(0, start)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

/** The 16-bit groups on one side of `::`. */
function parseGroups(text: string): number[] | undefined {
  if (text === '') return [];
  const words = text.split(':');
  if (words.some((word) => !/^[0-9a-fA-F]{1,4}$/.test(word))) return undefined;
  return words.map((word) => Number.parseInt(word, 16));
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  groups.forEach((group, index) => {
    if (group !== 0) start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  });
  return best;
}
