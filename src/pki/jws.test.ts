import { createPrivateKey, createPublicKey, createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { FlattenedSign, flattenedVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { hasCode, type KeyAlgorithm, Secret, softwareKey, toBase64Url } from '../core/index.ts';
import { keyFixtures, keyForms } from './fixtures/keys.ts';
import { keyFromJwk } from './jwk.ts';
import {
  jwsAlgorithm,
  type MacAlgorithm,
  macJws,
  parseFlattenedJws,
  readMacKey,
  signJws,
  verifyJws,
  verifyMacJws,
} from './jws.ts';

const signerOf = (algorithm: KeyAlgorithm) => softwareKey(createPrivateKey(keyFixtures[algorithm]));

const pairs: readonly (readonly [KeyAlgorithm, string])[] = [
  ['EC256', 'ES256'],
  ['EC384', 'ES384'],
  ['EC521', 'ES512'],
  ['RSA2048', 'RS256'],
  ['RSA4096', 'RS256'],
  ['Ed25519', 'EdDSA'],
];
const header = { nonce: 'abc', url: 'https://ca.example/order', kid: 'https://ca.example/acct/1' };

describe.each(pairs)('signatures of %s as %s', (algorithm, alg) => {
  const signer = signerOf(algorithm);

  it('are accepted by jose', async () => {
    const jws = await signJws({ signer, header, payload: '{"ü":1}' });
    const { payload, protectedHeader } = await flattenedVerify(jws, signer.publicKey);
    expect(Buffer.from(payload).toString()).toBe('{"ü":1}');
    expect(protectedHeader).toEqual({ ...header, alg });
  });

  it('made by jose are accepted, and not when anything is changed', async () => {
    const privateKey = createPrivateKey(keyFixtures[algorithm]);
    const signed = await new FlattenedSign(Buffer.from('hello'))
      .setProtectedHeader({ ...header, alg })
      .sign(privateKey);
    const { jws, payload } = parseFlattenedJws(signed);
    expect(payload).toBe('hello');
    expect(verifyJws(jws, signer.publicKey)).toBe(true);
    expect(verifyJws({ ...jws, payload: toBase64Url('hallo') }, signer.publicKey)).toBe(false);
    expect(verifyJws({ ...jws, signature: toBase64Url('hallo') }, signer.publicKey)).toBe(false);
    expect(verifyJws(jws, signerOf(algorithm === 'EC256' ? 'RSA2048' : 'EC256').publicKey)).toBe(false);
  });
});

describe('RFC vectors', () => {
  const claims = 'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';

  it('RFC 7515 A.1: HS256', () => {
    const macKey = readMacKey(
      new Secret('AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow'),
    );
    const { jws } = parseFlattenedJws({
      protected: 'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9',
      payload: claims,
      signature: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
    });
    expect(verifyMacJws(jws, macKey)).toBe(true);
    expect(verifyMacJws(jws, Uint8Array.of(1))).toBe(false);
  });

  it('RFC 7515 A.3: ES256', () => {
    const key = keyFromJwk({
      kty: 'EC',
      crv: 'P-256',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    });
    const { jws, header: read } = parseFlattenedJws({
      protected: 'eyJhbGciOiJFUzI1NiJ9',
      payload: claims,
      signature: 'DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q',
    });
    expect(read).toEqual({ alg: 'ES256' });
    expect(verifyJws(jws, key)).toBe(true);
  });

  it('RFC 7515 A.4: ES512', () => {
    const key = keyFromJwk({
      kty: 'EC',
      crv: 'P-521',
      x: 'AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk',
      y: 'ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2',
    });
    const { jws } = parseFlattenedJws({
      protected: 'eyJhbGciOiJFUzUxMiJ9',
      payload: 'UGF5bG9hZA',
      signature:
        'AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn',
    });
    expect(verifyJws(jws, key)).toBe(true);
  });

  it('RFC 8037 A.4: Ed25519, octet by octet', async () => {
    const privateKey = createPrivateKey({
      key: {
        kty: 'OKP',
        crv: 'Ed25519',
        d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
        x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
      },
      format: 'jwk',
    });
    const jws = await signJws({ signer: softwareKey(privateKey), header: {}, payload: 'Example of Ed25519 signing' });
    expect(jws).toEqual({
      protected: 'eyJhbGciOiJFZERTQSJ9',
      payload: 'RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc',
      signature: 'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
    });
  });
});

describe('MACs', () => {
  const macKey = new Uint8Array(64).fill(7);

  it.each(['HS256', 'HS384', 'HS512'] as const)('%s agrees with jose both ways', async (algorithm: MacAlgorithm) => {
    const jws = macJws({ algorithm, macKey, header, payload: '{}' });
    expect((await flattenedVerify(jws, createSecretKey(macKey))).protectedHeader).toEqual({
      ...header,
      alg: algorithm,
    });
    const theirs = await new FlattenedSign(Buffer.from('x'))
      .setProtectedHeader({ alg: algorithm })
      .sign(createSecretKey(macKey));
    expect(verifyMacJws(parseFlattenedJws(theirs).jws, macKey)).toBe(true);
  });

  it('are never taken for signatures, nor signatures for MACs', async () => {
    const signer = signerOf('EC256');
    const publicPem = Buffer.from(signer.publicKey.export({ type: 'spki', format: 'pem' }));
    expect(verifyJws(macJws({ algorithm: 'HS256', macKey: publicPem, header, payload: '' }), signer.publicKey)).toBe(
      false,
    );
    expect(verifyMacJws(await signJws({ signer, header, payload: '' }), macKey)).toBe(false);
  });

  it.each([
    ['base64url', '-_8A', [0xfb, 0xff, 0x00]],
    ['base64', '+/8A', [0xfb, 0xff, 0x00]],
    ['unpadded', '-_8', [0xfb, 0xff]],
    ['padded', '-_8=', [0xfb, 0xff]],
    ['surrounded by spaces', ' +w==\n', [0xfb]],
  ])('have keys in %s', (_, text, octets) => {
    expect([...readMacKey(new Secret(text))]).toEqual(octets);
  });

  it.each(['', '=', 'A', 'AAAAA', 'AA=', 'AAA==', 'A A', '"AAAA"', 'ÄÄÄÄ'])(
    'refuse the key %j without showing it',
    (text) => {
      expect(() => readMacKey(new Secret(text))).toThrow(expect.objectContaining({ code: 'bad-key' }));
      if (text.length > 1) expect(() => readMacKey(new Secret(text))).not.toThrow(text);
    },
  );

  it('read back every key that was written in any of the forms', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.constantFrom('base64', 'base64url'), (octets, encoding) => {
        const text = Buffer.from(octets).toString(encoding === 'base64' ? 'base64' : 'base64url');
        expect(readMacKey(new Secret(text))).toEqual(octets);
      }),
    );
  });
});

describe('parsing', () => {
  const good = macJws({ algorithm: 'HS256', macKey: new Uint8Array(32), header, payload: '{"a":1}' });
  const withHeader = (text: string) => ({ ...good, protected: toBase64Url(text) });

  it('gives header and payload back', () => {
    expect(parseFlattenedJws(good)).toEqual({ jws: good, header: { ...header, alg: 'HS256' }, payload: '{"a":1}' });
    expect(parseFlattenedJws({ ...good, payload: '' }).payload).toBe('');
  });

  it.each([
    ['an unprotected header', { ...good, header: {} }],
    ['the general form', { payload: good.payload, signatures: [good] }],
    ['no signature', { ...good, signature: '' }],
    ['no payload', { protected: good.protected, signature: good.signature }],
    ['padding', { ...good, payload: 'e30=' }],
    ['a number', { ...good, payload: 5 }],
    ['a header that is a list', withHeader('[]')],
    ['a header that is no JSON', withHeader('{')],
    ['a header without alg', withHeader('{}')],
    ['critical extensions', withHeader('{"alg":"ES256","crit":["b64"],"b64":false}')],
    ['a payload that is no UTF-8', { ...good, payload: toBase64Url(Uint8Array.of(0xff)) }],
  ])('refuses %s', (_, value) => {
    expect(() => parseFlattenedJws(value)).toThrow(expect.objectContaining({ code: 'bad-reply' }));
  });

  it('of anything ends in a JWS or in bad-reply', () => {
    const text = fc.oneof(fc.string(), fc.string().map(toBase64Url), fc.json().map(toBase64Url));
    const near = fc.record({ protected: text, payload: text, signature: text });
    fc.assert(
      fc.property(fc.oneof(near, fc.anything()), (value) => {
        try {
          verifyMacJws(parseFlattenedJws(value).jws, new Uint8Array(32));
        } catch (error) {
          if (!hasCode(error, 'bad-reply')) throw error;
        }
      }),
    );
  });

  it('round trip: what was signed is read', async () => {
    const signer = signerOf('Ed25519');
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), fc.webUrl(), async (payload, url) => {
        const jws = await signJws({ signer, header: { url }, payload });
        const parsed = parseFlattenedJws(JSON.parse(JSON.stringify(jws)));
        expect(parsed).toEqual({ jws, header: { url, alg: 'EdDSA' }, payload });
        expect(verifyJws(parsed.jws, signer.publicKey)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('has no algorithm for foreign keys', () => {
    expect(() => jwsAlgorithm(createPublicKey(keyForms.secp256k1))).toThrow('No JWS algorithm');
  });
});
