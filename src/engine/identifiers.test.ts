import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EversealError } from '../core/index.ts';
import { normaliseIdentifier, normaliseIdentifiers } from './identifiers.ts';
import { unicodeName } from './unicode-name.ts';

describe('normaliseIdentifier', () => {
  it.each([
    ['Example.COM', 'dns', 'example.com'],
    ['example.com.', 'dns', 'example.com'],
    [' example.com ', 'dns', 'example.com'],
    ['*.Example.com', 'dns', '*.example.com'],
    ['Bücher.example', 'dns', 'xn--bcher-kva.example'],
    ['faß.de', 'dns', 'xn--fa-hia.de'],
    ['日本。jp', 'dns', 'xn--wgv71a.jp'],
    ['r3---sn.example', 'dns', 'r3---sn.example'],
    ['localhost', 'dns', 'localhost'],
    ['192.0.2.7', 'ip', '192.0.2.7'],
    ['2001:DB8:0:0::1', 'ip', '2001:db8::1'],
    ['[::1]', 'ip', '::1'],
  ])('reads %s as %s %s', async (text, type, value) => {
    expect(await normaliseIdentifier(text)).toEqual({ type, value });
  });

  it.each([
    ['', 'empty'],
    ['https://example.com/', 'URL'],
    ['me@example.com', 'e-mail'],
    ['fe80::1%eth0', 'zone'],
    ['10.0.0.0/8', 'slash'],
    ['example.com:443', 'port'],
    ['a b.example', 'white space'],
    ['*', 'every name'],
    ['*.*.example.com', 'first label'],
    ['a*.example.com', 'whole label'],
    ['www.*.example.com', 'whole label'],
    ['my_host.example.com', 'underscore'],
    ['1.2.3', 'end in a number'],
    ['999.1.1.1', 'end in a number'],
    ['a..b', 'empty label'],
    ['-a.example', 'hyphen'],
    ['a-.example', 'hyphen'],
    [`${'a'.repeat(64)}.example`, '63 octets'],
    [`${'a.'.repeat(130)}example`, '253 octets'],
    [`*.${'abc.'.repeat(61)}abcdefghi`, '253 octets'],
    ['xn--a.example', 'UTS 46'],
    ['.example.com', 'empty label'],
  ])('refuses %j: %s', async (text, why) => {
    await expect(normaliseIdentifier(text)).rejects.toEqual(
      expect.objectContaining({ code: 'bad-identifier', message: expect.stringContaining(why) }),
    );
  });

  it('gives every refusal a next step and never another kind of error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), async (text) => {
        try {
          const identifier = await normaliseIdentifier(text);
          expect(await normaliseIdentifier(identifier.value)).toEqual(identifier);
        } catch (error) {
          expect(error).toBeInstanceOf(EversealError);
          expect(error).toMatchObject({ code: 'bad-identifier', next: expect.stringMatching(/\.$/) });
        }
      }),
    );
  });
});

describe('names in ASCII', () => {
  it('come out as by the tables of UTS 46, which are not loaded for them', async () => {
    const unit = fc.constantFrom(...'azAZ09-._!~', 'a'.repeat(40));
    const name = fc.string({ unit, minLength: 1, maxLength: 12 }).map((text) => `${text}z.example`);
    await fc.assert(
      fc.asyncProperty(name, async (text) => {
        const given = await normaliseIdentifier(text).catch(() => undefined);
        if (given !== undefined) expect(given.value).toBe(unicodeName(text));
        else expect(/_|(^|\.)-|-(\.|$)/.test(text) || unicodeName(text) === null).toBe(true);
      }),
    );
  });
});

describe('normaliseIdentifiers', () => {
  it('drops what is equal after normalisation and keeps the order', async () => {
    const names = await normaliseIdentifiers(['b.example', 'A.example', 'a.example.', 'B.EXAMPLE']);
    expect(names.map(({ value }) => value)).toEqual(['b.example', 'a.example']);
  });
});
