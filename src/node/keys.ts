import { generateKeyPair, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type KeyAlgorithm, type Keys, softwareKey } from '../core/index.ts';

/** EC and Ed25519 keys take less than a millisecond; RSA keys are made in a thread of their own. */
const makers: Readonly<Record<KeyAlgorithm, () => Promise<KeyObject>>> = {
  EC256: async () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  EC384: async () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  EC521: async () => generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey,
  Ed25519: async () => generateKeyPairSync('ed25519').privateKey,
  RSA2048: () => rsaKey(2048),
  RSA3072: () => rsaKey(3072),
  RSA4096: () => rsaKey(4096),
  RSA8192: () => rsaKey(8192),
};

function rsaKey(modulusLength: number): Promise<KeyObject> {
  return new Promise((resolve, reject) => {
    generateKeyPair('rsa', { modulusLength }, (error, _, privateKey) => {
      if (error === null) resolve(privateKey);
      else reject(error);
    });
  });
}

/** Keys in memory. OpenSSL cannot be interrupted: after an abort a half-made RSA key is dropped when it is done. */
export function nodeKeys(): Keys {
  return {
    async generate(algorithm, signal) {
      signal?.throwIfAborted();
      return softwareKey(await orAborted(makers[algorithm](), signal));
    },
  };
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
