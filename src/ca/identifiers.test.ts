import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { baseIdentifier, checkIdentifiers, orderedIdentifier } from './identifiers.ts';
import { CaProblem } from './problem.ts';

function refusal(type: string, value: string, refusedNames: readonly string[] = []): string {
  try {
    checkIdentifiers([{ type, value }], refusedNames);
    return 'accepted';
  } catch (error) {
    return error instanceof CaProblem ? error.type : 'not a problem';
  }
}

describe('identifiers', () => {
  it('lose case and duplicates', () => {
    const asked = ['B.test', 'a.test', 'b.TEST'].map((value) => ({ type: 'dns', value }));
    expect(checkIdentifiers(asked, []).map(({ value }) => value)).toEqual(['b.test', 'a.test']);
  });

  it.each(['a', 'localhost', 'a.b.c', 'xn--bcher-kva.example', '1.2.3.a', '*.a.test', '*.a', `${'a'.repeat(63)}.test`])(
    'may be the name %s',
    (value) => {
      expect(refusal('dns', value)).toBe('accepted');
    },
  );

  it.each([
    '',
    '.',
    'a.test.',
    'a..b',
    '-a.test',
    'a-.test',
    'a_b.test',
    'ab--c.test',
    'bücher.test',
    'a b.test',
    '192.0.2.1',
    '1.2.3',
    `${'a'.repeat(64)}.test`,
    Array(64).fill('abc').join('.'),
    'a.*.test',
    '*',
    '*.',
    '*.*.test',
    '*.a_b.test',
    `*.${Array(62).fill('abc').join('.')}.abcde`,
    'a\u0000.test',
  ])('may not be the name %s', (value) => {
    expect(refusal('dns', value)).toBe('malformed');
  });

  it.each(['192.0.2.1', '::1', '2001:db8::1', '::'])('may be the address %s', (value) => {
    expect(refusal('ip', value)).toBe('accepted');
  });

  it.each([
    '192.0.2.01',
    '1.2.3',
    '0x7f.1',
    '2001:db8:0::1',
    '::1%eth0',
    '[::1]',
    '1.2.3.4/24',
    '',
    'a.test',
    '1.2.3.4:80',
    '1.2.3.4@b',
  ])('may not be the address %s', (value) => {
    expect(refusal('ip', value)).toBe('malformed');
  });

  it('are refused by a list of names and for an unknown type', () => {
    expect(refusal('dns', '*.bad.test', ['bad.test'])).toBe('rejectedIdentifier');
    expect(refusal('dns', 'x.bad.test', ['bad.test'])).toBe('rejectedIdentifier');
    expect(refusal('dns', 'notbad.test', ['bad.test'])).toBe('accepted');
    expect(refusal('email', 'a@b.c')).toBe('unsupportedIdentifier');
  });

  it('are never answered by anything but a list or a problem', () => {
    fc.assert(
      fc.property(fc.constantFrom('dns', 'ip', 'x'), fc.string({ unit: 'binary' }), (type, value) => {
        expect(refusal(type, value)).not.toBe('not a problem');
      }),
    );
  });

  it('lose their wildcard for the validation, and get it back', () => {
    const wildcard = { type: 'dns', value: '*.a.test' } as const;
    const base = { type: 'dns', value: 'a.test' } as const;
    expect([baseIdentifier(wildcard), baseIdentifier(base)]).toEqual([base, base]);
    expect(orderedIdentifier({ identifier: base, wildcard: true })).toEqual(wildcard);
    expect(orderedIdentifier({ identifier: base, wildcard: false })).toEqual(base);
  });

  it('take every IPv4 address', () => {
    fc.assert(
      fc.property(fc.ipV4(), (value) => {
        expect(refusal('ip', value)).toBe('accepted');
      }),
    );
  });
});
