/** The text of a journal file: a header line, then a line a record. */
import * as v from 'valibot';
import { EversealError } from '../core/index.ts';
import type { JournalRecord } from '../engine/index.ts';

const format = 1;

const headerSchema = v.object({ format: v.number(), subject: v.string() });
const recordSchema = v.looseObject({ step: v.string() });

export interface JournalText {
  readonly subject: string;
  readonly records: readonly JournalRecord[];
  /** The file ends in the middle of a record. */
  readonly torn: boolean;
}

export function journalHeader(subject: string): string {
  return `${JSON.stringify({ format, subject })}\n`;
}

export function journalLine(record: JournalRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/**
 * Only the last record can be torn, since each was synced before the next: its line end may be missing, or octets in its
 * middle. It is dropped.
 *
 * @returns undefined for a record without a header: somebody who had lost the lock appended to an operation that was closed
 * @throws EversealError `corrupt` for damage anywhere else, `newer-format`
 */
export function readJournalText(text: string, path: string): JournalText | undefined {
  const lines = text.split('\n');
  const unended = lines.pop() ?? '';
  const [header, ...rest] = lines;
  if (v.is(recordSchema, parseJson(header ?? ''))) return undefined;
  const { subject } = readHeader(header ?? '', path);
  const values = rest.map(parseJson);
  const lastIsTorn = values.length > 0 && !v.is(recordSchema, values.at(-1));
  const records = (lastIsTorn ? values.slice(0, -1) : values).map((value) => readRecord(value, path));
  return { subject, records, torn: unended !== '' || lastIsTorn };
}

function readHeader(line: string, path: string): v.InferOutput<typeof headerSchema> {
  const parsed = v.safeParse(headerSchema, parseJson(line));
  if (!parsed.success) throw corrupt(path);
  if (parsed.output.format <= format) return parsed.output;
  throw new EversealError('newer-format', `${path} was written by a later version`, {
    next: 'Finish the operation with that version, or update this one.',
  });
}

function readRecord(value: unknown, path: string): JournalRecord {
  const parsed = v.safeParse(recordSchema, value);
  if (!parsed.success) throw corrupt(path);
  return parsed.output;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function corrupt(path: string): EversealError {
  return new EversealError('corrupt', `${path} cannot be understood`, {
    next: 'Move the file away: at most one order at the CA, or DNS records of its challenges, stay behind.',
  });
}
