/** Messages and signatures as other people's libraries understand them. */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../src/core/index.ts';
import {
  decodeMessage,
  type DnsMessage,
  encodeMessage,
  newMessage,
  parseName,
  type Question,
  type RecordClass,
  rcodeCode,
  type RecordData,
  type ResourceRecord,
  signMessage,
  type TsigAlgorithm,
  typeCode,
  typeName,
  verifyMessage,
  withoutFinalDot,
} from '../src/dns/index.ts';
import { anyDeletion, anyMessage, anyName, anyPlainName, anyRecord } from '../src/dns/messages.testing.ts';
import { peer, root } from './harness/root.ts';

const seed = 8945;
const types = ['A', 'AAAA', 'NS', 'CNAME', 'DNAME', 'PTR', 'SOA', 'MX', 'SRV', 'TXT', 'CAA', 'unknown'];
const hex = (data: Uint8Array) => Buffer.from(data).toString('hex');
const octets = (text: unknown) => Uint8Array.from(Buffer.from(String(text), 'hex'));
const labels = (name: string) => parseName(name).map(hex);

describe('dnspython', () => {
  const queries = fc.sample(anyMessage(anyRecord(types)).map(asQuery), { seed, numRuns: 300 });
  const updates = fc.sample(anyMessage(fc.oneof(anyRecord(types), anyDeletion)).map(asUpdate), { seed, numRuns: 300 });

  it.each([
    ['messages of every kind', queries],
    ['updates', updates],
  ])('reads our %s as they are meant, and we read its', (_, messages) => {
    const results = dnspython(messages.map((message) => ({ do: 'read', wire: hex(encodeMessage(message)) })));
    for (const [index, message] of messages.entries()) {
      expect(results[index]).toMatchObject({ message: viewOf(message) });
      expect(decodeMessage(octets(results[index]?.wire))).toEqual(message);
    }
  });

  it.each<[TsigAlgorithm, string]>([
    ['hmac-md5', 'hmac-md5.sig-alg.reg.int.'],
    ['hmac-sha1', 'hmac-sha1.'],
    ['hmac-sha224', 'hmac-sha224.'],
    ['hmac-sha256', 'hmac-sha256.'],
    ['hmac-sha384', 'hmac-sha384.'],
    ['hmac-sha512', 'hmac-sha512.'],
  ])('accepts our signatures by %s, and we accept its', (algorithm, wireName) => {
    const secret = Buffer.from('a shared secret of thirty-two oc').toString('base64');
    const ours = { name: 'Update.example.', algorithm, secret: new Secret(secret) };
    const theirs = { name: 'update.example.', algorithm: wireName, secret };
    const now = new Date();
    const messages = [...updates.slice(0, 10), ...queries.slice(0, 10)].map((message) => ({
      ...message,
      edns: undefined,
      rcode: 'NOERROR' as const,
    }));
    const chained = messages.map((message, index) => ({
      message,
      requestMac: index % 2 === 0 ? {} : { requestMac: new Uint8Array(16).fill(index) },
    }));
    const about = (requestMac: { readonly requestMac?: Uint8Array }) => ({
      key: theirs,
      ...(requestMac.requestMac && { requestMac: hex(requestMac.requestMac) }),
    });
    const verified = dnspython(
      chained.map(({ message, requestMac }) => {
        return { do: 'verify', wire: hex(signMessage(message, ours, now, requestMac).data), ...about(requestMac) };
      }),
    );
    expect(verified).toEqual(chained.map(() => ({ signed: true })));
    const signed = dnspython(
      chained.map(({ message, requestMac }) => ({
        do: 'sign',
        wire: hex(encodeMessage(message)),
        ...about(requestMac),
      })),
    );
    for (const [index, { message, requestMac }] of chained.entries()) {
      const verdict = verifyMessage(octets(signed[index]?.wire), { keys: [ours], now: new Date(), ...requestMac });
      expect(verdict).toMatchObject({ status: 'valid', message, mac: octets(signed[index]?.mac) });
    }
    const [first] = messages;
    if (first === undefined) throw new Error('no message');
    const { data } = signMessage(first, { ...ours, secret: new Secret('b3RoZXI=') }, now);
    expect(dnspython([{ do: 'verify', wire: hex(data), key: theirs }])).toEqual([
      { error: expect.stringContaining('BadSignature') },
    ]);
  });

  interface Result {
    readonly wire?: string;
    readonly mac?: string;
  }

  /** One process for all requests. */
  function dnspython(requests: readonly object[]): readonly Result[] {
    const script = join(root, 'interop', 'harness', 'dnspython.py');
    const output = execFileSync(peer('dnspython'), [script], {
      input: JSON.stringify(requests),
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    return JSON.parse(output);
  }
});

describe('dns-packet', () => {
  const { decode, encode } = loadDnsPacket();
  const names = fc.oneof({ weight: 60, arbitrary: anyPlainName }, { weight: 1, arbitrary: anyName });
  const messages = fc.sample(anyMessage(anyRecord(types, names), names), { seed, numRuns: 600 });
  const defectsIn = (message: DnsMessage) => dnsPacketDefects.filter(({ shows }) => shows(message));

  it('reads our messages as they are meant, and we read its, where it has no defect', () => {
    const sound = messages.filter((message) => defectsIn(message).length === 0);
    expect(sound.length).toBeGreaterThan(100);
    for (const message of sound) {
      expect(decode(Buffer.from(encodeMessage(message)))).toMatchObject(packetOf(message));
      expect(throughDnsPacket(message)).toEqual(message);
    }
  });

  it.each(dnsPacketDefects)('still has the defect that excludes messages: $what', (defect) => {
    const affected = messages.filter(
      (message) => defectsIn(message).every((other) => other === defect) && defect.shows(message),
    );
    expect(affected.some((message) => !agrees(message))).toBe(true);
  });

  function agrees(message: DnsMessage): boolean {
    try {
      expect(throughDnsPacket(message)).toEqual(message);
      return true;
    } catch {
      return false;
    }
  }

  /** Read by it, written by it, read by us. */
  function throughDnsPacket(message: DnsMessage): DnsMessage {
    return decodeMessage(Uint8Array.from(encode(decode(Buffer.from(encodeMessage(message))))));
  }
});

interface DnsPacket {
  readonly decode: (data: Buffer) => unknown;
  readonly encode: (packet: unknown) => Uint8Array;
}

function loadDnsPacket(): DnsPacket {
  return createRequire(peer('dns-packet'))('dns-packet');
}

/** What keeps messages from being compared. */
const dnsPacketDefects: readonly { readonly what: string; readonly shows: (message: DnsMessage) => boolean }[] = [
  {
    what: 'a dot or another octet inside a label is not escaped, but read as UTF-8 or as an end of the label',
    shows: (message) => JSON.stringify(namesIn(message)).includes('\\\\'),
  },
  {
    what: 'a class without a name there (NONE is one) becomes 0, or the cache flush of multicast DNS',
    shows: (message) =>
      [...message.questions, ...recordsIn(message)].some(
        ({ class: kind }) => typeof kind === 'number' || kind === 'NONE',
      ),
  },
  {
    what: 'the octets of CAA are read as UTF-8',
    shows: (message) =>
      recordsIn(message).some((record) => record.type === 'CAA' && /[^\0-\x7f]/.test(record.tag + record.value)),
  },
  {
    what: 'a critical CAA record loses its other flags',
    shows: (message) => recordsIn(message).some((record) => record.type === 'CAA' && record.flags > 0x80),
  },
];

function recordsIn({ answers, authorities, additionals }: DnsMessage): readonly ResourceRecord[] {
  return [...answers, ...authorities, ...additionals];
}

/** Every field that is a text: names, and what else could hold a backslash. */
function namesIn(message: DnsMessage): readonly unknown[] {
  return [...message.questions, ...recordsIn(message)].map((entry) =>
    Object.values(entry).filter((value) => typeof value === 'string'),
  );
}

/** A message in the terms of dns-packet. */
function packetOf(message: DnsMessage) {
  const rcode = rcodeCode(message.rcode);
  const { edns } = message;
  const opt = edns && {
    type: 'OPT',
    name: '.',
    udpPayloadSize: edns.udpSize,
    extendedRcode: rcode >> 4,
    flag_do: edns.dnssecOk,
    options: edns.options.map(({ code }) => ({ code })),
  };
  return {
    id: message.id,
    type: message.response ? 'response' : 'query',
    opcode: typeof message.opcode === 'string' ? message.opcode : expect.any(String),
    flag_aa: message.authoritative,
    flag_tc: message.truncated,
    flag_rd: message.recursionDesired,
    flag_ra: message.recursionAvailable,
    flag_ad: message.authenticData,
    flag_cd: message.checkingDisabled,
    questions: message.questions.map(({ name, class: kind }) => ({ name: packetName(name), class: kind })),
    answers: message.answers.map(packetRecord),
    authorities: message.authorities.map(packetRecord),
    additionals: [...(opt ? [opt] : []), ...message.additionals.map(packetRecord)],
  };
}

function packetName(name: string): string {
  return name === '.' ? '.' : withoutFinalDot(name);
}

function packetRecord(record: ResourceRecord) {
  const { name, ttl, class: kind } = record;
  const type = record.type === 'unknown' ? `UNKNOWN_${record.code}` : typeName(typeCode(record.type));
  return { name: packetName(name), ttl, class: kind, type, data: packetData(record) };
}

function packetData(data: RecordData): unknown {
  switch (data.type) {
    case 'A':
      return data.address;
    case 'AAAA':
      return expect.stringMatching(/:/); // its IPv6 texts are not those of RFC 5952
    case 'NS':
      return packetName(data.host);
    case 'CNAME':
    case 'DNAME':
    case 'PTR':
      return packetName(data.target);
    case 'SOA': {
      const { serial, refresh, retry, expire, minimum } = data;
      const [mname, rname] = [packetName(data.primary), packetName(data.mailbox)];
      return { mname, rname, serial, refresh, retry, expire, minimum };
    }
    case 'MX':
      return { preference: data.preference, exchange: packetName(data.exchange) };
    case 'SRV': {
      const { priority, weight, port } = data;
      return { priority, weight, port, target: packetName(data.target) };
    }
    case 'TXT':
      return data.strings.map((string) => Buffer.from(string));
    case 'CAA':
      return { flags: data.flags, tag: data.tag, value: data.value };
    default:
      return data.type === 'unknown' ? Buffer.from(data.data) : 'TSIG';
  }
}

/** It parses the options it knows, and takes only tags that are letters and digits. */
function fitForDnspython(message: DnsMessage): DnsMessage {
  const adapted = (records: readonly ResourceRecord[]) =>
    records.map((record) => (record.type === 'CAA' ? { ...record, tag: 'issuewild' } : record));
  const options = message.edns?.options.map(({ code, data }) => ({ code: code | 0x8000, data })) ?? [];
  return {
    ...message,
    edns: message.edns && { ...message.edns, options },
    answers: adapted(message.answers),
    authorities: adapted(message.authorities),
    additionals: adapted(message.additionals),
  };
}

/** Class NONE means something in updates only. */
function asQuery(message: DnsMessage): DnsMessage {
  const adapted = (records: readonly ResourceRecord[]) =>
    records.map((record) => (record.class === 'NONE' ? { ...record, class: 'IN' as const } : record));
  const { answers, authorities, additionals, ...rest } = fitForDnspython(message);
  return {
    ...rest,
    opcode: rest.opcode === 'UPDATE' ? 'QUERY' : rest.opcode,
    answers: adapted(answers),
    authorities: adapted(authorities),
    additionals: adapted(additionals),
  };
}

/** One zone of class IN; prerequisites without content, and updates that add or delete (RFC 2136 §2.4, §2.5). */
function asUpdate(message: DnsMessage): DnsMessage {
  const { id, edns, questions, authorities, answers, additionals } = fitForDnspython(message);
  const zone: Question = { name: questions[0]?.name ?? 'example.', type: 'SOA', class: 'IN' };
  const deletes = (record: ResourceRecord) => record.type === 'unknown' && record.data.length === 0;
  const legal = (record: ResourceRecord) => record.class === 'IN' || record.class === 'NONE' || deletes(record);
  return newMessage({
    id,
    edns,
    opcode: 'UPDATE',
    questions: [zone],
    answers: answers.filter(deletes).map((record) => ({ ...record, class: 'ANY', ttl: 0 })),
    authorities: authorities.filter(legal).map((record) => asChange(record, deletes(record))),
    additionals: additionals.filter((record) => record.class === 'IN' && !deletes(record)),
  });
}

/** What deletes has no TTL. */
function asChange(record: ResourceRecord, everything: boolean): ResourceRecord {
  if (everything) return { ...record, class: 'ANY', ttl: 0 };
  return record.class === 'NONE' ? { ...record, ttl: 0 } : record;
}

/** A message as dnspython.py describes it. */
function viewOf(message: DnsMessage) {
  const { edns, questions, answers, authorities, additionals } = message;
  const flags = [
    message.response && 'QR',
    message.authoritative && 'AA',
    message.truncated && 'TC',
    message.recursionDesired && 'RD',
    message.recursionAvailable && 'RA',
    message.authenticData && 'AD',
    message.checkingDisabled && 'CD',
  ];
  return {
    id: message.id,
    flags: flags.filter((flag) => flag !== false).join(' '),
    opcode: message.opcode === 1 ? 'IQUERY' : String(message.opcode),
    rcode: rcodeCode(message.rcode),
    edns:
      edns === undefined
        ? null
        : { ...edns, options: edns.options.map(({ code, data }) => ({ code, data: hex(data) })) },
    questions: questions.map(({ name, type, class: kind }) => ({
      name: labels(name),
      type: typeCode(type),
      class: classText(kind),
    })),
    answers: answers.map(viewOfRecord),
    authorities: authorities.map(viewOfRecord),
    additionals: additionals.map(viewOfRecord),
  };
}

function classText(kind: RecordClass): string {
  return typeof kind === 'number' ? `CLASS${kind}` : kind;
}

function viewOfRecord(record: ResourceRecord) {
  return {
    name: labels(record.name),
    type: record.type === 'unknown' ? record.code : typeCode(record.type),
    class: classText(record.class),
    ttl: record.ttl,
    content: viewOfContent(record),
  };
}

function viewOfContent(data: RecordData): unknown {
  switch (data.type) {
    case 'A':
    case 'AAAA':
      return { address: data.address };
    case 'NS':
      return { host: labels(data.host) };
    case 'CNAME':
    case 'DNAME':
    case 'PTR':
      return { target: labels(data.target) };
    case 'SOA': {
      const { serial, refresh, retry, expire, minimum } = data;
      return { primary: labels(data.primary), mailbox: labels(data.mailbox), serial, refresh, retry, expire, minimum };
    }
    case 'MX':
      return { preference: data.preference, exchange: labels(data.exchange) };
    case 'SRV': {
      const { priority, weight, port } = data;
      return { priority, weight, port, target: labels(data.target) };
    }
    case 'TXT':
      return { strings: data.strings.map(hex) };
    case 'CAA':
      return {
        flags: data.flags,
        tag: Buffer.from(data.tag, 'latin1').toString('hex'),
        value: Buffer.from(data.value, 'latin1').toString('hex'),
      };
    default:
      return { data: data.type === 'unknown' ? hex(data.data) : 'TSIG' };
  }
}
