import { createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { utf8 } from './encoding.ts';
import { ecKeyPair, ed25519KeyPair } from './key-pair.ts';
import { type KeyAlgorithm, keyAlgorithmOf, signatureHash, softwareKey, softwareKeyFromPkcs8 } from './signer.ts';

const keys: Readonly<Record<string, () => KeyObject>> = {
  EC256: () => ecKeyPair('P-256').privateKey,
  EC384: () => ecKeyPair('P-384').privateKey,
  EC521: () => ecKeyPair('P-521').privateKey,
  RSA2048: () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  Ed25519: () => ed25519KeyPair().privateKey,
};

/** Algorithm, hash, octets of a signature (RFC 7518 §3.3 and §3.4, RFC 8032 §5.1.6). */
const table: readonly (readonly [KeyAlgorithm, 'sha256' | 'sha384' | 'sha512' | null, number])[] = [
  ['EC256', 'sha256', 64],
  ['EC384', 'sha384', 96],
  ['EC521', 'sha512', 132],
  ['RSA2048', 'sha256', 256],
  ['Ed25519', null, 64],
];

describe('softwareKey', () => {
  it.each(table)('%s signs with %s in a fixed width of %i octets', async (algorithm, hash, width) => {
    const key = softwareKey(keys[algorithm]?.() ?? expect.fail());
    const message = utf8('message');
    const signature = await key.sign(message);
    expect(key.algorithm).toBe(algorithm);
    expect(signatureHash(key.publicKey)).toBe(hash);
    expect(signature).toHaveLength(width);
    expect(verify(hash, message, { key: key.publicKey, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
    expect(verify(hash, utf8('massage'), { key: key.publicKey, dsaEncoding: 'ieee-p1363' }, signature)).toBe(false);
  });

  it.each(table)('%s survives being written down', (algorithm) => {
    const key = softwareKey(keys[algorithm]?.() ?? expect.fail());
    const read = softwareKeyFromPkcs8(key.pkcs8);
    expect(read.algorithm).toBe(algorithm);
    expect(read.publicKey.equals(key.publicKey)).toBe(true);
    expect(key.pkcs8.reveal()).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  });

  it('shows its private half nowhere', () => {
    const key = softwareKey(keys.EC256?.() ?? expect.fail());
    expect(JSON.stringify(key)).not.toContain('PRIVATE');
    expect(`${key.pkcs8}`).toBe('[redacted]');
  });

  it('takes an RSA key of a size without a name', () => {
    const key = softwareKey(generateKeyPairSync('rsa', { modulusLength: 2560 }).privateKey);
    expect(key.algorithm).toBeUndefined();
  });

  it.each([
    ['x25519', () => generateKeyPairSync('x25519').privateKey],
    ['a foreign curve', () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey],
    ['RSA-PSS', () => generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey],
  ])('refuses %s', (_, make) => {
    expect(() => softwareKey(make())).toThrow(expect.objectContaining({ code: 'bad-key' }));
  });
});

describe('keyAlgorithmOf', () => {
  it('reads public keys as well', () => {
    for (const [algorithm] of table) {
      expect(keyAlgorithmOf(createPublicKey(keys[algorithm]?.() ?? expect.fail()))).toBe(algorithm);
    }
  });
});
