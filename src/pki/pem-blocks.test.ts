import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasCode } from '../core/index.ts';
import { pemBlocks, pemEncode, scanPem } from './pem-blocks.ts';

const block = pemEncode('CERTIFICATE', Uint8Array.of(1, 2, 3));
const octets = fc.uint8Array({ minLength: 1, maxLength: 300 });
const label = fc.constantFrom('CERTIFICATE', 'PRIVATE KEY', 'EC PRIVATE KEY', 'X509 CRL', 'PKCS7');

describe('PEM', () => {
  it('is written with lines of 64 characters and a last line feed', () => {
    expect(pemEncode('X', new Uint8Array(49))).toBe(`-----BEGIN X-----\n${'A'.repeat(64)}\nAA==\n-----END X-----\n`);
  });

  it('round trip: every list of blocks, in either line end, with white space around', () => {
    const gap = fc.constantFrom('', '\n', ' \t\n\n');
    fc.assert(
      fc.property(fc.array(fc.tuple(label, octets, gap)), fc.constantFrom('\n', '\r\n'), (blocks, lineEnd) => {
        const text = blocks.map(([name, der, after]) => pemEncode(name, der) + after).join('');
        const scan = scanPem(text.replaceAll('\n', lineEnd));
        expect(scan.foreignText).toBe(false);
        expect(scan.blocks.map((one) => [one.label, one.der])).toEqual(blocks.map(([name, der]) => [name, der]));
        expect(scan.blocks.map((one) => one.text)).toEqual(blocks.map(([name, der]) => pemEncode(name, der)));
      }),
    );
  });

  it('may lack its last line feed, have a BOM before it and notes around it', () => {
    expect(pemBlocks(block.trimEnd())).toHaveLength(1);
    expect(pemBlocks(`\uFEFF${block}`)).toHaveLength(1);
    expect(pemBlocks(`subject: me\n${block}# end\n`)).toHaveLength(1);
    expect(pemBlocks('')).toEqual([]);
  });

  it('knows text that is no block', () => {
    expect(scanPem(`note\n${block}`).foreignText).toBe(true);
    expect(scanPem(`\uFEFF${block}`).foreignText).toBe(true);
    expect(scanPem(` ${block}`).foreignText).toBe(true);
    expect(scanPem(`${block}-----END CERTIFICATE-----\n`).foreignText).toBe(true);
  });

  it.each([
    ['not closed', block.replace(/-----END.*\n/, '')],
    ['closed by another label', block.replace('END CERTIFICATE', 'END PRIVATE KEY')],
    ['begun again inside', block.replace('AQID', `AQID\n${block}`)],
    ['with text inside', block.replace('AQID', 'AQID\nhello world')],
    ['with headers', block.replace('AQID', 'Proc-Type: 4,ENCRYPTED\n\nAQID')],
    ['empty', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n'],
    ['cut off in its base64', block.replace('AQID', 'AQI')],
    ['with base64 after the padding', block.replace('AQID', 'AQ==AQID')],
    ['with a line end of the Unicode kind', block.replace('AQID', 'AQ\u2028ID')],
  ])('refuses a block %s', (_, text) => {
    expect(() => pemBlocks(text)).toThrow(expect.objectContaining({ code: 'bad-certificate' }));
  });

  it.each([
    ['spaces', `-----BEGIN CERTIFICATE-----${' '.repeat(2_000_000)}x`],
    ['empty lines', '\n'.repeat(2_000_000)],
    ['beginnings', '-----BEGIN '.repeat(180_000)],
    ['carriage returns', `${'\r'.repeat(2_000_000)}x`],
  ])('takes no time over megabytes of %s', { timeout: 3_000 }, (_, text) => {
    expect(pemBlocks(text)).toEqual([]);
  });

  it('refuses what is longer than any bundle', () => {
    expect(() => pemBlocks(' '.repeat((1 << 21) + 1))).toThrow('too long');
  });

  it('of any text ends in blocks or bad-certificate', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom('-----BEGIN CERTIFICATE-----', '-----END CERTIFICATE-----', 'AQID', '\r'),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        try {
          pemBlocks(lines.join('\n'));
        } catch (error) {
          if (!hasCode(error, 'bad-certificate')) throw error;
        }
      }),
    );
  });
});
