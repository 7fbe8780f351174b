import { describe, expect, it } from 'vitest';
import type { Identifier } from '../core/index.ts';
import { type PlanFacts, plan, replacedAt } from './plan.ts';
import type { CertificateSpec, IssuerSpec } from './spec.ts';
import type { StoredCertificate } from './stores.ts';

const day = 86_400_000;
const start = new Date('2026-01-01T00:00:00Z');
const at = (days: number): Date => new Date(start.getTime() + days * day);
const dns = (value: string): Identifier => ({ type: 'dns', value });

const issuer: IssuerSpec = {
  directory: 'https://ca.test/dir',
  account: { id: 'me', keyAlgorithm: 'EC256', terms: 'agreed' },
};
const spec: CertificateSpec = {
  name: 'a.example',
  identifiers: [dns('a.example')],
  key: { kind: 'generate', algorithm: 'EC256', reuse: false },
  issuers: [issuer],
  solvers: [],
  renewal: { shortLifetimeMs: 10 * day, ari: true, ariWaitMs: 0 },
  deadlineMs: 60_000,
};
const stored: StoredCertificate = {
  name: 'a.example',
  version: '1',
  facts: {
    identifiers: spec.identifiers,
    notBefore: at(0),
    notAfter: at(90),
    serial: '01',
    certId: 'aki.serial',
    keyAlgorithm: 'EC256',
    fingerprint: 'f',
    issuer: 'CN=CA',
  },
  requested: {
    identifiers: spec.identifiers,
    profile: undefined,
    directory: issuer.directory,
    account: 'me',
    keyAlgorithm: 'EC256',
    preferredChain: undefined,
  },
  omitted: [],
  hasKey: true,
};
const calm: PlanFacts = { force: false, patient: false };

const rows: readonly {
  readonly title: string;
  readonly spec?: Partial<CertificateSpec>;
  readonly stored?: StoredCertificate | undefined;
  readonly facts?: Partial<PlanFacts>;
  readonly now?: Date;
  readonly expect: object;
}[] = [
  { title: 'nothing stored', stored: undefined, expect: { action: 'issue', because: 'missing' } },
  { title: 'fresh', expect: { action: 'keep', because: 'not-due', until: at(60) } },
  { title: 'a third of its life left', now: at(60), expect: { action: 'issue', because: 'due' } },
  { title: 'a moment before that', now: new Date(at(60).getTime() - 1), expect: { action: 'keep' } },
  { title: 'forced', facts: { force: true }, expect: { action: 'issue', because: 'forced' } },
  { title: 'expired', now: at(91), expect: { action: 'issue', because: 'expired' } },
  {
    title: 'other names wanted',
    spec: { identifiers: [dns('a.example'), dns('b.example')] },
    expect: { action: 'issue', because: 'changed-names' },
  },
  {
    title: 'the same names in another order',
    spec: { identifiers: [dns('b.example'), dns('a.example')] },
    stored: {
      ...stored,
      requested: stored.requested && { ...stored.requested, identifiers: [dns('a.example'), dns('b.example')] },
    },
    expect: { action: 'keep' },
  },
  {
    title: 'a name that was asked for and omitted by the CA last time',
    spec: { identifiers: [dns('a.example'), dns('b.example')] },
    stored: {
      ...stored,
      requested: stored.requested && { ...stored.requested, identifiers: [dns('a.example'), dns('b.example')] },
      omitted: [{ identifier: dns('b.example'), reason: 'refused' }],
    },
    expect: { action: 'keep' },
  },
  {
    title: 'made by a stranger for the same names',
    stored: { ...stored, requested: undefined },
    expect: { action: 'keep' },
  },
  {
    title: 'made by a stranger for other names',
    stored: { ...stored, requested: undefined, facts: { ...stored.facts, identifiers: [dns('c.example')] } },
    expect: { action: 'issue', because: 'changed-names' },
  },
  {
    title: 'another profile wanted',
    spec: { issuers: [{ ...issuer, profile: 'shortlived' }] },
    expect: { action: 'issue', because: 'changed-profile' },
  },
  {
    title: 'issued by the second issuer, whose profile differs from the first',
    spec: {
      issuers: [
        { ...issuer, profile: 'tlsserver' },
        { ...issuer, directory: 'https://other.test/dir' },
      ],
    },
    stored: { ...stored, requested: stored.requested && { ...stored.requested, directory: 'https://other.test/dir' } },
    expect: { action: 'keep' },
  },
  {
    title: 'its key is gone',
    stored: { ...stored, hasKey: false },
    expect: { action: 'issue', because: 'missing-key' },
  },
  {
    title: 'the CA’s point has come',
    facts: { advisedAt: at(10) },
    now: at(10),
    expect: { action: 'issue', because: 'advised', at: undefined },
  },
  { title: 'the CA’s point is near', facts: { advisedAt: at(10) }, expect: { action: 'keep', until: at(10) } },
  {
    title: 'the CA’s point is near enough to wait for',
    spec: { renewal: { ...spec.renewal, ariWaitMs: 2 * day } },
    facts: { advisedAt: at(3) },
    now: at(1),
    expect: { action: 'issue', because: 'advised', at: at(3) },
  },
  {
    title: 'the CA’s point is far, the date rule has come',
    facts: { advisedAt: at(80) },
    now: at(61),
    expect: { action: 'issue', because: 'due' },
  },
  {
    title: 'a fixed time before expiry',
    spec: { renewal: { ...spec.renewal, beforeExpiryMs: 5 * day } },
    now: at(84),
    expect: { action: 'keep', until: at(85) },
  },
  {
    title: 'a failure not long ago, on a timer',
    facts: { patient: true, failures: { count: 1, until: at(61), reason: 'timeout' } },
    now: at(60),
    expect: { action: 'hold', because: 'backoff', until: at(61), reason: 'timeout' },
  },
  {
    title: 'a failure not long ago, by hand',
    facts: { failures: { count: 1, until: at(61), reason: 'timeout' } },
    now: at(60),
    expect: { action: 'issue' },
  },
  {
    title: 'a failure long enough ago',
    facts: { patient: true, failures: { count: 1, until: at(60), reason: 'timeout' } },
    now: at(60),
    expect: { action: 'issue' },
  },
];

describe('plan', () => {
  it.each(rows)('$title', (row) => {
    const given = 'stored' in row ? row.stored : stored;
    const decision = plan({ ...spec, ...row.spec }, given, { ...calm, ...row.facts }, row.now ?? at(0));
    expect(decision).toMatchObject(row.expect);
  });

  it('renews a short-lived certificate at half its life, and counts the limit itself as short', () => {
    const short = { ...stored, facts: { ...stored.facts, notAfter: at(10) } };
    expect(plan(spec, short, calm, at(5))).toMatchObject({ action: 'issue', because: 'due' });
    expect(plan(spec, short, calm, at(4.9))).toMatchObject({ action: 'keep' });
  });
});

describe('replacedAt', () => {
  it.each([
    ['the CA and account that issued it', issuer, stored, 'aki.serial'],
    ['another CA', { ...issuer, directory: 'https://other.test/dir' }, stored, undefined],
    ['another account', { ...issuer, account: { ...issuer.account, id: 'you' } }, stored, undefined],
    ['a certificate of unknown origin', issuer, { ...stored, requested: undefined }, 'aki.serial'],
  ])('at %s', (_title, to, from, expected) => {
    expect(replacedAt(to, from)).toBe(expected);
  });
});
