import { AttributeTypeAndValue, AttributeValue, Name, RelativeDistinguishedName } from '@peculiar/asn1-x509';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDer, toDer } from './der.ts';
import { buildName, commonNameOf, formatName } from './distinguished-name.ts';

const shownAs = (value: string) => formatName(buildName([{ type: 'O', value }]));

describe('a distinguished name', () => {
  it('is shown from its last attribute to its first', () => {
    const name = buildName([
      { type: 'C', value: 'DE' },
      { type: 'O', value: 'Example' },
      { type: 'CN', value: 'Root' },
    ]);
    expect(formatName(name)).toBe('CN=Root,O=Example,C=DE');
    expect(formatName(buildName([]))).toBe('');
  });

  it.each([
    ['Lučić', 'O=Lučić'],
    ['James "Jim" Smith, III', 'O=James \\"Jim\\" Smith\\, III'],
    [' a ', 'O=\\ a\\ '],
    [' ', 'O=\\ '],
    ['#1 #2', 'O=\\#1 #2'],
    ['a\\ ', 'O=a\\\\\\ '],
    ['a+b;<c>=d', 'O=a\\+b\\;\\<c\\>=d'],
    ['Before\rAfter', 'O=Before\\0dAfter'],
    ['\u2028x', 'O=\\e2\\80\\a8x'],
  ])('escapes %j (RFC 4514 §2.4, §4)', (value, text) => {
    expect(shownAs(value)).toBe(text);
  });

  it('joins the parts of one component, and shows unknown types in hexadecimal', () => {
    const attribute = (type: string, utf8String: string) =>
      new AttributeTypeAndValue({ type, value: new AttributeValue({ utf8String }) });
    const name = new Name([new RelativeDistinguishedName([attribute('2.5.4.11', 'Sales'), attribute('2.5.4.5', '7')])]);
    expect(formatName(name)).toBe('OU=Sales+2.5.4.5=#0c0137');
  });

  it('survives DER, stays in one line and keeps its common name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 64 }), (value) => {
        const name = parseDer(toDer(buildName([{ type: 'CN', value }])), Name, 'name');
        expect(commonNameOf(name)).toBe(value);
        expect(formatName(name)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
      }),
    );
  });

  it.each([
    ['CN', 'a'.repeat(65)],
    ['CN', ''],
    ['C', 'DEU'],
  ] as const)('refuses %s=%s', (type, value) => {
    expect(() => buildName([{ type, value }])).toThrow(expect.objectContaining({ code: 'bad-identifier' }));
  });
});
