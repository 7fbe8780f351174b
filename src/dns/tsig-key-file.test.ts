import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EversealError } from '../core/index.ts';
import { parseTsigKeyFile } from './tsig-key-file.ts';

const secret = 'R2VoZWlt//+aZWlj/2g=';
const fails = (text: string, fileName?: string) => {
  try {
    parseTsigKeyFile(text, { ...(fileName && { fileName }) });
  } catch (error) {
    if (error instanceof EversealError) return error;
    throw error;
  }
  throw new Error('it was read');
};

describe('a TSIG key file', () => {
  it.each<[string, string, string?]>([
    ['of tsig-keygen', `key "update.example" {\n\talgorithm hmac-sha512;\n\tsecret "${secret}";\n};\n`],
    [
      'that is a part of named.conf, with comments and without quotes',
      `# a key\nacl "x" { any; };\nKEY_OF_NOBODY;\n/* key "no" { } */ key update.example. {\n  // secret "no";\n  secret ${secret}; algorithm "HMAC-SHA512."; };\nserver 192.0.2.1 { keys { update.example; }; };`,
    ],
    [
      'of dnssec-keygen, private',
      `Private-key-format: v1.3\nAlgorithm: 165 (HMAC_SHA512)\nKey: ${secret}\nBits: AAA=\nCreated: 20300101000000\n`,
      '/etc/keys/Kupdate.example.+165+03012.private',
    ],
    [
      'of dnssec-keygen, public',
      `; a key\nupdate.example. IN KEY 512 3 165 ${secret.slice(0, 8)} ${secret.slice(8)}\n`,
    ],
    [
      'of Knot',
      `# hmac-sha512:update.example:${secret}\nkey:\n- id: update.example\n  algorithm: hmac-sha512\n  secret: ${secret}\n`,
    ],
    [
      'of Knot, among its other settings',
      `server:\n    listen: ::1@53\n\nkey:\n  - id: "update.example."\n    secret: "${secret}"   # secret\n    algorithm: hmac-sha512\n\nacl:\n  - id: other\n    key: update.example\n`,
    ],
    ['of one line', `hmac-sha512:update.example:${secret}\n`],
  ])('%s', (_, text, fileName) => {
    for (const form of [text, text.replaceAll('\n', '\r\n')]) {
      const key = parseTsigKeyFile(form, { ...(fileName && { fileName }) });
      expect({ ...key, secret: key.secret.reveal().replace(' ', '') }).toEqual({
        name: 'update.example.',
        algorithm: 'hmac-sha512',
        secret,
      });
    }
  });

  it('may hold one key twice, and not two keys', () => {
    const statement = (name: string) => `key ${name} { algorithm hmac-sha1; secret "${secret}"; };`;
    expect(parseTsigKeyFile(statement('a') + statement('A.')).name).toBe('a.');
    expect(fails(statement('a') + statement('b'))).toMatchObject({
      code: 'bad-key',
      message: 'The TSIG key file cannot be used: it holds several keys (a., b.)',
    });
  });

  it.each<[string, string, string]>([
    ['nothing', '', 'there is no key in it'],
    ['no key', 'options { directory "/"; };', 'there is no key in it'],
    ['no secret', 'key a { algorithm hmac-sha1; };', "it does not say the key's secret"],
    ['no algorithm', 'key a { secret "YQ=="; };', "it does not say the key's algorithm"],
    ['a key statement without end', 'key a {', "it does not say the key's algorithm and secret"],
    ['nsupdate without algorithm', 'a:YQ==', "it does not say the key's algorithm"],
    ['a secret that is not base64', 'hmac-sha1:a:geheim!', 'The secret of the TSIG key a. is not base64'],
  ])('with %s is refused, and shows no secret', (_, text, message) => {
    const failure = fails(text);
    expect(failure.code).toBe('bad-key');
    expect(failure.message).toContain(message);
    expect(`${failure.message} ${failure.next}`).not.toMatch(/YQ==|geheim/);
  });

  it('names the known algorithms instead of another one', () => {
    expect(fails('key a { algorithm gss-tsig; secret "YQ=="; };')).toMatchObject({
      code: 'usage',
      next: expect.stringContaining('hmac-sha256'),
    });
    expect(fails('a. IN KEY 512 3 8 AwEAAQ==')).toMatchObject({ code: 'usage' });
  });

  it('of dnssec-keygen says by its file name whose key it is', () => {
    const failure = fails(
      `Private-key-format: v1.3\nAlgorithm: 163 (HMAC_SHA256)\nKey: ${secret}\n`,
      '/tmp/renamed.key',
    );
    expect(failure.message).toBe("The TSIG key file /tmp/renamed.key cannot be used: it does not say the key's name");
    expect(failure.next).toContain('K<name>+<algorithm>+<number>.private');
  });

  it('is read or refused, and nothing else', () => {
    const words = fc.constantFrom(
      'key',
      '{',
      '}',
      ';',
      '"',
      'algorithm',
      'secret',
      'hmac-sha1',
      'a',
      ':',
      '\n',
      '- id:',
      '#',
      '/*',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(words, fc.string()), { maxLength: 30 }), (parts) => {
        const text = parts.join(' ');
        try {
          expect(parseTsigKeyFile(text).secret.reveal()).not.toBe('');
        } catch (error) {
          expect(error).toBeInstanceOf(EversealError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
