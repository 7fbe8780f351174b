/** Names and messages of every kind, for property tests. */
import fc from 'fast-check';
import { formatIpAddress } from '../core/index.ts';
import { newMessage } from './codec/index.ts';
import type { DnsMessage, Question, RecordClass, RecordData, QueryType, Rcode, ResourceRecord } from './message.ts';
import { nameOfLabels } from './name.ts';

const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u31 = fc.integer({ min: 0, max: 0x7fffffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const u48 = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const octets = (max: number, min = 0) => fc.uint8Array({ minLength: min, maxLength: max });

/** 1 to 63 octets. */
export const anyLabel: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'B', 'www', 'example', '_acme-challenge', '*', 'a.b', '\\').map(ascii) },
  { weight: 2, arbitrary: octets(8, 1) },
  { weight: 1, arbitrary: octets(63, 1) },
);

/** Up to 255 octets; many share their tails, so that there is something to compress. */
export const anyName: fc.Arbitrary<string> = fc
  .oneof(
    { weight: 8, arbitrary: fc.array(anyLabel, { maxLength: 6 }) },
    { weight: 1, arbitrary: fc.array(octets(1, 1), { minLength: 120, maxLength: 127 }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(63, 61).map((last) => [63, 63, 63, last].map((n) => ascii('x'.repeat(n)))),
    },
  )
  .map(fitting)
  .map(nameOfLabels);

/** Names as host names are: what needs no escape. */
export const anyPlainName: fc.Arbitrary<string> = fc
  .array(fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/), { maxLength: 6 })
  .map((labels) => `${labels.join('.')}.`);

const latin1 = (max: number) => octets(max).map((text) => Buffer.from(text).toString('latin1'));

type DataByType = Readonly<Record<RecordData['type'], fc.Arbitrary<RecordData>>>;

const dataByType = (names: fc.Arbitrary<string>): DataByType => ({
  A: fc.record({ type: fc.constant('A'), address: octets(4, 4).map(formatIpAddress) }),
  AAAA: fc.record({ type: fc.constant('AAAA'), address: octets(16, 16).map(formatIpAddress) }),
  NS: fc.record({ type: fc.constant('NS'), host: names }),
  CNAME: fc.record({ type: fc.constant('CNAME'), target: names }),
  DNAME: fc.record({ type: fc.constant('DNAME'), target: names }),
  PTR: fc.record({ type: fc.constant('PTR'), target: names }),
  SOA: fc.record({
    type: fc.constant('SOA'),
    primary: names,
    mailbox: names,
    serial: u32,
    refresh: u32,
    retry: u32,
    expire: u32,
    minimum: u32,
  }),
  MX: fc.record({ type: fc.constant('MX'), preference: u16, exchange: names }),
  SRV: fc.record({ type: fc.constant('SRV'), priority: u16, weight: u16, port: u16, target: names }),
  TXT: fc.record({ type: fc.constant('TXT'), strings: fc.array(octets(255), { minLength: 1, maxLength: 6 }) }),
  CAA: fc.record({ type: fc.constant('CAA'), flags: u8, tag: latin1(20), value: latin1(300) }),
  TSIG: fc.record({
    type: fc.constant('TSIG'),
    algorithm: names,
    timeSigned: u48,
    fudge: u16,
    mac: octets(64),
    originalId: u16,
    error: u16,
    other: octets(6),
  }),
  unknown: fc.record({
    type: fc.constant('unknown'),
    code: fc.integer({ min: 300, max: 0xffff }),
    data: octets(80),
  }),
});

const anyClass: fc.Arbitrary<RecordClass> = fc.oneof(
  { weight: 5, arbitrary: fc.constant('IN' as const) },
  { weight: 1, arbitrary: fc.constantFrom<RecordClass>('CH', 'HS', 'NONE', 'ANY', 2, 0xfff0) },
);

/** Records whose form depends on their class stay in those that have it. */
const internetOnly: readonly string[] = ['A', 'AAAA', 'SRV'];

/** Any record; of all types, or of these. */
export function anyRecord(types?: readonly string[], names = anyName): fc.Arbitrary<ResourceRecord> {
  const data = fc.oneof(
    ...Object.entries(dataByType(names)).flatMap(([type, data]) => (types?.includes(type) === false ? [] : [data])),
  );
  return fc
    .record({ name: names, class: anyClass, ttl: u31, data })
    .map(({ data: content, class: recordClass, ...rest }) => ({
      ...rest,
      class: internetOnly.includes(content.type) && recordClass !== 'NONE' ? 'IN' : recordClass,
      ...content,
    }));
}

/** RFC 2136 §2.5: deletions without rdata, and of single records. */
export const anyDeletion: fc.Arbitrary<ResourceRecord> = fc.oneof(
  fc.record({
    name: anyName,
    class: fc.constant('ANY' as const),
    ttl: fc.constant(0),
    type: fc.constant('unknown' as const),
    code: fc.constantFrom(1, 16, 255, 257),
    data: fc.constant(new Uint8Array()),
  }),
  anyRecord(['TXT', 'A', 'MX']).map((record) => ({ ...record, class: 'NONE' as const, ttl: 0 })),
);

const anyQuestion = (names: fc.Arbitrary<string>): fc.Arbitrary<Question> =>
  fc.record({
    name: names,
    type: fc.constantFrom<QueryType>('A', 'AAAA', 'TXT', 'CAA', 'SOA', 'NS', 'ANY', 'AXFR', 65, 0xfff0),
    class: anyClass,
  });

const anyEdns = fc.record({
  udpSize: u16,
  dnssecOk: fc.boolean(),
  options: fc.array(fc.record({ code: u16, data: octets(24) }), { maxLength: 3 }),
});

/** Any message; `records` are what may stand in its sections. */
export function anyMessage(records = fc.oneof(anyRecord(), anyDeletion), names = anyName): fc.Arbitrary<DnsMessage> {
  const section = fc.array(records, { maxLength: 4 });
  return fc
    .record({
      id: u16,
      response: fc.boolean(),
      opcode: fc.constantFrom<DnsMessage['opcode']>('QUERY', 'STATUS', 'NOTIFY', 'UPDATE', 1, 15),
      authoritative: fc.boolean(),
      truncated: fc.boolean(),
      recursionDesired: fc.boolean(),
      recursionAvailable: fc.boolean(),
      authenticData: fc.boolean(),
      checkingDisabled: fc.boolean(),
      rcode: fc.constantFrom<Rcode>(
        'NOERROR',
        'NXDOMAIN',
        'REFUSED',
        'NOTZONE',
        'RCODE11',
        'BADSIG',
        'BADTIME',
        'RCODE4095',
      ),
      edns: fc.option(anyEdns, { nil: undefined }),
      questions: fc.array(anyQuestion(names), { maxLength: 2 }),
      answers: section,
      authorities: section,
      additionals: section,
    })
    .map(({ rcode, edns, ...message }) => {
      const large = ['BADSIG', 'BADTIME', 'RCODE4095'].includes(rcode);
      return newMessage({ ...message, edns, rcode: large && edns === undefined ? 'SERVFAIL' : rcode });
    });
}

/** As many of the labels as a name can hold. */
function fitting(labels: readonly Uint8Array[]): readonly Uint8Array[] {
  let left = 254;
  return labels.filter((label) => {
    const fits = label.length + 1 <= left;
    if (fits) left -= label.length + 1;
    return fits;
  });
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}
