/** What to do about one certificate: a pure function of what is wanted, what is stored, what is known and the time. */
import { sameIdentifiers } from '../core/index.ts';
import type { Failures } from './failures.ts';
import { renewalDate } from './renewal-time.ts';
import type { CertificateSpec, IssuerSpec } from './spec.ts';
import type { StoredCertificate } from './stores.ts';

export type IssueReason =
  | 'missing' // nothing stored
  | 'forced' // the user said so
  | 'changed-names'
  | 'changed-profile'
  | 'missing-key' // the certificate is there, its key is not
  | 'expired'
  | 'advised' // the CA's renewal window (RFC 9773)
  | 'due'; // by the date rule

export type Decision =
  | { readonly action: 'keep'; readonly until: Date; readonly because: 'not-due' }
  | { readonly action: 'hold'; readonly until: Date; readonly because: 'backoff'; readonly reason: string }
  | {
      readonly action: 'issue';
      readonly because: IssueReason;
      /** Wait for this moment first. */
      readonly at: Date | undefined;
    };

export interface PlanFacts {
  /** The chosen point of the CA's window. */
  readonly advisedAt?: Date | undefined;
  readonly failures?: Failures | undefined;
  readonly force: boolean;
  /** Keep `hold`: daemons and timers do, a person at a prompt overrides it. */
  readonly patient: boolean;
}

/**
 * Decides. Reasons are looked at in the order of {@link IssueReason}; the first that holds is given.
 *
 * @example
 * ```ts
 * import { type CertificateSpec, plan, type StoredCertificate } from 'everseal/engine';
 * const day = 86_400_000;
 * const start = Date.parse('2026-01-01T00:00:00Z');
 * const spec: CertificateSpec = {
 *   name: 'a.example',
 *   identifiers: [{ type: 'dns', value: 'a.example' }],
 *   key: { kind: 'generate', algorithm: 'EC256', reuse: false },
 *   issuers: [
 *     { directory: 'https://ca.example/directory', account: { id: 'me', keyAlgorithm: 'EC256', terms: 'agreed' } },
 *   ],
 *   solvers: [],
 *   renewal: { shortLifetimeMs: 10 * day, ari: true, ariWaitMs: 0 },
 *   deadlineMs: 600_000,
 * };
 * const stored: StoredCertificate = {
 *   name: 'a.example',
 *   version: '1',
 *   facts: {
 *     identifiers: spec.identifiers,
 *     notBefore: new Date(start),
 *     notAfter: new Date(start + 90 * day),
 *     serial: '01',
 *     certId: undefined,
 *     keyAlgorithm: 'EC256',
 *     fingerprint: '00',
 *     issuer: 'CN=Example CA',
 *   },
 *   requested: undefined,
 *   omitted: [],
 *   hasKey: true,
 * };
 * const facts = { force: false, patient: false };
 * console.log(plan(spec, undefined, facts, new Date(start))); // { action: 'issue', because: 'missing', at: undefined }
 * console.log(plan(spec, stored, facts, new Date(start))); // { action: 'keep', because: 'not-due', until: 2026-03-02… }
 * console.log(plan(spec, stored, facts, new Date(start + 70 * day)).because); // due
 * ```
 */
export function plan(
  spec: CertificateSpec,
  stored: StoredCertificate | undefined,
  facts: PlanFacts,
  now: Date,
): Decision {
  const decision = wanted(spec, stored, facts, now);
  const { failures } = facts;
  if (decision.action !== 'issue' || !facts.patient || failures === undefined || failures.until <= now) return decision;
  return { action: 'hold', until: failures.until, because: 'backoff', reason: failures.reason };
}

function wanted(spec: CertificateSpec, stored: StoredCertificate | undefined, facts: PlanFacts, now: Date): Decision {
  if (stored === undefined) return { action: 'issue', because: 'missing', at: undefined };
  const dueAt = renewalDate(stored.facts, spec.renewal);
  const { advisedAt } = facts;
  const reason = (Object.keys(reasons) as (keyof typeof reasons)[]).find((name) =>
    reasons[name]({ spec, stored, facts, now, dueAt }),
  );
  if (reason !== undefined) return { action: 'issue', because: reason, at: undefined };
  if (advisedAt !== undefined && advisedAt.getTime() - now.getTime() <= spec.renewal.ariWaitMs) {
    return { action: 'issue', because: 'advised', at: advisedAt };
  }
  return {
    action: 'keep',
    because: 'not-due',
    until: advisedAt !== undefined && advisedAt < dueAt ? advisedAt : dueAt,
  };
}

interface Situation {
  readonly spec: CertificateSpec;
  readonly stored: StoredCertificate;
  readonly facts: PlanFacts;
  readonly now: Date;
  readonly dueAt: Date;
}

/** Why a stored certificate is replaced, in the order in which the reasons are told. */
const reasons: Readonly<Record<Exclude<IssueReason, 'missing'>, (situation: Situation) => boolean>> = {
  forced: ({ facts }) => facts.force,
  // Request against request: what was omitted or issued otherwise last time is no change.
  'changed-names': ({ spec, stored }) =>
    !sameIdentifiers(spec.identifiers, stored.requested?.identifiers ?? stored.facts.identifiers),
  'changed-profile': ({ spec, stored }) =>
    stored.requested !== undefined && !spec.issuers.some((issuer) => issuer.profile === stored.requested?.profile),
  'missing-key': ({ spec, stored }) => spec.key.kind === 'generate' && !stored.hasKey,
  expired: ({ stored, now }) => stored.facts.notAfter <= now,
  advised: ({ facts, now }) => facts.advisedAt !== undefined && facts.advisedAt <= now,
  due: ({ dueAt, now }) => dueAt <= now,
};

/** The certID to send as `replaces` (RFC 9773 §5): only to the CA and account that issued the certificate, as far as is known. */
export function replacedAt(issuer: IssuerSpec, stored: StoredCertificate): string | undefined {
  const { requested } = stored;
  const elsewhere =
    requested !== undefined && (requested.directory !== issuer.directory || requested.account !== issuer.account.id);
  return elsewhere ? undefined : stored.facts.certId;
}
