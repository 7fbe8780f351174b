import { describe, expect, it } from 'vitest';
import { sign, verify } from 'node:crypto';
import { ecKeyPair, ed25519KeyPair, rsaKeyPair } from './key-pair.ts';

describe('a new key pair', () => {
  it.each([
    ['P-256', async () => ecKeyPair('P-256')],
    ['P-521', async () => ecKeyPair('P-521')],
    ['Ed25519', async () => ed25519KeyPair()],
    ['RSA', () => rsaKeyPair(2048)],
  ])('%s signs with one half what the other verifies', async (name, make) => {
    const { privateKey, publicKey } = await make();
    const hash = name === 'Ed25519' ? null : 'sha256';
    const signature = sign(hash, Buffer.from('text'), privateKey);
    expect(verify(hash, Buffer.from('text'), publicKey, signature)).toBe(true);
    expect(publicKey.export({ format: 'jwk' })).not.toHaveProperty('d');
  });

  it('is another one each time', () => {
    expect(ecKeyPair('P-256').publicKey.equals(ecKeyPair('P-256').publicKey)).toBe(false);
  });
});
