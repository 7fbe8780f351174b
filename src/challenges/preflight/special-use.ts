/** Names and addresses that the public internet does not know. Tables. */
import { parseIpAddress } from '../../core/index.ts';

/** Last labels that no public name has (RFC 6761, RFC 6762, RFC 7686, and `.internal` by ICANN's decision of 2024). */
const specialLabels = new Set(['test', 'example', 'invalid', 'localhost', 'local', 'internal', 'onion']);

/**
 * Whether a public CA cannot know the name: a special-use name, or one of a single label.
 *
 * @param name without the final dot, in lower case
 */
export function isSpecialUse(name: string): boolean {
  const labels = name.split('.');
  return labels.length < 2 || specialLabels.has(labels.at(-1) ?? '');
}

/** By prefix: octets, length in bits, what it is for. IANA's special-purpose registries (RFC 6890), without those that are global. */
const specialPrefixes: readonly (readonly [prefix: string, bits: number, what: string])[] = [
  ['0.0.0.0', 8, 'no address of a host'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'shared by the customers of one provider'],
  ['127.0.0.0', 8, 'loopback'],
  ['169.254.0.0', 16, 'link-local'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'reserved'],
  ['192.0.2.0', 24, 'for documentation'],
  ['192.168.0.0', 16, 'private'],
  ['198.18.0.0', 15, 'for benchmarks'],
  ['198.51.100.0', 24, 'for documentation'],
  ['203.0.113.0', 24, 'for documentation'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved'],
  ['::', 128, 'no address of a host'],
  ['::1', 128, 'loopback'],
  ['::ffff:0:0', 96, 'an IPv4 address in IPv6 form'],
  ['64:ff9b:1::', 48, 'private'],
  ['100::', 64, 'for discarding'],
  ['2001:db8::', 32, 'for documentation'],
  ['3fff::', 20, 'for documentation'],
  ['5f00::', 16, 'reserved'],
  ['fc00::', 7, 'private'],
  ['fe80::', 10, 'link-local'],
  ['ff00::', 8, 'multicast'],
];

/**
 * What an address is for when no machine elsewhere can reach it; undefined for a global one.
 *
 * @param address literal without brackets
 */
export function specialAddress(address: string): string | undefined {
  const octets = parseIpAddress(address);
  if (octets === undefined) return undefined;
  return specialPrefixes.find(([prefix, bits]) => isWithinPrefix(octets, parseIpAddress(prefix), bits))?.[2];
}

function isWithinPrefix(octets: Uint8Array, prefix: Uint8Array | undefined, bits: number): boolean {
  if (prefix?.length !== octets.length) return false;
  return prefix.every((octet, index) => {
    const used = Math.min(Math.max(bits - 8 * index, 0), 8);
    return ((octet ^ (octets[index] ?? 0)) & (0xff << (8 - used)) & 0xff) === 0;
  });
}
