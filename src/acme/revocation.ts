/** Revocation (RFC 8555 §7.6), by the account that ordered the certificate or by the certificate's own key. */
import { type Signer, toBase64Url } from '../core/index.ts';
import { isProblem, problemOfReply } from './problem.ts';
import type { Reply } from './reply.ts';
import type { ClientContext } from './session.ts';
import type { RequestKey } from './transport.ts';

export interface RevocationOptions {
  /** DER. */
  readonly certificate: Uint8Array;
  /** RFC 5280 §5.3.1: 0 unspecified, 1 keyCompromise, 4 superseded, 5 cessationOfOperation. */
  readonly reason?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface CertificateKeyRevocationOptions extends RevocationOptions {
  /** The certificate's key. */
  readonly signer: Signer;
}

/** Revokes; a certificate that was revoked before counts as done. */
export async function revoke(context: ClientContext, key: RequestKey, options: RevocationOptions): Promise<void> {
  const { certificate, reason, signal } = options;
  const payload = { certificate: toBase64Url(certificate), ...(reason === undefined ? {} : { reason }) };
  const send = (url: string): Promise<Reply> => context.transport.send({ url, payload, key, signal });
  const reply = await context.directory.use('revokeCert', signal, send);
  if (!reply.ok && isProblem(problemOfReply(reply), 'alreadyRevoked')) return;
  context.transport.accept(reply);
}
