/** How the content of each known type stands on the wire. */
import { formatIpAddress, parseIpAddress } from '../../core/index.ts';
import type { KnownType, RecordClass, RecordData } from '../message.ts';
import type { WireReader } from './wire-reader.ts';
import type { WireWriter } from './wire-writer.ts';

type DataOf<Type extends KnownType> = Extract<RecordData, { readonly type: Type }>;

interface RecordFormat<Type extends KnownType> {
  readonly code: number;
  /** The format is that of the Internet; in other classes the content has another one (RFC 3597 §2). */
  readonly internetOnly?: boolean;
  readonly read: (reader: WireReader) => DataOf<Type>;
  readonly write: (writer: WireWriter, data: DataOf<Type>) => void;
}

/**
 * Names inside the content are compressed for types of RFC 1035 only (RFC 3597 §4), and read compressed everywhere. The
 * octets of texts (CAA) are characters U+0000 to U+00FF, so that all of them survive.
 */
const formats: { readonly [Type in KnownType]: RecordFormat<Type> } = {
  A: {
    code: 1,
    internetOnly: true,
    read: (reader) => ({ type: 'A', address: formatIpAddress(reader.octets(4)) }),
    write: (writer, { address }) => writer.octets(addressOctets(address, 4)),
  },
  NS: {
    code: 2,
    read: (reader) => ({ type: 'NS', host: reader.name() }),
    write: (writer, { host }) => writer.name(host),
  },
  CNAME: {
    code: 5,
    read: (reader) => ({ type: 'CNAME', target: reader.name() }),
    write: (writer, { target }) => writer.name(target),
  },
  SOA: {
    code: 6,
    read: (reader) => ({
      type: 'SOA',
      primary: reader.name(),
      mailbox: reader.name(),
      serial: reader.u32(),
      refresh: reader.u32(),
      retry: reader.u32(),
      expire: reader.u32(),
      minimum: reader.u32(),
    }),
    write: (writer, { primary, mailbox, serial, refresh, retry, expire, minimum }) => {
      writer.name(primary);
      writer.name(mailbox);
      for (const number of [serial, refresh, retry, expire, minimum]) writer.u32(number);
    },
  },
  PTR: {
    code: 12,
    read: (reader) => ({ type: 'PTR', target: reader.name() }),
    write: (writer, { target }) => writer.name(target),
  },
  MX: {
    code: 15,
    read: (reader) => ({ type: 'MX', preference: reader.u16(), exchange: reader.name() }),
    write: (writer, { preference, exchange }) => {
      writer.u16(preference);
      writer.name(exchange);
    },
  },
  TXT: {
    code: 16,
    read: (reader) => ({ type: 'TXT', strings: readStrings(reader) }),
    write: (writer, { strings }) => {
      if (strings.length === 0) throw new TypeError('a TXT record has at least one string');
      for (const string of strings) writer.characterString(string);
    },
  },
  AAAA: {
    code: 28,
    internetOnly: true,
    read: (reader) => ({ type: 'AAAA', address: formatIpAddress(reader.octets(16)) }),
    write: (writer, { address }) => writer.octets(addressOctets(address, 16)),
  },
  SRV: {
    code: 33,
    internetOnly: true,
    read: (reader) => ({
      type: 'SRV',
      priority: reader.u16(),
      weight: reader.u16(),
      port: reader.u16(),
      target: reader.name(),
    }),
    write: (writer, { priority, weight, port, target }) => {
      for (const number of [priority, weight, port]) writer.u16(number);
      writer.plainName(target);
    },
  },
  DNAME: {
    code: 39,
    read: (reader) => ({ type: 'DNAME', target: reader.name() }),
    write: (writer, { target }) => writer.plainName(target),
  },
  TSIG: {
    code: 250,
    read: (reader) => ({
      type: 'TSIG',
      algorithm: reader.name(),
      timeSigned: reader.u48(),
      fudge: reader.u16(),
      mac: reader.octets(reader.u16()),
      originalId: reader.u16(),
      error: reader.u16(),
      other: reader.octets(reader.u16()),
    }),
    write: (writer, { algorithm, timeSigned, fudge, mac, originalId, error, other }) => {
      writer.plainName(algorithm);
      writer.u48(timeSigned);
      writer.u16(fudge);
      writer.u16(mac.length);
      writer.octets(mac);
      writer.u16(originalId);
      writer.u16(error);
      writer.u16(other.length);
      writer.octets(other);
    },
  },
  CAA: {
    code: 257,
    read: (reader) => ({
      type: 'CAA',
      flags: reader.u8(),
      tag: latin1(reader.octets(reader.u8())),
      value: latin1(reader.octets(reader.left)),
    }),
    write: (writer, { flags, tag, value }) => {
      writer.u8(flags);
      writer.characterString(octetsOf(tag));
      writer.octets(octetsOf(value));
    },
  },
};

/** Looked up once a record: a list would be searched. */
const typesByCode: ReadonlyMap<number, KnownType> = new Map(
  knownTypes().map((type) => [formats[type].code, type] as const),
);

export function isKnownType(type: string): type is KnownType {
  return Object.hasOwn(formats, type);
}

export function codeOfKnownType(type: KnownType): number {
  return formats[type].code;
}

export function knownTypeOf(code: number): KnownType | undefined {
  return typesByCode.get(code);
}

/** Reads a record's content, which ends where the reader's stretch does. */
export function readRecordData(reader: WireReader, code: number, recordClass: RecordClass): RecordData {
  const type = knownTypeOf(code);
  if (type === undefined || reader.left === 0 || !isWrittenIn(recordClass, type))
    return { type: 'unknown', code, data: reader.octets(reader.left) };
  return formats[type].read(reader);
}

/** @throws TypeError when a field does not fit */
export function writeRecordData(writer: WireWriter, data: RecordData, recordClass: RecordClass): void {
  if (data.type === 'unknown') {
    writer.octets(data.data);
    return;
  }
  if (!isWrittenIn(recordClass, data.type))
    throw new TypeError(`${data.type} has another form in class ${recordClass}: give it as unknown`);
  writeKnown(writer, data.type, data);
}

function writeKnown<Type extends KnownType>(writer: WireWriter, type: Type, data: DataOf<Type>): void {
  const format: RecordFormat<Type> = formats[type];
  format.write(writer, data);
}

function isWrittenIn(recordClass: RecordClass, type: KnownType): boolean {
  return formats[type].internetOnly !== true || ['IN', 'NONE', 'ANY', 'HS'].includes(String(recordClass));
}

function knownTypes(): readonly KnownType[] {
  return Object.keys(formats).filter(isKnownType);
}

function readStrings(reader: WireReader): readonly Uint8Array[] {
  const strings: Uint8Array[] = [];
  while (reader.left > 0) strings.push(reader.octets(reader.u8()));
  return strings;
}

function addressOctets(address: string, length: number): Uint8Array {
  const octets = parseIpAddress(address);
  if (octets?.length !== length) throw new TypeError(`${address} is no address of ${length} octets`);
  return octets;
}

function latin1(octets: Uint8Array): string {
  return Buffer.from(octets).toString('latin1');
}

function octetsOf(text: string): Uint8Array {
  if (/[^\0-\xff]/.test(text)) throw new TypeError('a character of a CAA record is one octet');
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}
