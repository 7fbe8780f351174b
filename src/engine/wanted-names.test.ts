import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Identifier } from '../core/index.ts';
import { wantedNames } from './wanted-names.ts';

const dns = (value: string): Identifier => ({ type: 'dns', value });
const [a, b, c] = [dns('a.example'), dns('b.example'), dns('c.example')] as const;

describe('the names of a renewal', () => {
  it.each([
    ['a first order: those asked for', { asked: [b, a], held: [], recorded: [], exact: false }, [b, a]],
    ['a new name is added', { asked: [a, b], held: [a], recorded: [a], exact: false }, [a, b]],
    ['a name left out stays', { asked: [b], held: [a, b], recorded: [a, b], exact: false }, [a, b]],
    ['exact: a name left out goes', { asked: [b], held: [a, b], recorded: [a, b], exact: true }, [b]],
    ['nothing asked: the stored ones', { asked: [], held: [a, b], recorded: [a, b], exact: false }, [a, b]],
    [
      'nothing asked: also what was recorded but not issued',
      { asked: [], held: [a], recorded: [a, c], exact: false },
      [a, c],
    ],
    ['nothing asked, exact: what was recorded', { asked: [], held: [a, b], recorded: [a], exact: true }, [a]],
    [
      'a name and an address of one text are two',
      { asked: [{ type: 'ip', value: '::1' }], held: [dns('::1')], recorded: [], exact: false },
      [dns('::1'), { type: 'ip', value: '::1' }],
    ],
  ] as const)('%s', (_what, names, expected) => {
    expect(wantedNames(names)).toEqual(expected);
  });

  it('never lose one that the certificate holds, unless exact', () => {
    const list = fc.array(fc.constantFrom(a, b, c));
    fc.assert(
      fc.property(list, list, list, (asked, held, recorded) => {
        const union = wantedNames({ asked, held, recorded, exact: false });
        expect(union).toEqual(expect.arrayContaining([...held, ...asked]));
        expect(new Set(union).size).toBe(union.length);
        if (asked.length > 0) expect(wantedNames({ asked, held, recorded, exact: true })).toEqual([...new Set(asked)]);
      }),
    );
  });
});
