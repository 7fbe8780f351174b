import {
  createPrivateKey,
  createPublicKey,
  type ED25519KeyPairOptions,
  generateKeyPair,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/**
 * The kinds of key by OpenSSL's words. They come out of OpenSSL as DER and are read again: in Node 20 a key object shares a
 * lock with the job that made it, and when the garbage collector takes the job in the middle of an export, the thread waits
 * for itself for ever.
 */
const encodings: ED25519KeyPairOptions<'der', 'der'> = {
  privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  publicKeyEncoding: { type: 'spki', format: 'der' },
};

/**
 * A new EC key on the curve (`P-256`, `P-384`, `P-521`): less than a millisecond.
 *
 * @example
 * ```ts
 * import { ecKeyPair } from 'everseal/core';
 * console.log(ecKeyPair('P-256').publicKey.asymmetricKeyType); // ec
 * ```
 */
export function ecKeyPair(namedCurve: string): KeyPair {
  return opened(generateKeyPairSync('ec', { namedCurve, ...encodings }));
}

/**
 * A new Ed25519 key.
 *
 * @example
 * ```ts
 * import { ed25519KeyPair } from 'everseal/core';
 * console.log(ed25519KeyPair().privateKey.asymmetricKeyType); // ed25519
 * ```
 */
export function ed25519KeyPair(): KeyPair {
  return opened(generateKeyPairSync('ed25519', encodings));
}

/**
 * A new RSA key, made in another thread: 2048 bits take some 100 ms, 8192 half a minute.
 *
 * @example
 * ```ts
 * import { rsaKeyPair } from 'everseal/core';
 * console.log((await rsaKeyPair(2048)).publicKey.asymmetricKeyDetails?.modulusLength); // 2048
 * ```
 */
export function rsaKeyPair(modulusLength: number): Promise<KeyPair> {
  return new Promise((resolve, reject) => {
    generateKeyPair('rsa', { modulusLength, ...encodings }, (error, publicKey, privateKey) => {
      if (error === null) resolve(opened({ publicKey, privateKey }));
      else reject(error);
    });
  });
}

function opened({ publicKey, privateKey }: { readonly publicKey: Buffer; readonly privateKey: Buffer }): KeyPair {
  return {
    privateKey: createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs8' }),
    publicKey: createPublicKey({ key: publicKey, format: 'der', type: 'spki' }),
  };
}
