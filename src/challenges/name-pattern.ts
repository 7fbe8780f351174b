/** Which identifiers a solver or a folder is for, as people write it down. */
import type { Identifier } from '../core/index.ts';

/**
 * Whether the pattern is for exactly this identifier, or `*.suffix` with the identifier below that suffix (at any depth).
 * Any case; a final dot says nothing. IP addresses match by their text only.
 */
export function matchesName(pattern: string, identifier: Identifier, wildcard: boolean): boolean {
  const wanted = normalised(pattern);
  if (wanted.startsWith('*.')) return isBelow(identifier, wanted.slice(2), wildcard);
  return wanted === identifier.value && !wildcard;
}

/**
 * Whether the pattern, a domain, is the identifier or above it; `*.domain` is for what is below only, wildcards of the
 * domain included. IP addresses match none.
 */
export function matchesDomain(pattern: string, identifier: Identifier, wildcard: boolean): boolean {
  const wanted = normalised(pattern);
  if (identifier.type !== 'dns') return false;
  if (wanted.startsWith('*.')) return isBelow(identifier, wanted.slice(2), wildcard);
  return wanted === identifier.value || isBelow(identifier, wanted, wildcard);
}

function isBelow({ type, value }: Identifier, suffix: string, wildcard: boolean): boolean {
  return type === 'dns' && (wildcard ? `*.${value}` : value).endsWith(`.${suffix}`);
}

function normalised(pattern: string): string {
  return pattern.toLowerCase().replace(/\.$/, '');
}
