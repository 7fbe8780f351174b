/** Records of one name and type, and when two of them are the same. */
import { canonicalName } from '../name.ts';
import { typeCode } from '../codec/index.ts';
import type { QueryType, RecordData, ResourceRecord } from '../message.ts';

/** All records of a name and type (RFC 2181 §5). They share one TTL. */
export interface RRset {
  readonly code: number;
  /** At least one. */
  readonly records: readonly [ResourceRecord, ...ResourceRecord[]];
  /** The content of each, for comparing. */
  readonly keys: readonly string[];
}

/** Codes of the types that the server treats in a way of their own. */
export const codes = { A: 1, NS: 2, CNAME: 5, SOA: 6, MX: 15, AAAA: 28, SRV: 33, DNAME: 39, DS: 43, ANY: 255 } as const;

/** Types of which a name has one record at most. */
const singletons: readonly number[] = [codes.CNAME, codes.SOA, codes.DNAME];

export function codeOf(record: RecordData): number {
  return record.type === 'unknown' ? record.code : typeCode(record.type);
}

export function codeOfType(type: QueryType): number {
  return typeof type === 'number' ? type : typeCode(type);
}

/** Types for questions and messages, which no record in a zone can have (RFC 6895 §3.1; OPT is the odd one). */
export function isMetaType(code: number): boolean {
  return code === 0 || code === 41 || (code >= 128 && code <= 255);
}

const nameFields: ReadonlySet<string> = new Set(['host', 'target', 'primary', 'mailbox', 'exchange']);
const recordFields: ReadonlySet<string> = new Set(['name', 'class', 'ttl']);

/** Equal for records of equal type and content: names compare without case (RFC 2136 §1.1.1), owner and TTL not at all. */
export function contentKey(record: RecordData): string {
  const fields = Object.entries(record).filter(([field]) => !recordFields.has(field));
  return JSON.stringify(fields.sort().map(([field, value]) => [field, comparable(field, value)]));
}

function comparable(field: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map((item) => comparable(field, item));
  return typeof value === 'string' && nameFields.has(field) ? canonicalName(value) : value;
}

/** The RRset with this record: its TTL becomes everybody's (as BIND and Knot do; RFC 2181 §5.2 wants one TTL). */
export function withRecord(set: RRset | undefined, record: ResourceRecord): RRset {
  const code = codeOf(record);
  const key = contentKey(record);
  const [first] = set?.records ?? [];
  if (set === undefined || first === undefined || singletons.includes(code)) {
    return { code, records: [record], keys: [key] };
  }
  const isThere = set.keys.includes(key);
  if (isThere && first.ttl === record.ttl) return set;
  const withTtl = (other: ResourceRecord): ResourceRecord =>
    other.ttl === record.ttl ? other : { ...other, ttl: record.ttl };
  const [, ...rest] = isThere ? set.records : [...set.records, record];
  return { code, records: [withTtl(first), ...rest.map(withTtl)], keys: isThere ? set.keys : [...set.keys, key] };
}

/** The RRset without the record of that content; undefined when none is left. */
export function withoutRecord(set: RRset, record: RecordData): RRset | undefined {
  const gone = set.keys.indexOf(contentKey(record));
  if (gone < 0) return set;
  const [first, ...rest] = set.records.filter((_, index) => index !== gone);
  return first && { code: set.code, records: [first, ...rest], keys: set.keys.filter((_, index) => index !== gone) };
}

/** Records of one that the other does not have with the same TTL. */
export function missingIn(one: RRset | undefined, other: RRset | undefined): readonly ResourceRecord[] {
  if (one === undefined || one === other) return [];
  const ttl = other?.records[0].ttl;
  const known = new Set(other?.keys);
  return one.records.filter((record, index) => record.ttl !== ttl || !known.has(one.keys[index] ?? ''));
}
