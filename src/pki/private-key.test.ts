import { createPrivateKey, createPublicKey, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasCode, keyAlgorithms, Secret, softwareKeyFromPkcs8 } from '../core/index.ts';
import { fixturePassphrase, keyFixtures, keyForms } from './fixtures/keys.ts';
import { pemEncode } from './pem-blocks.ts';
import { readPrivateKey } from './private-key.ts';

const passphrase = new Secret(fixturePassphrase);

describe('a private key', () => {
  it.each(keyAlgorithms)('of %s is read from PKCS#8 and written as it was', (algorithm) => {
    const key = readPrivateKey(keyFixtures[algorithm]);
    expect(key.algorithm).toBe(algorithm);
    expect(key.pkcs8.reveal()).toBe(keyFixtures[algorithm]);
  });

  it.each([
    ['SEC1 with parameters', keyForms.ec256Sec1, 'EC256'],
    ['SEC1', keyForms.ec384Sec1, 'EC384'],
    ['SEC1 of P-521', keyForms.ec521Sec1, 'EC521'],
    ['PKCS#1', keyForms.rsa2048Pkcs1, 'RSA2048'],
    ['encrypted PKCS#8 by PBKDF2', keyForms.ec256Encrypted, 'EC256'],
    ['encrypted PKCS#8 by scrypt', keyForms.rsa2048Encrypted, 'RSA2048'],
    ['the older PEM encryption', keyForms.ec256LegacyEncrypted, 'EC256'],
  ] as const)('is read from %s', (_, pem, algorithm) => {
    expect(readPrivateKey(pem, passphrase).publicKey.equals(createPublicKey(keyFixtures[algorithm]))).toBe(true);
  });

  it('signs', async () => {
    const key = readPrivateKey(keyForms.ec256Sec1);
    const message = Buffer.from('hello');
    const signature = await key.sign(message);
    expect(verify('sha256', message, { key: key.publicKey, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
    expect(softwareKeyFromPkcs8(key.pkcs8).publicKey.equals(key.publicKey)).toBe(true);
  });

  it('may have CRLF, notes and a certificate beside it', () => {
    const text = `my key\n${pemEncode('CERTIFICATE', Uint8Array.of(48, 0))}${keyFixtures.EC256}`.replaceAll(
      '\n',
      '\r\n',
    );
    expect(readPrivateKey(text).algorithm).toBe('EC256');
  });

  it('of an unusual size has no name but works', () => {
    expect(readPrivateKey(keyForms.rsa2560).algorithm).toBeUndefined();
  });
});

describe('a private key is refused', () => {
  /** The private number of one key with the public point of another. */
  const mixed = (() => {
    const one = createPrivateKey(keyForms.ec256Sec1).export({ type: 'sec1', format: 'der' });
    const point = Buffer.from(
      '6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
      'hex',
    );
    return pemEncode('EC PRIVATE KEY', Buffer.concat([one.subarray(0, one.length - 64), point]));
  })();

  it.each([
    ['when it is too short', keyForms.rsa1024, '1024 bits'],
    ['on a curve that no CA takes', keyForms.secp256k1, 'secp256k1'],
    ['when it cannot sign', keyForms.x25519, 'x25519'],
    ['when it is encrypted and there is no passphrase', keyForms.ec256Encrypted, 'encrypted'],
    ['when it is encrypted in the older way', keyForms.ec256LegacyEncrypted, 'encrypted'],
    ['when there is nothing', '', 'no PEM block'],
    [
      'when it is a public key',
      createPublicKey(keyFixtures.EC256).export({ type: 'spki', format: 'pem' }).toString(),
      'PUBLIC KEY',
    ],
    [
      'when it is OpenSSH’s',
      '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n',
      'OPENSSH',
    ],
    ['when there are two', keyFixtures.EC256 + keyFixtures.EC384, '2 of them'],
    ['when its end is missing', keyFixtures.EC256.slice(0, 100), 'last line'],
    ['when it is damaged', keyFixtures.EC256.replace('MIG', 'MIH'), 'damaged'],
    ['when it is endless', keyFixtures.EC256 + ' '.repeat(1 << 18), 'too long'],
    ['when its halves do not fit', mixed, 'belong together'],
  ])('%s', (_, pem, why) => {
    expect(() => readPrivateKey(pem)).toThrow(
      expect.objectContaining({ code: 'bad-key', message: expect.stringContaining(why) }),
    );
  });

  it('with a wrong passphrase, whose text does not show', () => {
    expect(() => readPrivateKey(keyForms.ec256Encrypted, new Secret('battery staple'))).toThrow(
      'passphrase does not open',
    );
    expect(() => readPrivateKey(keyForms.ec256Encrypted, new Secret('battery staple'))).not.toThrow('battery');
  });

  it('with bad-key and nothing else, whatever is broken', () => {
    const lines = keyForms.rsa2048Pkcs1;
    fc.assert(
      fc.property(fc.nat(lines.length), fc.string({ maxLength: 3 }), (at, insert) => {
        try {
          readPrivateKey(lines.slice(0, at) + insert + lines.slice(at + 1));
        } catch (error) {
          if (!hasCode(error, 'bad-key')) throw error;
        }
      }),
    );
  });
});
