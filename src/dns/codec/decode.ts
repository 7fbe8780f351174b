import type { DnsMessage, Edns, Question, ResourceRecord } from '../message.ts';
import { classOf, opcodeOf, optCode, queryTypeOf, rcodeOf } from './codes.ts';
import { headerFlags, longestTtl } from './encode.ts';
import { readRecordData } from './record-formats.ts';
import { WireReader } from './wire-reader.ts';

/** What stands in a record's place: a record, or EDNS with its part of the rcode. */
type Entry = { readonly record: ResourceRecord } | { readonly edns: Edns; readonly rcodeHigh: number };

/**
 * Reads a message. Everything in it may be hostile: the time is bounded by its length.
 *
 * @throws EversealError `bad-reply` for whatever is malformed: names that point forward or in circles, lengths that lie, octets
 * left over, two OPT records
 *
 * @example
 * ```ts
 * import { decodeMessage } from 'everseal/dns';
 * try {
 *   decodeMessage(new Uint8Array([1, 2, 3]));
 * } catch (error) {
 *   console.log(error instanceof Error && error.message); // A DNS message is malformed at octet 3: it ends too early
 * }
 * ```
 */
export function decodeMessage(data: Uint8Array): DnsMessage {
  return readMessage(data).message;
}

/** The message, and where its last additional record begins: what a signature covers ends there. */
export function readMessage(data: Uint8Array): { readonly message: DnsMessage; readonly lastAdditional: number } {
  const reader = new WireReader(data);
  const id = reader.u16();
  const flags = reader.u16();
  const [questionCount, answerCount, authorityCount, additionalCount] = [
    reader.u16(),
    reader.u16(),
    reader.u16(),
    reader.u16(),
  ];
  const questions = times(questionCount, () => readQuestion(reader));
  const answers = times(answerCount, () => readRecord(reader));
  const authorities = times(authorityCount, () => readRecord(reader));
  let lastAdditional = reader.offset;
  const entries = times(additionalCount, () => {
    lastAdditional = reader.offset;
    return readEntry(reader);
  });
  if (reader.left > 0) reader.fail(`${reader.left} octets are left over`);
  const opts = entries.flatMap((entry) => ('edns' in entry ? [entry] : []));
  if (opts.length > 1) reader.fail('it has two OPT records');
  const message = {
    id,
    ...readFlags(flags),
    opcode: opcodeOf((flags >> 11) & 0xf),
    rcode: rcodeOf((flags & 0xf) | ((opts[0]?.rcodeHigh ?? 0) << 4)),
    edns: opts[0]?.edns,
    questions,
    answers,
    authorities,
    additionals: entries.flatMap((entry) => ('record' in entry ? [entry.record] : [])),
  };
  return { message, lastAdditional };
}

/** A count that lies costs nothing: the first read beyond the end fails. */
function times<T>(count: number, read: () => T): readonly T[] {
  const items: T[] = [];
  for (let index = 0; index < count; index += 1) items.push(read());
  return items;
}

function readFlags(bits: number): Pick<DnsMessage, keyof typeof headerFlags> {
  const has = (flag: keyof typeof headerFlags) => (bits & headerFlags[flag]) !== 0;
  return {
    response: has('response'),
    authoritative: has('authoritative'),
    truncated: has('truncated'),
    recursionDesired: has('recursionDesired'),
    recursionAvailable: has('recursionAvailable'),
    authenticData: has('authenticData'),
    checkingDisabled: has('checkingDisabled'),
  };
}

function readQuestion(reader: WireReader): Question {
  return { name: reader.name(), type: queryTypeOf(reader.u16()), class: classOf(reader.u16()) };
}

function readRecord(reader: WireReader): ResourceRecord {
  const entry = readEntry(reader);
  if ('edns' in entry) return reader.fail('an OPT record outside the additional section (RFC 6891 §6.1.1)');
  return entry.record;
}

function readEntry(reader: WireReader): Entry {
  const name = reader.name();
  const code = reader.u16();
  if (code === optCode) {
    if (name !== '.') reader.fail('an OPT record has a name (RFC 6891 §6.1.2)');
    return readEdns(reader);
  }
  const recordClass = classOf(reader.u16());
  const ttl = readTtl(reader);
  const data = reader.stretch(reader.u16(), () => readRecordData(reader, code, recordClass));
  return { record: { name, class: recordClass, ttl, ...data } };
}

/** RFC 2181 §8: one with its highest bit set counts as none. */
function readTtl(reader: WireReader): number {
  const ttl = reader.u32();
  return ttl > longestTtl ? 0 : ttl;
}

function readEdns(reader: WireReader): Entry {
  const udpSize = reader.u16();
  const rcodeHigh = reader.u8();
  reader.u8(); // the version: what we ask for is version 0, and a server without it says BADVERS
  const dnssecOk = (reader.u16() & 0x8000) !== 0;
  const options = reader.stretch(reader.u16(), () => {
    const list: { code: number; data: Uint8Array }[] = [];
    while (reader.left > 0) list.push({ code: reader.u16(), data: reader.octets(reader.u16()) });
    return list;
  });
  return { edns: { udpSize, dnssecOk, options }, rcodeHigh };
}
