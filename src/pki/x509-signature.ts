/** Signatures as X.509 and PKCS#10 carry them. */
import { type KeyObject, verify } from 'node:crypto';
import { AlgorithmIdentifier, SubjectPublicKeyInfo } from '@peculiar/asn1-x509';
import { EversealError, type Signer, signatureHash } from '../core/index.ts';
import { ecdsaSignatureToDer, parseDer } from './der.ts';

interface SignatureAlgorithm {
  readonly keyType: 'rsa' | 'ec' | 'ed25519';
  readonly hash: 'sha256' | 'sha384' | 'sha512' | null;
}

/** RFC 8017 appendix A.2.4, RFC 5758 §3.2, RFC 8410 §3. What is not here is not accepted. */
const algorithms: Readonly<Record<string, SignatureAlgorithm>> = {
  '1.2.840.113549.1.1.11': { keyType: 'rsa', hash: 'sha256' },
  '1.2.840.113549.1.1.12': { keyType: 'rsa', hash: 'sha384' },
  '1.2.840.113549.1.1.13': { keyType: 'rsa', hash: 'sha512' },
  '1.2.840.10045.4.3.2': { keyType: 'ec', hash: 'sha256' },
  '1.2.840.10045.4.3.3': { keyType: 'ec', hash: 'sha384' },
  '1.2.840.10045.4.3.4': { keyType: 'ec', hash: 'sha512' },
  '1.3.101.112': { keyType: 'ed25519', hash: null },
};

/** MD2, MD5 and SHA-1 signatures can be forged. */
const weakAlgorithms: ReadonlySet<string> = new Set([
  '1.2.840.113549.1.1.2',
  '1.2.840.113549.1.1.4',
  '1.2.840.113549.1.1.5',
  '1.2.840.10040.4.3',
  '1.2.840.10045.4.1',
]);

/**
 * Whether signatures of this algorithm (an OID, `Certificate.signatureAlgorithm`) prove nothing any more: SHA-1 and older.
 *
 * @example
 * ```ts
 * import { isWeakSignature } from 'everseal/pki';
 * console.log(isWeakSignature('1.2.840.113549.1.1.5')); // true: RSA with SHA-1
 * ```
 */
export function isWeakSignature(oid: string): boolean {
  return weakAlgorithms.has(oid);
}

/** The identifier of what a signer's key signs with; RSA has NULL parameters, the others none. */
export function signatureAlgorithmFor(publicKey: KeyObject): AlgorithmIdentifier {
  const hash = signatureHash(publicKey);
  const found = Object.entries(algorithms).find(
    ([, algorithm]) => algorithm.keyType === publicKey.asymmetricKeyType && algorithm.hash === hash,
  );
  if (found === undefined) throw new EversealError('bad-key', 'No certificate can be signed with this kind of key');
  const [algorithm, { keyType }] = found;
  return new AlgorithmIdentifier({ algorithm, ...(keyType === 'rsa' && { parameters: null }) });
}

/** The signature over the data as a BIT STRING's content. */
export async function signForX509(signer: Signer, data: Uint8Array): Promise<ArrayBuffer> {
  const signature = await signer.sign(data);
  const encoded = signer.publicKey.asymmetricKeyType === 'ec' ? ecdsaSignatureToDer(signature) : signature;
  return toArrayBuffer(encoded);
}

/** Whether the signature is the key's, by an algorithm of the table that fits the key. */
export function verifyX509Signature(options: {
  readonly algorithm: string;
  readonly data: Uint8Array;
  readonly signature: Uint8Array;
  readonly publicKey: KeyObject;
}): boolean {
  const algorithm = Object.hasOwn(algorithms, options.algorithm) ? algorithms[options.algorithm] : undefined;
  if (algorithm === undefined || algorithm.keyType !== options.publicKey.asymmetricKeyType) return false;
  try {
    return verify(algorithm.hash, options.data, options.publicKey, options.signature);
  } catch {
    return false;
  }
}

/** A key as certificates and requests carry it. */
export function subjectPublicKeyInfo(publicKey: KeyObject): SubjectPublicKeyInfo {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return parseDer(new Uint8Array(der), SubjectPublicKeyInfo, 'public key');
}

/** A copy in a buffer of its own: the structures of the library want no view. */
export function toArrayBuffer(data: Uint8Array): ArrayBuffer {
  return new Uint8Array(data).buffer;
}
