/** Replies on their way out: what they copy from the request, and how much of them fits. */
import { encodeMessage, newMessage } from '../codec/index.ts';
import type { DnsMessage } from '../message.ts';

/** Turns a reply into octets; a signing one adds its signature. */
export type Seal = (reply: DnsMessage) => Uint8Array;

const headerLength = 12;
/** RFC 1035 §4.2.1. */
const plainUdpSize = 512;
/** What passes nearly everywhere unfragmented (DNS Flag Day 2020). */
const ownUdpSize = 1232;
const tcpSize = 0xffff;

/** A reply with the request's id, opcode, question and, if it had EDNS, EDNS (RFC 6891 §6.1.1). */
export function replyTo(request: DnsMessage, fields: Partial<DnsMessage>): DnsMessage {
  const { id, opcode, questions, recursionDesired, checkingDisabled, edns } = request;
  return newMessage({
    id,
    opcode,
    questions,
    recursionDesired,
    checkingDisabled,
    edns: edns && { udpSize: ownUdpSize, dnssecOk: edns.dnssecOk, options: [] },
    response: true,
    ...fields,
  });
}

/** The octets of a reply, cut down to its question when they are too many for the way (RFC 2181 §9). */
export function fitted(reply: DnsMessage, request: DnsMessage, transport: 'udp' | 'tcp', seal: Seal): Uint8Array {
  const data = seal(reply);
  return data.length <= roomFor(request, transport) ? data : seal(truncated(reply));
}

export function truncated(reply: DnsMessage): DnsMessage {
  return { ...reply, truncated: true, answers: [], authorities: [], additionals: [] };
}

function roomFor({ edns }: DnsMessage, transport: 'udp' | 'tcp'): number {
  if (transport === 'tcp') return tcpSize;
  return Math.min(Math.max(edns?.udpSize ?? plainUdpSize, plainUdpSize), ownUdpSize);
}

/** Whether there is a header, and of a request: anything else is not answered at all. */
export function isRequest(data: Uint8Array): boolean {
  return data.length >= headerLength && ((data[2] ?? 0) & 0x80) === 0;
}

/** FORMERR for a message of which only the header can be read. */
export function malformed(data: Uint8Array): Uint8Array {
  const id = ((data[0] ?? 0) << 8) | (data[1] ?? 0);
  return encodeMessage(newMessage({ id, response: true, opcode: ((data[2] ?? 0) >> 3) & 0xf, rcode: 'FORMERR' }));
}
