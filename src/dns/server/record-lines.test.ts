import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EversealError } from '../../core/index.ts';
import { parseRecordLines } from './record-lines.ts';

const origin = 'example.com.';
const parse = (text: string) => parseRecordLines(text, { origin, ttl: 60 });
const texts = (text: string) =>
  parse(text).flatMap((record) =>
    record.type === 'TXT' ? record.strings.map((s) => Buffer.from(s).toString('latin1')) : [],
  );

describe('a record line', () => {
  it.each([
    ['www A 192.0.2.1', { name: 'www.example.com.', ttl: 60, class: 'IN', type: 'A', address: '192.0.2.1' }],
    ['www 300 IN A 192.0.2.1', { ttl: 300, type: 'A' }],
    ['www in 300 a 192.0.2.1', { ttl: 300, type: 'A' }],
    ['@ NS ns.example.net.', { name: 'example.com.', type: 'NS', host: 'ns.example.net.' }],
    ['www AAAA 2001:DB8:0::1', { type: 'AAAA', address: '2001:db8::1' }],
    ['a\\.b CNAME @', { name: 'a\\.b.example.com.', type: 'CNAME', target: 'example.com.' }],
    ['x DNAME y', { type: 'DNAME', target: 'y.example.com.' }],
    ['x PTR y.', { type: 'PTR', target: 'y.' }],
    ['@ MX 10 mail', { type: 'MX', preference: 10, exchange: 'mail.example.com.' }],
    ['_s._tcp SRV 1 2 443 www', { type: 'SRV', priority: 1, weight: 2, port: 443, target: 'www.example.com.' }],
    ['@ CAA 128 issue "ca.test; a=b"', { type: 'CAA', flags: 128, tag: 'issue', value: 'ca.test; a=b' }],
    ['@ TYPE65 \\# 3 0001 00', { type: 'unknown', code: 65, data: Uint8Array.of(0, 1, 0) }],
    ['@ TYPE65 \\# 0', { type: 'unknown', code: 65, data: new Uint8Array() }],
    ['@ SOA ns hostmaster 7 1 2 3 4294967295', undefined],
    [
      '@ SOA ns hostmaster 4294967295 1 2 3 4',
      { type: 'SOA', primary: 'ns.example.com.', mailbox: 'hostmaster.example.com.', serial: 4294967295, minimum: 4 },
    ],
  ])('%s', (line, expected) => {
    if (expected === undefined) expect(() => parse(line)).toThrow(EversealError);
    else expect(parse(line)).toMatchObject([expected]);
  });

  it('may be empty or a comment, and end with one', () => {
    expect(parse('\n  ; nothing\r\n www A 192.0.2.1 ; the web\n\n')).toHaveLength(1);
    expect(texts('@ TXT "a ; b";c')).toEqual(['a ; b']);
  });

  it('holds texts of any octets, cut where they pass 255', () => {
    expect(texts('@ TXT plain "with space" "" "a\\"b\\\\c" \\065\\255')).toEqual([
      'plain',
      'with space',
      '',
      'a"b\\c',
      'A\xff',
    ]);
    expect(texts(`@ TXT ${'x'.repeat(600)}`).map(({ length }) => length)).toEqual([255, 255, 90]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 255 }), (octets) => {
        const escaped = [...octets].map((octet) => `\\${String(octet).padStart(3, '0')}`).join('');
        expect(texts(`@ TXT "${escaped}"`)).toEqual([Buffer.from(octets).toString('latin1')]);
      }),
    );
  });

  it.each([
    'www',
    'www A',
    'www A 192.0.2.256',
    'www A 2001:db8::1',
    'www AAAA 192.0.2.1',
    'www A 192.0.2.1 more',
    'www 99999999999 A 192.0.2.1',
    'www NOTHING x',
    'www constructor x',
    'www TYPE99999 \\# 0',
    'www TYPE65 \\# 2 00',
    'www TYPE65 0001',
    '@ MX many mail',
    '@ TXT "open',
    '@ TXT \\256',
    '@ TXT x\\',
    'a..b A 192.0.2.1',
  ])('%s is refused', (line) => {
    expect(() => parse(line)).toThrow(EversealError);
  });

  it('names the line that is wrong, why, and what a right one looks like', () => {
    expect(() => parse('www A 192.0.2.1\n  mail A 192.0.2.x')).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: 'Cannot read the record "mail A 192.0.2.x": 192.0.2.x is no IPv4 address',
        next: expect.stringContaining('www 300 IN A'),
      }),
    );
  });

  it('of whatever text is read or refused, and never anything else', () => {
    const piece = fc.oneof(fc.string(), fc.constantFrom('www', ' ', 'A', 'TXT', '"', '\\', '192.0.2.1', '\\#', 'IN'));
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        try {
          parse(pieces.join(' '));
        } catch (error) {
          expect(error).toBeInstanceOf(EversealError);
        }
      }),
    );
  });
});
