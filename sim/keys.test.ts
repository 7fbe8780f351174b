import { verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type KeyAlgorithm, keyAlgorithms, signatureHash, utf8 } from '../src/core/index.ts';
import { KeyFactory } from './keys.ts';
import { SeededRandom } from './random.ts';

function make(algorithm: KeyAlgorithm, seed: string): string {
  return new KeyFactory(new Set()).make(algorithm, new SeededRandom(seed)).pkcs8?.reveal() ?? '';
}

describe('seeded keys', () => {
  it.each(keyAlgorithms)('%s: the same seed gives the same key, and it works', async (algorithm) => {
    const secrets = new Set<string>();
    const key = new KeyFactory(secrets).make(algorithm, new SeededRandom('a'));
    expect(key.algorithm).toBe(algorithm);
    expect(key.pkcs8?.reveal()).toBe(make(algorithm, 'a'));
    expect([...secrets].every((secret) => key.pkcs8?.reveal().includes(secret))).toBe(true);
    expect(secrets.size).toBeGreaterThan(0);
  });

  it.each(['EC256', 'EC384', 'EC521', 'Ed25519'] as const)('%s: another seed gives another key', (algorithm) => {
    expect(make(algorithm, 'a')).not.toBe(make(algorithm, 'b'));
  });

  it.each(['EC256', 'EC384', 'EC521'] as const)(
    '%s: sign one message the same way each time, and rightly',
    async (algorithm) => {
      const factory = new KeyFactory(new Set());
      for (let n = 0; n < 30; n += 1) {
        const key = factory.make(algorithm, new SeededRandom(`key ${n}`));
        const message = utf8(`message ${n}`);
        const publicKey = { key: key.publicKey, dsaEncoding: 'ieee-p1363' } as const;
        const signature = await key.sign(message);
        expect(verify(signatureHash(key.publicKey), message, publicKey, signature)).toBe(true);
        expect(await key.sign(message)).toEqual(signature);
      }
    },
  );
});
