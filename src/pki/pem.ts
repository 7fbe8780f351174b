/** PEM texts: any blocks, and the chain that a CA sends. Without certificates to read, `pem-blocks.ts` is lighter. */
import { EversealError } from '../core/index.ts';
import { type Certificate, readCertificate } from './certificate.ts';
import { scanPem } from './pem-blocks.ts';

export { type PemBlock, pemBlocks, pemEncode } from './pem-blocks.ts';

const maximumBlocks = 20;

/**
 * Reads what a CA sent as a certificate. It may hold nothing but `CERTIFICATE` blocks and white space: anything else,
 * a private key above all, would end up in the user's files (RFC 8555 §11.4).
 *
 * @returns one to twenty certificates in the server's order
 * @throws EversealError `bad-certificate`
 *
 * @example
 * ```ts
 * import { rootCertificates } from 'node:tls';
 * import { readCertificateChain } from 'everseal/pki';
 * console.log(readCertificateChain(rootCertificates.slice(0, 2).join('\n')).length); // 2
 * ```
 */
export function readCertificateChain(pem: string): readonly Certificate[] {
  const { blocks, foreignText } = scanPem(pem);
  const stranger = blocks.find(({ label }) => label !== 'CERTIFICATE');
  if (stranger !== undefined) throw badChain(`it holds a block of the kind "${stranger.label}"`);
  if (foreignText) throw badChain('it holds text that is no certificate');
  if (blocks.length === 0) throw badChain('it holds no certificate');
  if (blocks.length > maximumBlocks)
    throw badChain(`it holds ${blocks.length} certificates, more than ${maximumBlocks}`);
  return blocks.map(({ der }) => readCertificate(der));
}

function badChain(why: string): EversealError {
  return new EversealError('bad-certificate', `The certificate chain cannot be used: ${why}`, {
    next: 'Nothing was saved. Tell the operator of the CA.',
  });
}
