import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileBaseOf } from './file-base.ts';
import { decodePunycode, encodePunycode } from './punycode.ts';

describe('the file name of a certificate', () => {
  // What lego 5.3.1 itself answers.
  it.each([
    ['*.example.com', '_.example.com'],
    ['foo-bar.example.com', 'foo-bar.example.com'],
    ['Example.COM', 'Example.COM'],
    ['127.0.0.1', '127.0.0.1'],
    ['2001:db8::1', '2001-db8--1'],
    ['bar\\foo./example.com', 'barfoo.example.com'],
    ['../../etc/passwd', '....etcpasswd'],
    ['bar\tfoo .ex\nam\rple.com', 'barfoo.example.com'],
    ['foo$&{}bar().ex[]ample.com', 'foobar.example.com'],
    ['tEST+x', 'tESTx'],
    ['a_b@c', 'a_b@c'],
    ['%41', '41'],
    ['.hidden', '.hidden'],
    ['a..b', 'a..b'],
    ['fée@example.com', 'xn--fe@example-b7a.com'],
    ['Bücher.Example', 'xn--Bcher-kva.Example'],
    ['MÜNCHEN.de', 'xn--MNCHEN-psa.de'],
    ['é.É', 'xn--9ca.xn--dca'],
    ['ß.de', 'xn--zca.de'],
    ['½.x', 'xn--0ba.x'],
    ['Ⅷ', 'xn--x4g'],
    ['a。b.com', 'xn--ab-r13a.com'],
    ['x\u200dy', 'xn--xy-m1t'],
    ['a\u0301.com', 'xn--a-xbb.com'],
    ['ü*ü:ü', 'xn--_--wkabb'],
    ['ñ\\x.de', 'xn--x-yja.de'],
    ['日本語.jp', 'xn--wgv71a119e.jp'],
    ['பரிட்சை.com', 'xn--hlcj6aya9esc7a.com'],
    ['परीक्षा.com', 'xn--11b5bs3a9aj6g.com'],
    ['😀.com', 'xn--e28h.com'],
    ['❤️🧑🏿‍❤️‍💋‍🧑🏻.com', 'xn--1ugaa726eba24804aca46741c4a81le84aha.com'],
    ['xn--bcher-KVA.de', 'xn--bcher-kva.de'],
    ['xn--Mnchen-3Ya.de', 'xn--Mnchen-3ya.de'],
    ['XN--bcher-kva.de', 'XN--bcher-kva.de'],
    ['xn--.de', '.de'],
    ['xn--a.de', 'xn--a.de'],
  ])('of %j is %s', (name, base) => {
    expect(fileBaseOf(name)).toBe(base);
  });

  it.each(['xn--abc-.de', 'xn--999999.de', 'xn--ü.de', '', '***'.replaceAll('*', '$'), ' /\\ '])(
    'does not exist for %j',
    (name) => {
      expect(() => fileBaseOf(name)).toThrow(expect.objectContaining({ code: 'bad-identifier' }));
    },
  );

  it('never leaves the folder', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'grapheme' }),
          fc.string({ unit: fc.constantFrom('.', '/', '\\', 'a', ':', '\0', '%') }),
        ),
        (name) => {
          let base: string;
          try {
            base = fileBaseOf(name);
          } catch (error) {
            expect(error).toMatchObject({ code: 'bad-identifier' });
            return;
          }
          expect(base).toMatch(/^[A-Za-z0-9._@-]+$/);
        },
      ),
    );
  });

  it('stays the same when it is taken for a name', () => {
    fc.assert(
      fc.property(fc.domain(), (name) => {
        const base = fileBaseOf(`*.${name}`);
        expect(fileBaseOf(base)).toBe(base);
      }),
    );
  });
});

describe('Punycode', () => {
  // RFC 3492 §7.1.
  it.each([
    ['ليهمابتكلموشعربي؟', 'egbpdaj6bu4bxfgehfvwxn'],
    ['他们为什么不说中文', 'ihqwcrb4cv8a8dqg056pqjye'],
    ['Pročprostěnemluvíčesky', 'Proprostnemluvesky-uyb24dma41a'],
    ['почемужеонинеговорятпорусски', 'b1abfaaepdrnnbgefbadotcwatmq2g4l'],
    ['3年B組金八先生', '3B-ww4c5e180e575a65lsy2b'],
    ['-> $1.00 <-', '-> $1.00 <--'],
  ])('of %s is %s', (text, encoded) => {
    expect(encodePunycode(text)).toBe(encoded);
    expect(decodePunycode(encoded)).toBe(text);
  });

  it('comes back the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
        expect(decodePunycode(encodePunycode(text))).toBe(text);
      }),
    );
  });

  it('refuses what is none', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          decodePunycode(text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'bad-identifier' });
        }
      }),
    );
    expect(() => decodePunycode('99999999999999')).toThrow(/not Punycode/);
  });
});
