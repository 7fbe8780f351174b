import { describe, expect, it } from 'vitest';
import { hasCode } from '../../core/index.ts';
import { normaliseIdentifiers } from '../identifiers.ts';

const label = (length: number): string => 'a'.repeat(length);
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** What people type, and what stands in the certificate; undefined: refused. */
const typed: readonly (readonly [what: string, text: string, expected: string | undefined])[] = [
  ['an internationalised name', 'Bücher.example', 'xn--bcher-kva.example'],
  ['punycode that decodes to nothing', 'xn--a.example', undefined],
  ['punycode that decodes to ASCII', 'xn--abc-.example', undefined],
  ['a trailing dot', 'www.example.', 'www.example'],
  ['two trailing dots', 'www.example..', undefined],
  ['upper case', 'WWW.EXAMPLE', 'www.example'],
  ['an underscore', 'a_b.example', undefined],
  ['a label of 63 octets', `${label(63)}.example`, `${label(63)}.example`],
  ['a label of 64 octets', `${label(64)}.example`, undefined],
  ['a name of 254 octets', `${`${label(49)}.`.repeat(5)}aaaa`, undefined],
  ['a bare wildcard', '*', undefined],
  ['a wildcard of nothing', '*.', undefined],
  ['a wildcard in the middle', 'www.*.example', undefined],
  ['two wildcards', '*.*.example', undefined],
  ['a part of a label as wildcard', 'w*.example', undefined],
  ['an IPv4 address', '192.0.2.7', '192.0.2.7'],
  ['an IPv4 address with leading zeros', '192.000.002.007', undefined],
  ['an IPv4 address in parts', '1.2.3', undefined],
  ['a zone in an IPv6 address', 'fe80::1%eth0', undefined],
  ['an IPv6 address in brackets', '[2001:DB8::1]', '2001:db8::1'],
  ['an empty label', 'a..b', undefined],
  ['nothing', '', undefined],
  ['a space inside', 'a b.example', undefined],
  ['a line break', 'a\nb.example', undefined],
  ['a NUL', 'www.example\u0000.evil.example', undefined],
  ['an escape sequence', '\u001b[31m.example', undefined],
  ['a bidirectional override', 'www\u202e.example', undefined],
  ['a path', '../../etc/passwd', undefined],
  ['a shell command', '$(id).example', undefined],
  ['one megabyte', label(1 << 20), undefined],
];

describe('names from users', () => {
  it.each(typed)('%s', async (_what, text, expected) => {
    if (expected !== undefined) return expect((await normaliseIdentifiers([text]))[0]?.value).toBe(expected);
    let error: unknown;
    try {
      await normaliseIdentifiers([text]);
    } catch (thrown) {
      error = thrown;
    }
    if (!hasCode(error, 'bad-identifier')) return expect.fail(`was not refused: ${String(error)}`);
    expect(error.message.length).toBeLessThanOrEqual(300);
    expect(error.message).not.toMatch(unprintable);
    expect(error.next).toMatch(/\.$/);
  });

  it('equal names after lower-casing are one name', async () => {
    expect(await normaliseIdentifiers(['www.example', 'WWW.example', 'www.EXAMPLE.'])).toHaveLength(1);
  });

  it('101 names are left for the CA to refuse', async () => {
    expect(await normaliseIdentifiers(Array.from({ length: 101 }, (_, i) => `n${i}.example`))).toHaveLength(101);
  });
});
