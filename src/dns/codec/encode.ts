import type { DnsMessage, Edns, Question, ResourceRecord } from '../message.ts';
import { classCode, opcodeCode, optCode, rcodeCode, typeCode } from './codes.ts';
import { writeRecordData } from './record-formats.ts';
import { WireWriter } from './wire-writer.ts';

/** The header's flags and their bits (RFC 1035 §4.1.1, RFC 4035 §3.2). */
export const headerFlags = {
  response: 0x8000,
  authoritative: 0x0400,
  truncated: 0x0200,
  recursionDesired: 0x0100,
  recursionAvailable: 0x0080,
  authenticData: 0x0020,
  checkingDisabled: 0x0010,
} as const;

/** Seconds (RFC 2181 §8). */
export const longestTtl = 0x7fffffff;

/**
 * A message with these fields; the others are at rest: a query without records, flags or EDNS, id 0.
 *
 * @example
 * ```ts
 * import { newMessage } from 'everseal/dns';
 * const query = newMessage({ id: 7, questions: [{ name: 'example.com.', type: 'TXT', class: 'IN' }] });
 * console.log(query.opcode, query.response); // QUERY false
 * ```
 */
export function newMessage(fields: Partial<DnsMessage>): DnsMessage {
  return {
    id: 0,
    response: false,
    opcode: 'QUERY',
    authoritative: false,
    truncated: false,
    recursionDesired: false,
    recursionAvailable: false,
    authenticData: false,
    checkingDisabled: false,
    rcode: 'NOERROR',
    edns: undefined,
    questions: [],
    answers: [],
    authorities: [],
    additionals: [],
    ...fields,
  };
}

/**
 * The message as it goes over the wire. Names are compressed (RFC 1035 §4.1.4), except where RFC 3597 §4 forbids it. The OPT
 * record comes first among the additional ones, so that a TSIG record stays the last (RFC 8945 §5.1).
 *
 * @throws TypeError for what cannot be encoded: a name or a number that does not fit, more than 65,535 octets, an rcode above
 * 15 without EDNS
 *
 * @example
 * ```ts
 * import { decodeMessage, encodeMessage, newMessage } from 'everseal/dns';
 * const query = newMessage({ id: 7, questions: [{ name: 'example.com.', type: 'TXT', class: 'IN' }] });
 * console.log(encodeMessage(query).length, decodeMessage(encodeMessage(query)).id); // 29 7
 * ```
 */
export function encodeMessage(message: DnsMessage): Uint8Array {
  const { edns, questions, answers, authorities, additionals } = message;
  const writer = new WireWriter();
  const rcode = rcodeCode(message.rcode);
  if (!(rcode >= 0 && rcode <= 0xfff)) throw new TypeError(`${message.rcode} is no rcode`);
  if (rcode > 15 && edns === undefined) throw new TypeError(`the rcode ${message.rcode} needs EDNS (RFC 6891 §6.1.3)`);
  writer.u16(message.id);
  writer.u16(flagsOf(message, rcode));
  for (const section of [questions, answers, authorities]) writer.u16(section.length);
  writer.u16(additionals.length + (edns === undefined ? 0 : 1));
  for (const question of questions) writeQuestion(writer, question);
  for (const record of [...answers, ...authorities]) writeRecord(writer, record);
  if (edns !== undefined) writeEdns(writer, edns, rcode);
  for (const record of additionals) writeRecord(writer, record);
  return writer.finish();
}

function flagsOf(message: DnsMessage, rcode: number): number {
  const opcode = opcodeCode(message.opcode);
  if (!Number.isInteger(opcode) || opcode < 0 || opcode > 15) throw new TypeError(`${opcode} is no opcode`);
  let bits = (opcode << 11) | (rcode & 0xf);
  for (const [flag, bit] of Object.entries(headerFlags)) {
    if (message[flag as keyof typeof headerFlags]) bits |= bit;
  }
  return bits;
}

function writeQuestion(writer: WireWriter, question: Question): void {
  writer.name(question.name);
  writer.u16(typeCode(question.type));
  writer.u16(classCode(question.class));
}

function writeRecord(writer: WireWriter, record: ResourceRecord): void {
  // A signature is taken off and put on by itself, so it leans on nothing before it.
  if (record.type === 'TSIG') writer.plainName(record.name);
  else writer.name(record.name);
  writer.u16(record.type === 'unknown' ? record.code : typeCode(record.type));
  writer.u16(classCode(record.class));
  if (record.ttl > longestTtl) throw new TypeError(`a TTL has at most 31 bits (RFC 2181 §8), ${record.ttl} has more`);
  writer.u32(record.ttl);
  writer.measured(() => writeRecordData(writer, record, record.class));
}

/** RFC 6891 §6.1.2. */
function writeEdns(writer: WireWriter, { udpSize, dnssecOk, options }: Edns, rcode: number): void {
  writer.u8(0);
  writer.u16(optCode);
  writer.u16(udpSize);
  writer.u8(rcode >> 4);
  writer.u8(0);
  writer.u16(dnssecOk ? 0x8000 : 0);
  writer.measured(() => {
    for (const { code, data } of options) {
      writer.u16(code);
      writer.measured(() => writer.octets(data));
    }
  });
}
