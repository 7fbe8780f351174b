import { toBase64Url } from '../core/index.ts';
import type { Certificate } from './certificate.ts';

/**
 * What ACME renewal information knows a certificate by (RFC 9773 §4.1): its authority key identifier and the content
 * octets of its serial number, a leading zero included. undefined when it has no such identifier.
 *
 * @example
 * ```ts
 * import { certId } from 'everseal/pki';
 * const authorityKeyId = new Uint8Array(Buffer.from('69885b6b87464041e1b37b847ba0ae2cde01c8d4', 'hex'));
 * console.log(certId({ authorityKeyId, serial: '0087654321' })); // aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE
 * ```
 */
export function certId(certificate: Pick<Certificate, 'authorityKeyId' | 'serial'>): string | undefined {
  const { authorityKeyId, serial } = certificate;
  if (authorityKeyId === undefined || authorityKeyId.length === 0) return undefined;
  return `${toBase64Url(authorityKeyId)}.${toBase64Url(new Uint8Array(Buffer.from(serial, 'hex')))}`;
}
