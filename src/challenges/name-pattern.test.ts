import { describe, expect, it } from 'vitest';
import { matchesDomain, matchesName } from './name-pattern.ts';

const dns = (value: string) => ({ type: 'dns', value }) as const;
const ip = { type: 'ip', value: '192.0.2.7' } as const;

describe('a pattern of names', () => {
  it.each([
    ['a.example', dns('a.example'), true],
    ['A.Example.', dns('a.example'), true],
    ['a.example', dns('b.a.example'), false],
    ['*.a.example', dns('b.a.example'), true],
    ['*.a.example', dns('c.b.a.example'), true],
    ['*.a.example', dns('a.example'), false],
    ['*.a.example', dns('ba.example'), false],
    ['192.0.2.7', ip, true],
    ['*.2.7', ip, false],
  ])('%s is for %o: %s', (pattern, identifier, matches) => {
    expect(matchesName(pattern, identifier, false)).toBe(matches);
  });

  it('is for a wildcard only by the suffix', () => {
    expect(matchesName('a.example', dns('a.example'), true)).toBe(false);
    expect(matchesName('*.a.example', dns('a.example'), true)).toBe(true);
  });
});

describe('a pattern of domains', () => {
  it.each([
    ['a.example', dns('a.example'), false, true],
    ['a.example', dns('a.example'), true, true],
    ['a.example', dns('c.b.a.example'), false, true],
    ['a.example', dns('ba.example'), false, false],
    ['*.a.example', dns('a.example'), false, false],
    ['*.a.example', dns('a.example'), true, true],
    ['*.a.example', dns('b.a.example'), false, true],
    ['192.0.2.7', ip, false, false],
  ])('%s is for %o, wildcard %s: %s', (pattern, identifier, wildcard, matches) => {
    expect(matchesDomain(pattern, identifier, wildcard)).toBe(matches);
  });
});
