/** What every store of small state must do. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StateStore } from './stores.ts';

export interface StateWorld {
  readonly state: StateStore;
  /** The same state, as another process sees it. */
  readonly other: StateStore;
}

/**
 * @example
 * ```ts
 * stateConformance('MyState', async () => makeEmptyState());
 * ```
 */
export function stateConformance(store: string, makeWorld: () => Promise<StateWorld>): void {
  describe(`${store} is a store of state`, () => {
    it('has nothing at first', async () => {
      const { state } = await makeWorld();
      expect(await state.get('a')).toBeUndefined();
      await state.delete('a');
    });

    it('gives back what was put last, to other processes too', async () => {
      const { state, other } = await makeWorld();
      await state.put('failures/a', { count: 1 });
      await state.put('failures/a', { count: 2, until: '2026-11-24T00:00:00Z' });
      expect(await state.get('failures/a')).toEqual({ count: 2, until: '2026-11-24T00:00:00Z' });
      expect(await other.get('failures/a')).toEqual({ count: 2, until: '2026-11-24T00:00:00Z' });
      await other.delete('failures/a');
      expect(await state.get('failures/a')).toBeUndefined();
    });

    it('keeps keys apart, whatever they are made of', async () => {
      const { state, other } = await makeWorld();
      const keys = [
        'a',
        'A',
        'a/b',
        'a%2fb',
        'a%2Fb',
        '.',
        '..',
        '../a',
        '',
        'con',
        'a.',
        '~',
        'ü',
        'x'.repeat(300),
        `${'x'.repeat(300)}y`,
      ];
      for (const key of keys) await state.put(key, { key });
      for (const key of keys) expect(await other.get(key)).toEqual({ key });
      await state.delete('a/b');
      expect(await other.get('a%2fb')).toEqual({ key: 'a%2fb' });
    });

    it('keeps any JSON under any key', async () => {
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.jsonValue(), async (key, value) => {
          const { state, other } = await makeWorld();
          await state.put(key, value);
          expect(await other.get(key)).toEqual(JSON.parse(JSON.stringify(value)));
        }),
        { numRuns: 50 },
      );
    });

    it('keeps what several write at once whole', async () => {
      const { state, other } = await makeWorld();
      const values = Array.from({ length: 8 }, (_, i) => ({ i, text: String(i).repeat(50) }));
      await Promise.all(values.map((value, i) => (i % 2 === 0 ? state : other).put('a', value)));
      expect(values).toContainEqual(await other.get('a'));
    });
  });
}
