/** What a Run did: text, JSON and exit code are all made from it. */
import { type EversealError, type Identifier, nextStepOf, printable } from '../core/index.ts';
import type { CertificateFacts, StoredCertificate } from './stores.ts';

export interface CertificateReport {
  readonly name: string;
  readonly identifiers: readonly Identifier[];
  readonly outcome: 'issued' | 'kept' | 'held' | 'failed';
  /** An issue reason, a keep reason, a hold reason or an error code. */
  readonly because: string;
  /** What is stored now; undefined when nothing usable is. */
  readonly facts: CertificateFacts | undefined;
  /** Names that were asked for and are not in what is stored, with the reason. */
  readonly omitted: StoredCertificate['omitted'];
  /** When there will be something to do for this certificate. */
  readonly nextAction: Date | undefined;
  readonly error: EversealError | undefined;
  readonly ms: number;
}

export interface Report {
  readonly startedAt: Date;
  readonly ms: number;
  readonly certificates: readonly CertificateReport[];
}

/**
 * Whether nothing failed.
 *
 * @example
 * ```ts
 * import { isSuccess } from 'everseal/engine';
 * console.log(isSuccess({ startedAt: new Date(0), ms: 1, certificates: [] })); // true
 * ```
 */
export function isSuccess(report: Report): boolean {
  return report.certificates.every(({ outcome }) => outcome !== 'failed');
}

/**
 * The report as plain JSON, for machines. `version` grows when a field changes its meaning or goes.
 *
 * @example
 * ```ts
 * import { reportToJson } from 'everseal/engine';
 * const json = reportToJson({ startedAt: new Date(0), ms: 1, certificates: [] });
 * console.log(JSON.stringify(json)); // {"version":1,"startedAt":"1970-01-01T00:00:00.000Z","ms":1,"ok":true,"certificates":[]}
 * ```
 */
export function reportToJson(report: Report): Readonly<Record<string, unknown>> {
  return {
    version: 1,
    startedAt: report.startedAt.toISOString(),
    ms: report.ms,
    ok: isSuccess(report),
    certificates: report.certificates.map(certificateToJson),
  };
}

function certificateToJson(certificate: CertificateReport): Readonly<Record<string, unknown>> {
  const { facts, error, nextAction, omitted } = certificate;
  return {
    name: certificate.name,
    identifiers: certificate.identifiers.map(({ value }) => value),
    ...(omitted.length > 0 && {
      omitted: omitted.map(({ identifier, reason }) => ({ name: identifier.value, reason })),
    }),
    outcome: certificate.outcome,
    because: certificate.because,
    notBefore: facts?.notBefore.toISOString(),
    notAfter: facts?.notAfter.toISOString(),
    serial: facts?.serial,
    issuer: facts?.issuer,
    nextAction: nextAction?.toISOString(),
    error: error && { code: error.code, message: printable(error.message, 2000), next: nextStepOf(error) },
    ms: certificate.ms,
  };
}
