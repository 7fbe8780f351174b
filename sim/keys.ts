/** Keys made from seeded randomness: the same seed gives the same keys. */
import { createPrivateKey } from 'node:crypto';
import { type GeneratedKey, type KeyAlgorithm, type Keys, softwareKey } from '../src/core/index.ts';
import { keyFixtures } from '../src/pki/fixtures/keys.ts';
import type { SimProcess } from './process.ts';
import type { SeededRandom } from './random.ts';
import { type Curve, curves, drawScalar, publicPoint, signSeeded } from './seeded-ecdsa.ts';

/** RFC 8410 §7: PKCS#8 of an Ed25519 key, up to its 32 octets. */
const ed25519Header = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * Makes the keys of one world, and remembers each as a secret that must show nowhere. RSA keys take seconds to find: each
 * size has one, out of the fixtures, so stories in which two keys must differ use another algorithm.
 */
export class KeyFactory {
  readonly #secrets: Set<string>;

  constructor(secrets: Set<string>) {
    this.#secrets = secrets;
  }

  make(algorithm: KeyAlgorithm, random: SeededRandom): GeneratedKey {
    const key = makeKey(algorithm, random);
    const lines = key.pkcs8?.reveal().split('\n') ?? [];
    for (const line of lines.filter((line) => line.length > 40 && !line.startsWith('-'))) this.#secrets.add(line);
    return key;
  }
}

export function keysPort(process: SimProcess): Keys {
  const random = process.random.fork('keys');
  return {
    async generate(algorithm, signal) {
      signal?.throwIfAborted();
      return process.step(async () => process.world.keys.make(algorithm, random));
    },
  };
}

function makeKey(algorithm: KeyAlgorithm, random: SeededRandom): GeneratedKey {
  if (algorithm === 'Ed25519') return ed25519Key(random);
  if (algorithm === 'EC256' || algorithm === 'EC384' || algorithm === 'EC521')
    return curveKey(curves[algorithm], random);
  return softwareKey(createPrivateKey(keyFixtures[algorithm]));
}

function curveKey(curve: Curve, random: SeededRandom): GeneratedKey {
  const scalar = drawScalar(curve, random);
  const point = publicPoint(curve, scalar);
  const text = (from: number) => point.subarray(from, from + curve.octets).toString('base64url');
  const jwk = { kty: 'EC', crv: curve.jwk, d: scalar.toString('base64url'), x: text(1), y: text(1 + curve.octets) };
  const { algorithm, publicKey, pkcs8 } = softwareKey(createPrivateKey({ key: jwk, format: 'jwk' }));
  return { algorithm, publicKey, pkcs8, sign: async (message) => signSeeded(curve, scalar, message) };
}

function ed25519Key(random: SeededRandom): GeneratedKey {
  const key = Buffer.concat([ed25519Header, random.bytes(32)]);
  return softwareKey(createPrivateKey({ key, format: 'der', type: 'pkcs8' }));
}
