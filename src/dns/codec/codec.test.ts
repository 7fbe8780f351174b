import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EversealError } from '../../core/index.ts';
import type { ResourceRecord } from '../message.ts';
import { anyMessage } from '../messages.testing.ts';
import { typeCode, typeName } from './codes.ts';
import { decodeMessage } from './decode.ts';
import { encodeMessage, newMessage } from './encode.ts';
import { textOfTxt, txtStrings } from './txt.ts';

const header = (counts: readonly [number, number, number, number], flags = 0) => [
  0,
  7,
  flags >> 8,
  flags & 0xff,
  ...counts.flatMap((count) => [count >> 8, count & 0xff]),
];
const bytes = (...parts: readonly (number | string | readonly number[])[]) =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...Buffer.from(part, 'latin1')] : part)));
const malformed = (why: string) =>
  expect.objectContaining({ code: 'bad-reply', message: expect.stringContaining(why) });

describe('messages', () => {
  it('come back from the wire as they were', () => {
    fc.assert(
      fc.property(anyMessage(), (message) => {
        expect(decodeMessage(encodeMessage(message))).toEqual(message);
      }),
      { numRuns: 200 },
    );
  });

  it('compress names, also the tail that follows a pointer (RFC 1035 §4.1.4)', () => {
    const record = (name: string, target: string): ResourceRecord => ({
      name,
      class: 'IN',
      ttl: 60,
      type: 'CNAME',
      target,
    });
    const message = newMessage({
      id: 7,
      questions: [{ name: 'F.ISI.ARPA.', type: 'CNAME', class: 'IN' }],
      answers: [record('FOO.F.ISI.ARPA.', 'ARPA.'), record('.', 'FOO.F.ISI.ARPA.')],
    });
    expect(encodeMessage(message)).toEqual(
      bytes(
        header([1, 2, 0, 0]),
        [1, ...Buffer.from('F'), 3, ...Buffer.from('ISI'), 4, ...Buffer.from('ARPA'), 0, 0, 5, 0, 1],
        [3, ...Buffer.from('FOO'), 0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 2, 0xc0, 18],
        [0, 0, 5, 0, 1, 0, 0, 0, 60, 0, 2, 0xc0, 28],
      ),
    );
    expect(decodeMessage(encodeMessage(message))).toEqual(message);
  });

  it('point to nothing beyond the 14 bits of a pointer', () => {
    const filler: ResourceRecord = {
      name: '.',
      class: 'IN',
      ttl: 0,
      type: 'unknown',
      code: 999,
      data: new Uint8Array(16_500),
    };
    const late: ResourceRecord = { name: 'late.example.', class: 'IN', ttl: 0, type: 'NS', host: 'ns.late.example.' };
    const message = newMessage({ answers: [filler, late, late] });
    expect(encodeMessage(message)).toHaveLength(12 + 11 + 16_500 + 2 * (14 + 10 + 17));
    expect(decodeMessage(encodeMessage(message))).toEqual(message);
  });

  it('leave names inside SRV whole, and read them compressed all the same (RFC 3597 §4)', () => {
    const srv = { name: 'a.example.', class: 'IN', ttl: 0, type: 'SRV', priority: 1, weight: 2, port: 3 } as const;
    const message = newMessage({ id: 7, answers: [{ ...srv, target: 'a.example.' }] });
    expect(encodeMessage(message)).toHaveLength(12 + 11 + 10 + 6 + 11);
    const compressed = bytes(
      header([0, 1, 0, 0]),
      [1, ...Buffer.from('a'), 7, ...Buffer.from('example'), 0, 0, 33, 0, 1, 0, 0, 0, 0],
      [0, 8, 0, 1, 0, 2, 0, 3, 0xc0, 12],
    );
    expect(decodeMessage(compressed)).toEqual(message);
  });

  it('carry EDNS with its share of the rcode, before a signature (RFC 6891 §6.1.3, RFC 8945 §5.1)', () => {
    const edns = { udpSize: 1232, dnssecOk: true, options: [{ code: 10, data: bytes([1, 2]) }] };
    const other: ResourceRecord = { name: 'a.', class: 'IN', ttl: 1, type: 'TXT', strings: txtStrings('x') };
    const data = encodeMessage(newMessage({ id: 7, rcode: 'RCODE23', edns, additionals: [other] }));
    expect(data.subarray(0, 29)).toEqual(
      bytes(header([0, 0, 0, 2], 7), [0, 0, 41, 4, 0xd0, 1, 0, 0x80, 0, 0, 6, 0, 10, 0, 2, 1, 2]),
    );
    expect(decodeMessage(data)).toMatchObject({ rcode: 'RCODE23', edns, additionals: [other] });
  });

  it('keep rdata without octets and types without a name as they are (RFC 2136 §2.5, RFC 3597)', () => {
    const deletion: ResourceRecord = {
      name: 'a.example.',
      class: 'ANY',
      ttl: 0,
      type: 'unknown',
      code: typeCode('TXT'),
      data: new Uint8Array(),
    };
    const update = newMessage({ id: 7, opcode: 'UPDATE', authorities: [deletion] });
    expect(decodeMessage(encodeMessage(update))).toEqual(update);
    expect(typeName(16)).toBe('TXT');
    expect(typeName(252)).toBe('AXFR');
    expect(typeName(65)).toBe('TYPE65');
  });

  it('have a TTL of 31 bits: more counts as none (RFC 2181 §8)', () => {
    const record = (ttl: number) =>
      bytes(header([0, 1, 0, 0]), [0, 0, 1, 0, 1, ttl >> 8, ttl & 0xff, 0, 1, 0, 4, 192, 0, 2, 1]);
    expect(decodeMessage(record(0x7fff)).answers[0]?.ttl).toBe(0x7fff0001);
    expect(decodeMessage(record(0x8000)).answers[0]?.ttl).toBe(0);
  });

  it('take an address of another class for octets', () => {
    const chaos: ResourceRecord = { name: 'a.', class: 'CH', ttl: 0, type: 'unknown', code: 1, data: bytes([0, 1, 2]) };
    const message = newMessage({ answers: [chaos] });
    expect(decodeMessage(encodeMessage(message))).toEqual(message);
    const address: ResourceRecord = { name: 'a.', class: 'CH', ttl: 0, type: 'A', address: '192.0.2.1' };
    expect(() => encodeMessage(newMessage({ answers: [address] }))).toThrow(TypeError);
  });

  it.each<[string, Parameters<typeof newMessage>[0]]>([
    ['a label of 64 octets', { questions: [{ name: `${'x'.repeat(64)}.`, type: 'A', class: 'IN' }] }],
    ['an id of 17 bits', { id: 0x10000 }],
    ['half an id', { id: 0.5 }],
    ['an opcode of 5 bits', { opcode: 16 }],
    ['an rcode above 15 without EDNS', { rcode: 'BADTIME' }],
    ['an rcode that is none', { rcode: 'RCODENaN' as `RCODE${number}` }],
    ['a TXT record without strings', { answers: [{ name: '.', class: 'IN', ttl: 0, type: 'TXT', strings: [] }] }],
    ['a negative TTL', { answers: [{ name: '.', class: 'IN', ttl: -1, type: 'A', address: '192.0.2.1' }] }],
    ['a TTL of 32 bits', { answers: [{ name: '.', class: 'IN', ttl: 2 ** 31, type: 'A', address: '192.0.2.1' }] }],
    ['an address that is none', { answers: [{ name: '.', class: 'IN', ttl: 0, type: 'A', address: '::1' }] }],
    [
      'a string of 256 octets',
      { answers: [{ name: '.', class: 'IN', ttl: 0, type: 'TXT', strings: [new Uint8Array(256)] }] },
    ],
    [
      'more than 65,535 octets',
      { answers: [{ name: '.', class: 'IN', ttl: 0, type: 'unknown', code: 999, data: new Uint8Array(65_530) }] },
    ],
    [
      'rdata of more than 65,535 octets',
      { answers: [{ name: '.', class: 'IN', ttl: 0, type: 'unknown', code: 999, data: new Uint8Array(65_536) }] },
    ],
    [
      'a CAA value outside one octet',
      { answers: [{ name: '.', class: 'IN', ttl: 0, type: 'CAA', flags: 0, tag: 'issue', value: '€' }] },
    ],
  ])('with %s cannot be encoded', (_, fields) => {
    expect(() => encodeMessage(newMessage(fields))).toThrow(TypeError);
  });
});

describe('a hostile message', () => {
  const question = (name: readonly number[]) => bytes(header([1, 0, 0, 0]), name, [0, 1, 0, 1]);
  const optRecord = [0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 0];

  it.each<[string, Uint8Array, string]>([
    ['a pointer to itself', question([0xc0, 12]), 'points to octet 12, which is not before it'],
    ['a pointer forward', question([0xc0, 14, 0]), 'points to octet 14'],
    ['a pointer into its own label', question([1, 97, 0xc0, 12]), 'points to octet 12'],
    ['a pointer beyond the end', question([0xff, 0xff]), 'points to octet 16383'],
    ['a label kind of the future', question([0x40, 0]), 'a label of an unknown kind'],
    ['a label that runs out', bytes(header([1, 0, 0, 0]), [9, 97]), '9 octets are announced and 1 are there'],
    ['no end of its name', bytes(header([1, 0, 0, 0]), [1, 97]), 'it ends too early'],
    [
      'a name of 256 octets',
      question([...Array(126).fill([1, 97]).flat(), 2, 97, 97, 0]),
      'a name of more than 255 octets',
    ],
    ['octets left over', bytes(header([0, 0, 0, 0]), [0]), '1 octets are left over'],
    ['65,535 questions that are not there', bytes(header([0xffff, 0, 0, 0])), 'it ends too early'],
    [
      'rdata longer than the message',
      bytes(header([0, 1, 0, 0]), [0, 0, 16, 0, 1, 0, 0, 0, 0, 0, 9, 1, 1]),
      '9 octets',
    ],
    [
      'rdata shorter than its content',
      bytes(header([0, 1, 0, 0]), [0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 3, 1, 2, 3, 4]),
      '4 octets are announced and 3 are there',
    ],
    [
      'rdata longer than its content',
      bytes(header([0, 1, 0, 0]), [0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 5, 1, 2, 3, 4, 5]),
      '1 octets are left over',
    ],
    [
      'a name that leaves its rdata',
      bytes(header([0, 1, 0, 0]), [0, 0, 5, 0, 1, 0, 0, 0, 0, 0, 2, 1, 97, 0]),
      'it ends too early',
    ],
    [
      'a string that leaves its rdata',
      bytes(header([0, 1, 0, 0]), [0, 0, 16, 0, 1, 0, 0, 0, 0, 0, 2, 2, 97, 97]),
      '2 octets are announced and 1 are there',
    ],
    ['two OPT records', bytes(header([0, 0, 0, 2]), optRecord, optRecord), 'two OPT records'],
    ['OPT among the answers', bytes(header([0, 1, 0, 0]), optRecord), 'outside the additional section'],
    ['OPT with a name', bytes(header([0, 0, 0, 1]), [1, 97], optRecord), 'an OPT record has a name'],
  ])('with %s is refused', (_, data, why) => {
    expect(() => decodeMessage(data)).toThrow(malformed(why));
  });

  it('with two pointers that lead to each other is refused at the second', () => {
    const circle = [0, 0xff, 0xf0, 0, 1, 0, 0, 0, 0, 0, 4, 0xc0, 25, 0xc0, 23];
    const record = [0xc0, 23, 0xff, 0xf0, 0, 1, 0, 0, 0, 0, 0, 0];
    expect(() => decodeMessage(bytes(header([0, 2, 0, 0]), circle, record))).toThrow(malformed('points to octet 25'));
  });

  it('with 10,000 pointers in a chain is refused, and as quickly with 5,000 such chains', () => {
    // In the first record's rdata: each pointer leads to the one before it.
    const chain = Array.from({ length: 10_000 }, (_, index) => {
      const target = index === 0 ? 12 : Math.min(0x3fff, 23 + 2 * (index - 1));
      return [0xc0 | (target >> 8), target & 0xff];
    }).flat();
    const first = [0, 0xff, 0xf0, 0, 1, 0, 0, 0, 0, chain.length >> 8, chain.length & 0xff, ...chain];
    const last = 23 + 2 * 8000;
    const pointer = [0xc0 | (last >> 8), last & 0xff];
    const record = [...pointer, 0xff, 0xf0, 0, 1, 0, 0, 0, 0, 0, 0];
    const data = bytes(header([0, 2, 0, 0]), first, record);
    expect(() => decodeMessage(data)).toThrow(malformed('too many pointers'));
    // As many names as fit, each with as many pointers as are allowed.
    const allowed = 23 + 2 * 125;
    const many = Array(3000)
      .fill([0xc0 | (allowed >> 8), allowed & 0xff, ...record.slice(2)])
      .flat();
    expect(decodeMessage(bytes(header([0, 3001, 0, 0]), first, many)).answers).toHaveLength(3001);
  });

  it('is refused however it is cut off', () => {
    fc.assert(
      fc.property(anyMessage(), (message) => {
        const data = encodeMessage(message);
        const cuts = data.length < 300 ? data.keys() : [0, 11, 12, 13, data.length >> 1, data.length - 1];
        for (const cut of cuts) expect(outcome(data.subarray(0, cut))).toBe('bad-reply');
      }),
      { numRuns: 60 },
    );
  });

  it('of random octets is understood or refused, and nothing else', () => {
    const start = fc.constantFrom(header([1, 0, 0, 0]), header([0, 3, 0, 0]), header([1, 2, 1, 3]), []);
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 600 }), (begin, rest) => {
        expect(['understood', 'bad-reply']).toContain(outcome(bytes(begin, [...rest])));
      }),
      { numRuns: 1000 },
    );
  });

  it('with some octets changed is understood or refused, and what is understood can be sent on', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(anyMessage(), changes, (message, flips) => {
        const data = encodeMessage(message);
        for (const [at, octet] of flips) data[at % data.length] = octet;
        expect(['understood', 'bad-reply']).toContain(outcome(data));
        if (outcome(data) === 'understood') {
          const understood = decodeMessage(data);
          expect(decodeMessage(encodeMessage(understood))).toEqual(understood);
        }
      }),
      { numRuns: 200 },
    );
  });

  function outcome(data: Uint8Array): string {
    try {
      decodeMessage(data);
      return 'understood';
    } catch (error) {
      return error instanceof EversealError ? error.code : String(error);
    }
  }
});

describe('the text of a TXT record', () => {
  it('is cut into strings of 255 octets and comes back', () => {
    expect(txtStrings('')).toEqual([new Uint8Array()]);
    expect(txtStrings('é'.repeat(200)).map(({ length }) => length)).toEqual([255, 145]);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 900 }), (text) => {
        const strings = txtStrings(text);
        expect(strings.every(({ length }) => length <= 255)).toBe(true);
        expect(textOfTxt({ strings })).toBe(text);
      }),
    );
  });
});
