import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ecdsaSignatureToDer } from './der.ts';
import { testSigner } from './fixtures/authority.ts';
import { keyFixtures, keyForms } from './fixtures/keys.ts';
import { isWeakSignature, signatureAlgorithmFor, signForX509, verifyX509Signature } from './x509-signature.ts';

describe('an ECDSA signature as DER', () => {
  it.each([
    ['drops leading zeros', '0001'.padStart(64, '0') + '7f'.padStart(64, '0'), '300602010102017f'],
    ['keeps numbers positive', '80'.padStart(64, '0') + 'ff'.padStart(64, '0'), '300802020080020200ff'],
    ['has a zero as one octet', '0'.repeat(128), '3006020100020100'],
  ])('%s', (_, plain, der) => {
    expect(Buffer.from(ecdsaSignatureToDer(Buffer.from(plain, 'hex'))).toString('hex')).toBe(der);
  });

  it.each(['EC256', 'EC384', 'EC521'] as const)('of any message by %s is accepted by OpenSSL', (algorithm) => {
    const key = createPrivateKey(keyFixtures[algorithm]);
    fc.assert(
      fc.property(fc.uint8Array(), (message) => {
        const plain = sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' });
        expect(verify('sha256', message, createPublicKey(keyFixtures[algorithm]), ecdsaSignatureToDer(plain))).toBe(
          true,
        );
      }),
    );
  });
});

describe('a signature for X.509', () => {
  it('counts only for its data, its key and its algorithm', async () => {
    const signer = testSigner('EC384');
    const data = Buffer.from('data');
    const signature = new Uint8Array(await signForX509(signer, data));
    const { algorithm } = signatureAlgorithmFor(signer.publicKey);
    const good = { algorithm, data, signature, publicKey: signer.publicKey };
    expect(verifyX509Signature(good)).toBe(true);
    expect(verifyX509Signature({ ...good, data: Buffer.from('date') })).toBe(false);
    expect(verifyX509Signature({ ...good, publicKey: testSigner('EC256').publicKey })).toBe(false);
    expect(verifyX509Signature({ ...good, publicKey: testSigner('RSA2048').publicKey })).toBe(false);
    expect(verifyX509Signature({ ...good, algorithm: '1.2.840.10045.4.3.2' })).toBe(false);
    expect(verifyX509Signature({ ...good, algorithm: 'constructor' })).toBe(false);
    expect(verifyX509Signature({ ...good, signature: new Uint8Array(3) })).toBe(false);
  });

  it('by SHA-1 is weak and not verified at all', () => {
    const data = Buffer.from('data');
    const signature = sign('sha1', data, keyFixtures.RSA2048);
    const publicKey = createPublicKey(keyFixtures.RSA2048);
    expect(isWeakSignature('1.2.840.113549.1.1.5')).toBe(true);
    expect(verifyX509Signature({ algorithm: '1.2.840.113549.1.1.5', data, signature, publicKey })).toBe(false);
    expect(isWeakSignature('1.2.840.113549.1.1.11')).toBe(false);
  });

  it('cannot be made by foreign keys', () => {
    expect(() => signatureAlgorithmFor(createPublicKey(keyForms.x25519))).toThrow('No certificate can be signed');
  });
});
