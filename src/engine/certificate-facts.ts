import { certId } from '../pki/cert-id.ts';
import type { Certificate } from '../pki/index.ts';
import type { CertificateFacts } from './stores.ts';

/**
 * What the stores remember of a certificate.
 *
 * @example
 * ```ts
 * import { rootCertificates } from 'node:tls';
 * import { certificateFacts } from 'everseal/engine';
 * import { readCertificate } from 'everseal/pki';
 * console.log(certificateFacts(readCertificate(rootCertificates[0] ?? '')).notAfter.toISOString());
 * ```
 */
export function certificateFacts(certificate: Certificate): CertificateFacts {
  const { identifiers, notBefore, notAfter, serial, keyAlgorithm, fingerprint, issuer } = certificate;
  return { identifiers, notBefore, notAfter, serial, certId: certId(certificate), keyAlgorithm, fingerprint, issuer };
}
