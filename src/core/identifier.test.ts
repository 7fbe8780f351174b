import { describe, expect, it } from 'vitest';
import { type Identifier, identifierKey, isWildcard, sameIdentifiers } from './identifier.ts';

const dns = (value: string): Identifier => ({ type: 'dns', value });
const ip = (value: string): Identifier => ({ type: 'ip', value });

describe('identifiers', () => {
  it('are the same in any order and however often named', () => {
    expect(sameIdentifiers([dns('a.test'), dns('b.test')], [dns('b.test'), dns('a.test')])).toBe(true);
    expect(sameIdentifiers([dns('a.test'), dns('a.test')], [dns('a.test')])).toBe(true);
  });

  it.each([
    [[dns('a.test')], [dns('a.test'), dns('b.test')]],
    [[dns('a.test'), dns('b.test')], [dns('a.test')]],
    [[dns('a.test')], [dns('*.a.test')]],
    [[dns('192.0.2.1')], [ip('192.0.2.1')]],
    [[dns('a.test')], []],
  ])('differ: %j and %j', (left, right) => {
    expect(sameIdentifiers(left, right)).toBe(false);
  });

  it('have a key that tells types apart', () => {
    expect(identifierKey(dns('192.0.2.1'))).not.toBe(identifierKey(ip('192.0.2.1')));
  });

  it('are wildcards only as DNS names with a leading *.', () => {
    expect([dns('*.a.test'), dns('a.test'), dns('a.*.test'), ip('192.0.2.1')].map(isWildcard)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});
