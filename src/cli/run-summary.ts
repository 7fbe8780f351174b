/** What `run` says at the end: for people one line a certificate and its facts below, for machines JSON. */
import { identifierKey, printable } from '../core/index.ts';
import { type CertificateReport, type Report, reportToJson } from '../engine/index.ts';
import { failureText } from './failure.ts';

/** Where a certificate and its key lie; what is not stored is missing. */
export interface CertificateFiles {
  readonly certificate?: string;
  readonly key?: string;
}

export type FilesOf = (name: string) => CertificateFiles;

type Outcome = CertificateReport['outcome'];

const day = 86_400_000;
const words: Readonly<Record<Outcome, string>> = {
  issued: 'obtained',
  kept: 'not due yet',
  held: 'waiting after a failure',
  failed: 'failed',
};

/** For standard output: everything that is stored now. */
export function summaryText(report: Report, filesOf: FilesOf, now: Date): string {
  const shown = report.certificates.filter(({ outcome }) => outcome !== 'failed');
  const width = Math.max(0, ...shown.map(({ name }) => printable(name).length));
  return shown.map((certificate) => certificateText(certificate, filesOf(certificate.name), width, now)).join('');
}

/** For standard error: each failure with its cure. */
export function failuresText(report: Report): string {
  return report.certificates.map(({ error }) => (error === undefined ? '' : failureText(error))).join('');
}

/** The whole report with the paths of the files, as JSON text. */
export function summaryJson(report: Report, filesOf: FilesOf): string {
  const json = reportToJson(report);
  const files = report.certificates.map(({ name, facts }) => ({ name, ...(facts === undefined ? {} : filesOf(name)) }));
  return `${JSON.stringify({ ...json, files }, null, 2)}\n`;
}

function certificateText(certificate: CertificateReport, files: CertificateFiles, width: number, now: Date): string {
  const { facts, nextAction, outcome } = certificate;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['names', namesIn(certificate)],
    ...certificate.omitted.map(
      ({ identifier, reason }) => ['without', `${identifier.value}: ${printable(reason)}`] as const,
    ),
    ['expires', facts && dateText(facts.notAfter, now)],
    [outcome === 'held' ? 'next try' : 'renewal', nextAction && dateText(nextAction, now)],
    ['certificate', files.certificate],
    ['key', files.key],
  ];
  const head = `${printable(certificate.name).padEnd(width)}  ${words[outcome]}\n`;
  return head + rows.map(([label, value]) => (value === undefined ? '' : `  ${label.padEnd(11)}  ${value}\n`)).join('');
}

function namesIn({ identifiers, omitted }: CertificateReport): string {
  const missing = new Set(omitted.map(({ identifier }) => identifierKey(identifier)));
  const held = identifiers.filter((identifier) => !missing.has(identifierKey(identifier)));
  return held.map(({ value }) => value).join(', ');
}

function dateText(date: Date, now: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC (${distanceText(date.getTime() - now.getTime())})`;
}

function distanceText(ms: number): string {
  const [amount, unit] =
    Math.abs(ms) >= 2 * day
      ? [Math.abs(ms) / day, 'days']
      : Math.abs(ms) >= 7_200_000
        ? [Math.abs(ms) / 3_600_000, 'hours']
        : [Math.abs(ms) / 60_000, 'minutes'];
  return ms < 0 ? `${Math.floor(amount)} ${unit} ago` : `in ${Math.floor(amount)} ${unit}`;
}
