import { createPrivateKey, createPublicKey } from 'node:crypto';
import fc from 'fast-check';
import { calculateJwkThumbprint } from 'jose';
import { describe, expect, it } from 'vitest';
import { EversealError, hasCode, keyAlgorithms } from '../core/index.ts';
import { keyFixtures, keyForms } from './fixtures/keys.ts';
import { jwkThumbprint, keyFromJwk, publicJwk } from './jwk.ts';

/** RFC 7638 §3.1. */
const rfc7638Key = {
  kty: 'RSA',
  n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
  e: 'AQAB',
  alg: 'RS256',
  kid: '2011-04-29',
};
/** RFC 8037 appendix A.2. */
const rfc8037Key = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
/** Its x starts with a zero octet. */
const shortXKey = {
  kty: 'EC',
  crv: 'P-256',
  x: 'AHu4tsu7AG_zkEi4aFsnZvucGh4e86So1RAC4Shk4bU',
  y: 'oBy5BGSa5wHEj8CvbEz7Yi62YGb3NsMfsS63saHFzGI',
};

describe('thumbprint', () => {
  it('is that of RFC 7638 §3.1 and RFC 8037 A.3', () => {
    expect(jwkThumbprint(rfc7638Key)).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
    expect(jwkThumbprint(keyFromJwk(rfc7638Key))).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
    expect(jwkThumbprint(keyFromJwk(rfc8037Key))).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
  });

  it.each(keyAlgorithms)('of a %s key is what jose computes', async (algorithm) => {
    const key = createPrivateKey(keyFixtures[algorithm]);
    expect(jwkThumbprint(key)).toBe(await calculateJwkThumbprint({ ...publicJwk(key) }));
  });

  it('needs every required member', () => {
    expect(() => jwkThumbprint({ kty: 'RSA', n: 'AQAB' })).toThrow('"e" is missing');
  });
});

describe('a public JWK', () => {
  it.each(keyAlgorithms)('of %s gives the key back and no private member', (algorithm) => {
    const jwk = publicJwk(createPrivateKey(keyFixtures[algorithm]));
    expect(Object.keys(jwk).filter((name) => !['crv', 'e', 'kty', 'n', 'x', 'y'].includes(name))).toEqual([]);
    expect(keyFromJwk(jwk).equals(createPublicKey(keyFixtures[algorithm]))).toBe(true);
  });

  it('keeps the leading zeros of a coordinate', () => {
    expect(publicJwk(keyFromJwk(shortXKey))).toEqual(shortXKey);
  });

  it('is not made of keys that nobody takes', () => {
    for (const pem of [keyForms.rsa1024, keyForms.secp256k1, keyForms.x25519]) {
      expect(() => publicJwk(createPrivateKey(pem))).toThrow(expect.objectContaining({ code: 'bad-key' }));
    }
  });
});

describe('a JWK from a stranger', () => {
  const weakRsa = createPublicKey(keyForms.rsa1024).export({ format: 'jwk' });
  const [, ...shortX] = Buffer.from(shortXKey.x, 'base64url');
  it.each([
    ['null', null],
    ['a list', [shortXKey]],
    ['no kty', { crv: 'P-256', x: shortXKey.x, y: shortXKey.y }],
    ['a kty of every object', { kty: 'constructor' }],
    ['a curve of every object', { ...shortXKey, crv: 'toString' }],
    ['a symmetric key', { kty: 'oct', k: 'AAAA' }],
    ['a private key', { ...shortXKey, d: shortXKey.x }],
    ['another curve', { ...shortXKey, crv: 'secp256k1' }],
    ['a curve of the wrong kind', { kty: 'EC', crv: 'Ed25519', x: rfc8037Key.x, y: rfc8037Key.x }],
    ['a coordinate without its zero', { ...shortXKey, x: Buffer.from(shortX).toString('base64url') }],
    ['a point that is not on the curve', { ...shortXKey, y: shortXKey.x }],
    ['padding', { ...shortXKey, x: `${shortXKey.x}=` }],
    ['loose last bits', { ...rfc8037Key, x: rfc8037Key.x.replace(/o$/, 'p') }],
    ['a number', { ...shortXKey, x: 5 }],
    ['RSA of 1024 bits', weakRsa],
    ['RSA with exponent 1', { ...rfc7638Key, e: 'AQ' }],
    ['RSA with an even exponent', { ...rfc7638Key, e: 'AQAA' }],
    [
      'RSA with a zero in front',
      { ...rfc7638Key, n: Buffer.concat([Buffer.of(0), Buffer.from(rfc7638Key.n, 'base64url')]).toString('base64url') },
    ],
  ])('with %s is refused', (_, jwk) => {
    expect(() => keyFromJwk(jwk)).toThrow(expect.objectContaining({ code: 'bad-key' }));
  });

  it('never causes another error', () => {
    const member = fc.oneof(fc.string(), fc.base64String(), fc.integer(), fc.constantFrom('P-256', 'P-521', 'Ed25519'));
    const jwk = fc.record({
      kty: fc.constantFrom('EC', 'RSA', 'OKP'),
      crv: member,
      x: member,
      y: member,
      n: member,
      e: member,
    });
    fc.assert(
      fc.property(fc.oneof(jwk, fc.anything()), (value) => {
        try {
          keyFromJwk(value);
        } catch (error) {
          if (!(error instanceof EversealError && hasCode(error, 'bad-key'))) throw error;
        }
      }),
    );
  });
});
