/**
 * What a certificate is for, in the one normal form that everything compares by: A-labels in lower case without a
 * trailing dot (a leading `*.` allowed), or an IP address in canonical text (RFC 5952). `engine/identifiers.ts` makes
 * it from what people type.
 */
export interface Identifier {
  readonly type: 'dns' | 'ip';
  readonly value: string;
}

/**
 * A key to compare or look up identifiers by.
 *
 * @example
 * ```ts
 * import { identifierKey } from 'everseal/core';
 * console.log(identifierKey({ type: 'dns', value: 'a.example' })); // dns:a.example
 * ```
 */
export function identifierKey(identifier: Identifier): string {
  return `${identifier.type}:${identifier.value}`;
}

/**
 * Whether both lists hold the same identifiers, in any order.
 *
 * @example
 * ```ts
 * import { type Identifier, sameIdentifiers } from 'everseal/core';
 * const a: Identifier = { type: 'dns', value: 'a.example' };
 * const b: Identifier = { type: 'dns', value: 'b.example' };
 * console.log(sameIdentifiers([a, b], [b, a]), sameIdentifiers([a], [a, b])); // true false
 * ```
 */
export function sameIdentifiers(a: readonly Identifier[], b: readonly Identifier[]): boolean {
  const left = new Set(a.map(identifierKey));
  const right = new Set(b.map(identifierKey));
  return left.size === right.size && [...left].every((key) => right.has(key));
}

/**
 * Whether the identifier is a wildcard name.
 *
 * @example
 * ```ts
 * import { isWildcard } from 'everseal/core';
 * console.log(isWildcard({ type: 'dns', value: '*.a.example' })); // true
 * ```
 */
export function isWildcard(identifier: Identifier): boolean {
  return identifier.type === 'dns' && identifier.value.startsWith('*.');
}
