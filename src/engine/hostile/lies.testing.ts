/** Values and changes of documents that no server should send, made at random. */
import fc from 'fast-check';

export const nasty = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    1e308,
    '',
    '\u0000',
    '\u001b[31m',
    '\u202e',
    '../../x',
    'javascript:alert(1)',
    'https://ca.test/order/1',
    'valid',
    'pending',
    '__proto__',
    [],
    {},
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.integer(),
  fc.constantFrom('x'.repeat(100_000), 'https://ca.test/'.padEnd(5000, 'a')),
  fc.jsonValue({ maxDepth: 4 }),
  fc.array(fc.constant({ type: 'dns', value: 'www.example' }), { maxLength: 3 }),
);
const names = fc.oneof(
  fc.constantFrom(
    'status',
    'identifiers',
    'authorizations',
    'finalize',
    'certificate',
    'expires',
    'error',
    'identifier',
    'challenges',
    'wildcard',
    'token',
    'type',
    'url',
    'value',
    'newNonce',
    'newOrder',
    'newAccount',
    'meta',
    'contact',
    'orders',
    'key',
    'replaces',
    'profile',
    '__proto__',
    'constructor',
    'toString',
    'subproblems',
    'detail',
  ),
  fc.string({ maxLength: 10 }),
);

/** Where in a document something is changed: the names or positions on the way, as far as they exist. */
export interface Change {
  readonly way: readonly number[];
  readonly name: string;
  readonly value: unknown;
  readonly how: 'set' | 'remove' | 'replace';
}
export const changes = fc.record<Change>({
  way: fc.array(fc.nat(5), { maxLength: 3 }),
  name: names,
  value: nasty,
  how: fc.constantFrom('set', 'remove', 'replace'),
});

export function apply(document: unknown, { way, name, value, how }: Change): unknown {
  const [step, ...rest] = way;
  if (typeof document !== 'object' || document === null) return how === 'replace' ? value : document;
  const entries: [string, unknown][] = Object.entries(document);
  const chosen = step === undefined || entries.length === 0 ? undefined : entries[step % entries.length];
  if (chosen !== undefined)
    return rebuild(
      document,
      entries.map(([key, old]) => [key, key === chosen[0] ? apply(old, { way: rest, name, value, how }) : old]),
    );
  if (how === 'replace') return value;
  const others = entries.filter(([key]) => key !== name);
  return rebuild(document, how === 'remove' ? others : [...others, [name, value]]);
}

function rebuild(like: object, entries: readonly (readonly [string, unknown])[]): unknown {
  return Array.isArray(like) ? entries.map(([, value]) => value) : Object.fromEntries(entries);
}
