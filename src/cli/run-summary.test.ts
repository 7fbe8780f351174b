import { describe, expect, it } from 'vitest';
import { EversealError } from '../core/index.ts';
import type { CertificateReport, Report } from '../engine/index.ts';
import { failuresText, summaryJson, summaryText } from './run-summary.ts';

const now = new Date('2030-01-01T00:00:00Z');
const notAfter = new Date('2030-04-01T12:30:00Z');
const facts = {
  identifiers: [],
  notBefore: now,
  notAfter,
  serial: '01',
  certId: undefined,
  keyAlgorithm: undefined,
  fingerprint: '',
  issuer: 'CN=CA',
};

function certificate(name: string, rest: Partial<CertificateReport>): CertificateReport {
  const identifiers = [{ type: 'dns', value: name } as const];
  return {
    name,
    identifiers,
    outcome: 'issued',
    because: 'missing',
    facts,
    omitted: [],
    nextAction: undefined,
    error: undefined,
    ms: 1,
    ...rest,
  };
}

const report: Report = {
  startedAt: now,
  ms: 2,
  certificates: [
    certificate('a.example', { nextAction: new Date('2030-03-01T00:00:00Z') }),
    certificate('longer.example', { outcome: 'kept', nextAction: new Date('2030-01-01T05:00:00Z') }),
    certificate('held.example', { outcome: 'held', facts: undefined, nextAction: new Date('2030-01-01T00:10:00Z') }),
    certificate('bad.example', {
      outcome: 'failed',
      error: new EversealError('timeout', 'Too\nslow', { next: 'Wait.' }),
    }),
  ],
};
const filesOf = (name: string) => ({ certificate: `/c/${name}.crt` });

describe('the summary of a run', () => {
  it('has one aligned line a certificate, with its facts below', () => {
    expect(summaryText(report, filesOf, now)).toBe(
      [
        'a.example       obtained',
        '  names        a.example',
        '  expires      2030-04-01 12:30 UTC (in 90 days)',
        '  renewal      2030-03-01 00:00 UTC (in 59 days)',
        '  certificate  /c/a.example.crt',
        'longer.example  not due yet',
        '  names        longer.example',
        '  expires      2030-04-01 12:30 UTC (in 90 days)',
        '  renewal      2030-01-01 05:00 UTC (in 5 hours)',
        '  certificate  /c/longer.example.crt',
        'held.example    waiting after a failure',
        '  names        held.example',
        '  next try     2030-01-01 00:10 UTC (in 10 minutes)',
        '  certificate  /c/held.example.crt',
        '',
      ].join('\n'),
    );
  });

  it('tells failures with their cure, in one line each', () => {
    expect(failuresText(report)).toBe('Error: Too slow\n       Wait.\n');
  });

  it('is JSON for machines, with the files of what is stored', () => {
    expect(JSON.parse(summaryJson(report, filesOf))).toMatchObject({
      version: 1,
      ok: false,
      certificates: [
        { name: 'a.example' },
        { outcome: 'kept' },
        { outcome: 'held' },
        { error: { code: 'timeout', next: 'Wait.' } },
      ],
      files: [
        { name: 'a.example', certificate: '/c/a.example.crt' },
        { name: 'longer.example', certificate: '/c/longer.example.crt' },
        { name: 'held.example' },
        { name: 'bad.example' },
      ],
    });
  });
});
