/** ACME renewal information (RFC 9773). */
import { type Identifier, identifierKey } from '../core/index.ts';
import type { CaContext } from './context.ts';
import { CaProblem, notFound } from './problem.ts';
import type { AccountRecord, CertificateRecord } from './records.ts';
import { type Reply, rfc3339 } from './reply.ts';
import type { Location } from './request.ts';

/** A window that a test or an operator sets: as the RFC has it, or a text that is sent as it is, however broken. */
export type RenewalInfoScript =
  | {
      readonly start: Date;
      readonly end: Date;
      readonly explanationUrl?: string;
      /** Default: that of the CA. */
      readonly retryAfterSeconds?: number;
    }
  | string;

/** The windows that were set, by certID; `*` stands for every certificate without one. */
export class RenewalWindows {
  readonly #scripts = new Map<string, RenewalInfoScript>();

  set(certId: string, script: RenewalInfoScript | undefined): void {
    if (script === undefined) this.#scripts.delete(certId);
    else this.#scripts.set(certId, script);
  }

  get(certId: string): RenewalInfoScript | undefined {
    return this.#scripts.get(certId) ?? this.#scripts.get('*');
  }
}

const hourMs = 3_600_000;

/** RFC 9773 §4.2, read without a signature. */
export function renewalInfo(ca: CaContext, { params }: Location): Reply {
  const certificate = certificateOf(ca, params.certId ?? '');
  if (certificate === undefined) throw notFound('certificate');
  const script = ca.renewalWindows.get(certificate.certId) ?? suggestedWindow(ca, certificate);
  if (typeof script === 'string') return reply(ca, script, undefined);
  const body = {
    suggestedWindow: { start: rfc3339(script.start), end: rfc3339(script.end) },
    explanationURL: script.explanationUrl,
  };
  return reply(ca, JSON.stringify(body), script.retryAfterSeconds);
}

/**
 * The predecessor that an order names, when it may replace it (RFC 9773 §5).
 *
 * @throws CaProblem `alreadyReplaced` (409), `malformed`, `unauthorized`
 */
export function checkReplacement(
  ca: CaContext,
  certId: string | undefined,
  account: AccountRecord,
  identifiers: readonly Identifier[],
): CertificateRecord | undefined {
  if (certId === undefined) return undefined;
  const certificate = certificateOf(ca, certId);
  if (certificate === undefined)
    throw new CaProblem('malformed', `"replaces" names a certificate that was not issued here: ${certId}`);
  if (certificate.account !== account)
    throw new CaProblem('unauthorized', '"replaces" names a certificate of another account');
  const held = new Set(certificate.identifiers.map(identifierKey));
  if (!identifiers.some((identifier) => held.has(identifierKey(identifier)))) {
    throw new CaProblem('malformed', '"replaces" names a certificate that shares no identifier with the order');
  }
  if (certificate.replacedBy !== undefined && certificate.replacedBy.status !== 'invalid') {
    throw new CaProblem('alreadyReplaced', `The certificate ${certId} is replaced by another order already`);
  }
  return certificate;
}

/** A day around two thirds of the lifetime, a twelfth of it when that is less; at once for a revoked certificate. */
function suggestedWindow(ca: CaContext, certificate: CertificateRecord): Exclude<RenewalInfoScript, string> {
  if (certificate.revocation !== undefined) {
    const now = ca.ports.clock.now().getTime();
    return { start: new Date(now - 2 * hourMs), end: new Date(now - hourMs) };
  }
  const start = certificate.notBefore.getTime();
  const lifetime = certificate.notAfter.getTime() - start;
  const middle = start + (lifetime * 2) / 3;
  const half = Math.max(1000, Math.min(24 * hourMs, lifetime / 12) / 2);
  return { start: new Date(middle - half), end: new Date(middle + half) };
}

function certificateOf(ca: CaContext, certId: string): CertificateRecord | undefined {
  if (!/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/.test(certId)) {
    throw new CaProblem(
      'malformed',
      `"${certId}" is not a certificate identifier: base64url of the key identifier, a dot, base64url of the serial number`,
    );
  }
  return ca.ledger.certificateByCertId(certId);
}

function reply(ca: CaContext, body: string, retryAfterSeconds: number | undefined): Reply {
  const seconds = retryAfterSeconds ?? ca.settings.renewalInfoRetryAfterSeconds;
  return { status: 200, contentType: 'application/json', body, headers: { 'retry-after': String(seconds) } };
}
