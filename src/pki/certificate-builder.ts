import type { KeyObject } from 'node:crypto';
import { Certificate, Extensions, Name, TBSCertificate, Validity, Version } from '@peculiar/asn1-x509';
import type { Signer } from '../core/index.ts';
import { buildExtensions, type CertificateExtensions } from './certificate-extensions.ts';
import { parseDer, toDer } from './der.ts';
import { buildName, type DistinguishedName } from './distinguished-name.ts';
import { signatureAlgorithmFor, signForX509, subjectPublicKeyInfo, toArrayBuffer } from './x509-signature.ts';

export interface CertificateOptions {
  readonly subject: DistinguishedName;
  /** A name, or the DER of one (`Certificate.subjectDer` of the issuer): both must match octet by octet. */
  readonly issuer: DistinguishedName | Uint8Array;
  readonly publicKey: KeyObject;
  /** The issuer's key; for a self-signed certificate that of `publicKey`. */
  readonly signer: Signer;
  /** A positive number in big-endian octets, at most 20 (RFC 5280 §4.1.2.2); a zero octet is added where DER needs one. */
  readonly serial: Uint8Array;
  /** Fractions of a second are cut off. */
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly extensions?: CertificateExtensions;
}

/**
 * Builds and signs an X.509 v3 certificate; returns its DER.
 *
 * @throws EversealError `bad-identifier` for names that cannot be written, `bad-key` for keys that cannot sign
 *
 * @example
 * ```ts
 * import { generateKeyPairSync } from 'node:crypto';
 * import { softwareKey } from 'everseal/core';
 * import { buildCertificate, readCertificate } from 'everseal/pki';
 * const signer = softwareKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
 * const name = [{ type: 'CN', value: 'Test root' }] as const;
 * const der = await buildCertificate({
 *   subject: name,
 *   issuer: name,
 *   publicKey: signer.publicKey,
 *   signer,
 *   serial: Uint8Array.of(1),
 *   notBefore: new Date('2026-01-01'),
 *   notAfter: new Date('2036-01-01'),
 *   extensions: { basicConstraints: { ca: true }, keyUsage: ['keyCertSign', 'cRLSign'] },
 * });
 * console.log(readCertificate(der).subject); // CN=Test root
 * ```
 */
export async function buildCertificate(options: CertificateOptions): Promise<Uint8Array> {
  const { subject, issuer, publicKey, signer, notBefore, notAfter } = options;
  const signatureAlgorithm = signatureAlgorithmFor(signer.publicKey);
  const extensions = buildExtensions(options.extensions ?? {}, subject.length === 0);
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: serialNumber(options.serial),
    signature: signatureAlgorithm,
    issuer: issuer instanceof Uint8Array ? parseDer(issuer, Name, 'issuer name') : buildName(issuer),
    validity: new Validity({ notBefore, notAfter }),
    subject: buildName(subject),
    subjectPublicKeyInfo: subjectPublicKeyInfo(publicKey),
    ...(extensions.length > 0 && { extensions: new Extensions([...extensions]) }),
  });
  const signatureValue = await signForX509(signer, toDer(tbsCertificate));
  return toDer(new Certificate({ tbsCertificate, signatureAlgorithm, signatureValue }));
}

/** The shortest DER content of a positive number: no needless zero octets, one where the first bit is set. */
function serialNumber(octets: Uint8Array): ArrayBuffer {
  const start = octets.findIndex((octet) => octet !== 0);
  if (start < 0 || octets.length - start > 20)
    throw new TypeError('A serial number is positive and has at most 20 octets');
  const digits = octets.subarray(start);
  return toArrayBuffer((digits[0] ?? 0) > 0x7f ? Uint8Array.from([0, ...digits]) : digits);
}
