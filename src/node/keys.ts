import type { KeyObject } from 'node:crypto';
import { ecKeyPair, ed25519KeyPair, type KeyAlgorithm, type Keys, rsaKeyPair, softwareKey } from '../core/index.ts';

/** EC and Ed25519 keys take less than a millisecond; RSA keys are made in a thread of their own. */
const makers: Readonly<Record<KeyAlgorithm, () => Promise<KeyObject>>> = {
  EC256: async () => ecKeyPair('P-256').privateKey,
  EC384: async () => ecKeyPair('P-384').privateKey,
  EC521: async () => ecKeyPair('P-521').privateKey,
  Ed25519: async () => ed25519KeyPair().privateKey,
  RSA2048: () => rsaKey(2048),
  RSA3072: () => rsaKey(3072),
  RSA4096: () => rsaKey(4096),
  RSA8192: () => rsaKey(8192),
};

async function rsaKey(modulusLength: number): Promise<KeyObject> {
  return (await rsaKeyPair(modulusLength)).privateKey;
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
