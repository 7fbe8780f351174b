/** RFC 8555 §7.6. */
import * as v from 'valibot';
import { fromBase64Url, isBase64Url } from '../core/index.ts';
import { readCertificate } from '../pki/index.ts';
import type { CaContext } from './context.ts';
import { validAuthorization } from './lifecycle.ts';
import { readPayload } from './payload.ts';
import { CaProblem } from './problem.ts';
import type { CertificateRecord } from './records.ts';
import type { Reply } from './reply.ts';
import type { SignedCall } from './request.ts';

const revocationPayload = v.object({ certificate: v.string(), reason: v.nullish(v.pipe(v.number(), v.integer())) });

/** Reasons of RFC 5280 §5.3.1 that the holder of a server certificate may give. */
const allowedReasons: readonly number[] = [
  0, // unspecified
  1, // keyCompromise
  3, // affiliationChanged
  4, // superseded
  5, // cessationOfOperation
  9, // privilegeWithdrawn
];

/** Revokes for the account that ordered, for the certificate's own key, and for any account that holds all its names. */
export function revokeCertificate(ca: CaContext, call: SignedCall): Reply {
  const payload = readPayload(revocationPayload, call.payload, 'revocation request');
  const certificate = findCertificate(ca, payload.certificate);
  if (!mayRevoke(ca, call, certificate)) {
    throw new CaProblem(
      'unauthorized',
      'The request is signed neither by the account that ordered the certificate, nor by its key, nor by an account that holds valid authorizations for all its identifiers',
    );
  }
  const reason = payload.reason ?? 0;
  if (!allowedReasons.includes(reason)) {
    throw new CaProblem(
      'badRevocationReason',
      `The reason ${reason} is not accepted, only ${allowedReasons.join(', ')}`,
    );
  }
  if (certificate.revocation !== undefined) throw new CaProblem('alreadyRevoked', 'The certificate is revoked already');
  certificate.revocation = { revokedAt: ca.ports.clock.now(), reason };
  return { status: 200 };
}

function findCertificate(ca: CaContext, text: string): CertificateRecord {
  if (!isBase64Url(text)) throw new CaProblem('malformed', 'The certificate is not base64url of DER without padding');
  const der = fromBase64Url(text);
  const certificate = ca.ledger.certificateBySerial(serialOf(der));
  if (certificate === undefined || !Buffer.from(der).equals(certificate.der)) {
    throw new CaProblem('malformed', 'The certificate was not issued here', { status: 404 });
  }
  return certificate;
}

function serialOf(der: Uint8Array): string {
  try {
    return readCertificate(der).serial;
  } catch {
    throw new CaProblem('malformed', 'The certificate cannot be read');
  }
}

function mayRevoke(ca: CaContext, call: SignedCall, certificate: CertificateRecord): boolean {
  const { account } = call;
  if (account === undefined) return call.key.equals(certificate.publicKey);
  if (account === certificate.account) return true;
  return certificate.identifiers.every((identifier) => validAuthorization(ca, account, identifier) !== undefined);
}
