/** What several addresses of one name showed, weighed together. Pure. */
import { hasCode, type EversealError } from '../../core/index.ts';
import type { ChallengeType } from '../solver.ts';
import { listed, reasonOf, shownAddress } from './context.ts';
import type { Problem } from './finding.ts';

/** One address and what is wrong with it. */
export interface Visit {
  readonly host: string;
  readonly port: number;
  readonly family: 4 | 6;
  /** undefined: nothing. Otherwise the end of a sentence that begins with the address. */
  readonly trouble: { readonly text: string; readonly error?: EversealError } | undefined;
}

export interface VisitTopic {
  readonly name: string;
  readonly check: 'http' | 'tls';
  readonly method: ChallengeType;
  /** What to do when no address is as it should be. */
  readonly cure: string;
}

/** A machine without IPv6 (or IPv4) can say nothing about such addresses. */
const notFromHere = ['network', 'address-not-available'] as const;

/**
 * Only what is seen from here: a router may not lead back to its own public address, and a firewall may let the CA
 * through, so nothing of it is certain.
 */
export function weighVisits(topic: VisitTopic, visits: readonly Visit[]): readonly Problem[] {
  const { check, method, name } = topic;
  const outOfReach = visits.filter(({ trouble }) => hasCode(trouble?.error, ...notFromHere));
  const seen = visits.filter((visit) => !outOfReach.includes(visit));
  const bad = seen.filter(({ trouble }) => trouble !== undefined);
  const findings: Problem[] = [];
  if (outOfReach.length > 0) {
    const cause = `From here ${listed(outOfReach.map(address))} of ${name} cannot be visited at all.`;
    findings.push({
      check,
      severity: 'note',
      method,
      cause,
      cure: 'Look from a machine that has such addresses, too.',
    });
  }
  if (bad.length === 0) return findings;
  if (bad.length === seen.length) {
    const cause = `${name} at ${listed(bad.map(told))}.`;
    return [...findings, { check, severity: 'likely', method, cause, cure: topic.cure }];
  }
  const good = seen.filter(({ trouble }) => trouble === undefined);
  const cause = `${name} at ${listed(bad.map(told))}, while ${listed(good.map(address))} is as it should be.`;
  return [...findings, { check: 'address', severity: 'likely', method, cause, cure: cureFor(bad, good) }];
}

function cureFor(bad: readonly Visit[], good: readonly Visit[]): string {
  const families = new Set(good.map(({ family }) => family));
  const foreign = bad.every(({ family }) => !families.has(family));
  if (foreign && bad[0]?.family === 6)
    return 'Let the server answer over IPv6 as well, or remove the AAAA record: CAs go there first.';
  if (foreign) return 'Let the server answer over IPv4 as well, or remove the A record.';
  return 'Let all addresses lead to the same answer, or remove those records that do not.';
}

function told(visit: Visit): string {
  return `${address(visit)} ${visit.trouble?.text ?? ''}`;
}

function address({ host, port }: Visit): string {
  return shownAddress({ host, port });
}

/** How a failed exchange goes on after the address. */
export function unreachableText(error: EversealError): string {
  const reasons: Readonly<Partial<Record<EversealError['code'], string>>> = {
    'connection-refused': 'refuses connections',
    'connection-reset': 'cuts connections off',
    timeout: 'does not answer in time',
    'reply-too-large': 'sends far more than an answer',
    'bad-reply': 'does not speak HTTP',
  };
  return reasons[error.code] ?? `cannot be used (${reasonOf(error)})`;
}
