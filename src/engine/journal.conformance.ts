/** What every journal must do. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Journal } from './stores.ts';

export interface JournalWorld {
  readonly journal: Journal;
  /** The same journal, as another process sees it. */
  readonly other: Journal;
}

/**
 * @example
 * ```ts
 * journalConformance('MyJournal', async () => makeAnEmptyJournal());
 * ```
 */
export function journalConformance(store: string, makeWorld: () => Promise<JournalWorld>): void {
  describe(`${store} is a journal`, () => {
    it('has nothing at first', async () => {
      const { journal } = await makeWorld();
      expect(await journal.unfinished()).toEqual([]);
      expect(await journal.unfinished('certificate/a')).toEqual([]);
    });

    it('keeps the records of an operation in order, for other processes too', async () => {
      const { journal, other } = await makeWorld();
      const records = [
        { step: 'order', url: 'https://ca.test/1' },
        { step: 'intents', intents: [{ token: 'ü\n"' }] },
        { step: 'c' },
      ];
      const entry = await journal.begin('certificate/a', { step: 'order', url: 'https://ca.test/1' });
      for (const record of records.slice(1)) await entry.append(record);
      expect(entry.subject).toBe('certificate/a');
      expect(entry.records).toEqual(records);
      const [found, ...more] = await other.unfinished();
      expect(more).toEqual([]);
      expect(found).toMatchObject({ id: entry.id, subject: 'certificate/a', records });
    });

    it('forgets what was closed', async () => {
      const { journal, other } = await makeWorld();
      const entry = await journal.begin('certificate/a', { step: 'order' });
      const kept = await journal.begin('certificate/a', { step: 'order' });
      await entry.close();
      expect((await other.unfinished()).map(({ id }) => id)).toEqual([kept.id]);
    });

    it('lists operations oldest first, of one subject or of all', async () => {
      const { journal, other } = await makeWorld();
      const begun: { id: string; subject: string }[] = [];
      for (const subject of [
        'certificate/a',
        'certificate/A',
        'certificate/a.b',
        'account/https://ca.test/dir/me',
        'certificate/a',
      ]) {
        const { id } = await journal.begin(subject, { step: 'order' });
        begun.push({ id, subject });
      }
      expect((await other.unfinished()).map(({ id, subject }) => ({ id, subject }))).toEqual(begun);
      for (const { subject } of begun) {
        const expected = begun.filter((one) => one.subject === subject).map(({ id }) => id);
        expect((await other.unfinished(subject)).map(({ id }) => id)).toEqual(expected);
      }
    });

    it('lets another process go on and finish', async () => {
      const { journal, other } = await makeWorld();
      await journal.begin('certificate/a', { step: 'order' });
      const [taken] = await other.unfinished('certificate/a');
      await taken?.append({ step: 'receipts' });
      const [seen] = await journal.unfinished('certificate/a');
      expect(seen?.records.map(({ step }) => step)).toEqual(['order', 'receipts']);
      await taken?.close();
      expect(await journal.unfinished()).toEqual([]);
    });

    it('keeps the order of records that are appended at once', async () => {
      const { journal, other } = await makeWorld();
      const entry = await journal.begin('certificate/a', { step: '0' });
      await Promise.all(['1', '2', '3'].map((step) => entry.append({ step })));
      const [found] = await other.unfinished();
      expect(found?.records.map(({ step }) => step)).toEqual(['0', '1', '2', '3']);
    });

    it('keeps any JSON', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.string(),
          fc.array(fc.jsonValue(), { minLength: 1, maxLength: 4 }),
          async (subject, values) => {
            const { journal, other } = await makeWorld();
            const records = values.map((value) => ({ step: 'x', value: JSON.parse(JSON.stringify(value)) }));
            const entry = await journal.begin(subject, records[0] ?? { step: 'x' });
            for (const record of records.slice(1)) await entry.append(record);
            const [found] = await other.unfinished(subject);
            expect(found?.records).toEqual(records);
          },
        ),
        { numRuns: 30 },
      );
    });
  });
}
