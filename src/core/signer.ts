/**
 * Signing keys, without saying where the private half lives.
 *
 * The algorithm decides hash and form once and for all: `EC256` signs with ECDSA P-256 and SHA-256, RSA with
 * PKCS#1 v1.5 and SHA-256, Ed25519 with itself. ECDSA signatures are `r || s` in fixed width (RFC 7518 §3.4);
 * `pki` turns them into DER where X.509 wants it.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign as signWithKey } from 'node:crypto';
import { EversealError } from './error.ts';
import { Secret } from './secret.ts';

export const keyAlgorithms = [
  'EC256',
  'EC384',
  'EC521',
  'RSA2048',
  'RSA3072',
  'RSA4096',
  'RSA8192',
  'Ed25519',
] as const;

/** lego's names for key types; `EC521` and `Ed25519` beyond them. */
export type KeyAlgorithm = (typeof keyAlgorithms)[number];

export interface Signer {
  /** undefined for a key of a size that has no name of ours (say RSA 2560): it still signs. */
  readonly algorithm: KeyAlgorithm | undefined;
  readonly publicKey: KeyObject;
  /** Signs the message itself; hashing is the signer's. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/**
 * The hash that goes with a key, in node:crypto's words; null for Ed25519.
 *
 * @example
 * ```ts
 * import { generateKeyPairSync } from 'node:crypto';
 * import { signatureHash } from 'everseal/core';
 * console.log(signatureHash(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey)); // sha384
 * ```
 */
export function signatureHash(publicKey: KeyObject): 'sha256' | 'sha384' | 'sha512' | null {
  if (publicKey.asymmetricKeyType === 'ed25519') return null;
  const curve = publicKey.asymmetricKeyDetails?.namedCurve;
  if (curve === 'secp384r1') return 'sha384';
  if (curve === 'secp521r1') return 'sha512';
  return 'sha256';
}

const curveNames: Readonly<Record<string, KeyAlgorithm>> = {
  prime256v1: 'EC256',
  secp384r1: 'EC384',
  secp521r1: 'EC521',
};

/**
 * The name of a key's algorithm, or undefined when it has none of ours.
 *
 * @example
 * ```ts
 * import { generateKeyPairSync } from 'node:crypto';
 * import { keyAlgorithmOf } from 'everseal/core';
 * console.log(keyAlgorithmOf(generateKeyPairSync('ed25519').publicKey)); // Ed25519
 * ```
 */
export function keyAlgorithmOf(key: KeyObject): KeyAlgorithm | undefined {
  const details = key.asymmetricKeyDetails;
  if (key.asymmetricKeyType === 'ed25519') return 'Ed25519';
  if (key.asymmetricKeyType === 'ec') return curveNames[details?.namedCurve ?? ''];
  const name = `RSA${details?.modulusLength ?? 0}`;
  return key.asymmetricKeyType === 'rsa' ? keyAlgorithms.find((known) => known === name) : undefined;
}

/**
 * A signer over a private key in memory.
 *
 * @throws EversealError `bad-key` when the key is of a type that cannot sign (X25519, DSA, a curve outside P-256/384/521)
 *
 * @example
 * ```ts
 * import { generateKeyPairSync } from 'node:crypto';
 * import { softwareKey } from 'everseal/core';
 * const key = softwareKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
 * const signature = await key.sign(new TextEncoder().encode('hello')); // 64 octets
 * ```
 */
export function softwareKey(privateKey: KeyObject): Signer & { readonly pkcs8: Secret } {
  const type = privateKey.asymmetricKeyType;
  const algorithm = keyAlgorithmOf(privateKey);
  if (type !== 'rsa' && algorithm === undefined) {
    throw new EversealError('bad-key', `A key of type ${type ?? 'unknown'} cannot be used here`, {
      next: `Use one of ${keyAlgorithms.join(', ')}.`,
    });
  }
  const publicKey = createPublicKey(privateKey);
  const hash = signatureHash(publicKey);
  return {
    algorithm,
    publicKey,
    async sign(message) {
      return signWithKey(hash, message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    },
    get pkcs8() {
      return new Secret(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    },
  };
}

/**
 * A signer over a PKCS#8 PEM text that this product wrote (for foreign formats see `pki`).
 *
 * @example
 * ```ts
 * import { generateKeyPairSync } from 'node:crypto';
 * import { Secret, softwareKeyFromPkcs8 } from 'everseal/core';
 * const { privateKey } = generateKeyPairSync('ed25519');
 * const key = softwareKeyFromPkcs8(new Secret(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()));
 * console.log(key.algorithm, String(key.pkcs8)); // Ed25519 [redacted]
 * ```
 */
export function softwareKeyFromPkcs8(pkcs8: Secret): Signer & { readonly pkcs8: Secret } {
  return softwareKey(createPrivateKey(pkcs8.reveal()));
}
