import { type EversealError, hasCode, printable } from '../../core/index.ts';
import type { DnsAnswer } from '../../dns/index.ts';
import type { ChallengeType } from '../solver.ts';
import { type CaaProperty, type CaaVerdict, evaluateCaa, idealCaaRecord } from './caa-policy.ts';
import {
  type Check,
  listed,
  lookupFailure,
  type PreflightContext,
  reasonOf,
  shownServer,
  type Target,
} from './context.ts';
import type { Problem } from './finding.ts';

/** The closest set on the way up the tree. */
interface CaaSet {
  /** Where it stands, without final dot. */
  readonly owner: string;
  readonly properties: readonly CaaProperty[];
  /** Who said so. */
  readonly server: string;
}

/** CAA records, as a CA reads them (RFC 8659 §3: at the name, else at the closest one above that has any). */
export const checkCaa: Check = async (context, target) => {
  const climbed = await climb(context, target.name);
  if ('failure' in climbed) return [await unreadable(context, climbed.owner, climbed.failure)];
  const verdict = evaluateCaa(climbed.set?.properties ?? [], {
    wildcard: target.wildcard,
    issuers: context.ca.caaIdentities,
    accountUrl: context.ca.accountUrl,
    methods: target.methods,
  });
  return climbed.set === undefined ? unrestricted(context, target) : explain(context, target, climbed.set, verdict);
};

type Climb =
  | { readonly set: CaaSet | undefined }
  /** What stands there may hide a set: a CA stops here. */
  | { readonly owner: string; readonly failure: EversealError };

/** All ancestors are asked at once; the closest answer counts. */
async function climb({ resolver, signal }: PreflightContext, name: string): Promise<Climb> {
  const labels = name.split('.');
  const owners = labels.map((_, index) => labels.slice(index).join('.'));
  const answers = await Promise.allSettled(owners.map((owner) => resolver.query(`${owner}.`, 'CAA')));
  for (const [index, owner] of owners.entries()) {
    const answer = answers[index];
    if (answer?.status === 'rejected') return { owner, failure: lookupFailure(answer.reason, signal) };
    const properties = answer === undefined ? [] : propertiesIn(answer.value);
    if (answer !== undefined && properties.length > 0) {
      return { set: { owner, properties, server: shownServer(answer.value.server) } };
    }
  }
  return { set: undefined };
}

/** Those at the end of a CNAME chain are the name's (RFC 8659 §3). */
function propertiesIn({ answers }: DnsAnswer): readonly CaaProperty[] {
  return answers.flatMap((record) =>
    record.type === 'CAA' ? [{ flags: record.flags, tag: record.tag, value: record.value }] : [],
  );
}

function unrestricted({ ca }: PreflightContext, target: Target): readonly Problem[] {
  const issuer = ca.caaIdentities?.[0];
  if (issuer === undefined) return [];
  const record = idealCaaRecord({ ...target, issuer, accountUrl: ca.accountUrl });
  return [
    {
      check: 'caa',
      severity: 'note',
      cause: `No CAA record restricts ${target.name}, so every CA may issue for it.`,
      cure: `To leave it to this CA, add: ${printable(record, 600)}`,
    },
  ];
}

function explain({ ca }: PreflightContext, target: Target, set: CaaSet, verdict: CaaVerdict): readonly Problem[] {
  if (verdict.result === 'forbidden') return [refusal(ca, target, set, verdict)];
  if (verdict.result === 'unknown-issuer') {
    const cause = `CAA of ${set.owner} (asked ${set.server}) lets only ${quoted(verdict.issuers)} issue.`;
    return [{ check: 'caa', severity: 'note', cause, cure: 'Order from one of them, or add your CA to the records.' }];
  }
  return [...accountNote(set, verdict.accounts), ...methodFindings(target, set, verdict.methods)];
}

function refusal(
  ca: PreflightContext['ca'],
  target: Target,
  set: CaaSet,
  { because, properties }: Extract<CaaVerdict, { readonly result: 'forbidden' }>,
): Problem {
  const where = `CAA of ${set.owner} (asked ${set.server})`;
  const records = quoted(properties.map(recordText));
  const issuer = ca.caaIdentities?.[0];
  const record =
    issuer === undefined
      ? 'add a record for your CA'
      : `add: ${idealCaaRecord({ ...target, name: set.owner, issuer, accountUrl: ca.accountUrl })}`;
  const texts: Readonly<Record<typeof because, readonly [cause: string, cure: string]>> = {
    critical: [
      `${where} has ${records}, critical and of a kind that CAs do not know, which forbids every certificate.`,
      'Remove that record, or clear its critical flag (128).',
    ],
    nobody: [`${where} forbids every CA: ${records}.`, `To allow one, ${record}`],
    issuer: [
      `${where} does not allow this CA (${quoted(ca.caaIdentities ?? [], 'or')}), only what it lists: ${records}.`,
      `Order from a listed CA, or ${record}`,
    ],
    account: [
      `${where} does not allow the account ${ca.accountUrl ?? 'of anybody'}: ${records}.`,
      `Use the account that is named there, or ${record}`,
    ],
    method: [
      `${where} allows none of ${listed(target.methods)}: ${records}.`,
      `Choose a challenge that is named there, or ${record}`,
    ],
  };
  const [cause, cure] = texts[because].map((text) => printable(text, 1000));
  const severity = because === 'account' && mayBeTheSame(properties, ca.accountUrl) ? 'likely' : 'certain';
  return { check: 'caa', severity, cause: cause ?? '', cure: cure ?? '' };
}

/**
 * CAs may know an account by several URLs (Let's Encrypt by that of its first API, too), and those end in the same number.
 */
function mayBeTheSame(properties: readonly CaaProperty[], accountUrl: string | undefined): boolean {
  const end = accountUrl?.slice(accountUrl.lastIndexOf('/')) ?? '/';
  return (
    end.length > 1 &&
    properties.some(({ value }) => new RegExp(`accounturi\\s*=[^;]*${escaped(end)}\\s*(;|$)`).test(value))
  );
}

function escaped(text: string): string {
  return text.replace(/[^A-Za-z0-9/_-]/g, '\\$&');
}

function accountNote(set: CaaSet, accounts: readonly string[]): readonly Problem[] {
  if (accounts.length === 0) return [];
  const cause = `CAA of ${set.owner} (asked ${set.server}) allows only the account ${listed(accounts, 'or')}.`;
  return [
    {
      check: 'caa',
      severity: 'note',
      cause: printable(cause, 1000),
      cure: 'Check that it is the account that you order with.',
    },
  ];
}

/** Types that are configured, but refused. The engine tries the first one first. */
function methodFindings(target: Target, set: CaaSet, allowed: readonly ChallengeType[]): readonly Problem[] {
  return target.methods
    .filter((method) => !allowed.includes(method))
    .map((method) => ({
      check: 'caa' as const,
      severity: 'certain' as const,
      method,
      cause: `CAA of ${set.owner} (asked ${set.server}) allows ${listed(allowed)}, but not ${method}.`,
      cure: `Put ${method} into its validationmethods, or configure ${listed(allowed, 'or')} alone.`,
    }));
}

/**
 * A lookup that fails is a refusal at most CAs. It is certain when the zone's own servers refuse the question; when they
 * answer, then what the resolver minds is most likely DNSSEC.
 */
async function unreadable(context: PreflightContext, owner: string, failure: EversealError): Promise<Problem> {
  const cause = `CAA of ${owner} cannot be read: ${reasonOf(failure)}.`;
  const cure = 'Mend the name servers of the domain so that they answer CAA questions: CAs take a failure for a no.';
  if (!hasCode(failure, 'dns-failed')) return { check: 'caa', severity: 'likely', cause, cure };
  const said = await askAuthorities(context, owner);
  if (said.length > 0 && said.every(({ fine }) => !fine)) {
    const quotes = listed(said.map(({ text }) => text));
    return { check: 'caa', severity: 'certain', cause: `CAA of ${owner} cannot be read: ${quotes}.`, cure };
  }
  if (said.length === 0 || said.some(({ fine }) => !fine)) return { check: 'caa', severity: 'likely', cause, cure };
  return {
    check: 'dnssec',
    severity: 'likely',
    cause: `CAA of ${owner} cannot be read by the resolver, while the domain’s own servers answer: ${reasonOf(failure)}.`,
    cure: 'Check the DNSSEC signatures of the zone and its DS record at the parent: CAs validate them.',
  };
}

/** What the zone's servers say to the question; those that say nothing are left out. */
async function askAuthorities(
  { resolver, exchangeMs }: PreflightContext,
  owner: string,
): Promise<readonly { readonly fine: boolean; readonly text: string }[]> {
  const zone = await resolver.findZone(`${owner}.`).catch(() => undefined);
  const servers = zone === undefined ? [] : await resolver.nameServers(zone).catch(() => []);
  const hosts = servers.flatMap(({ name, addresses }) => addresses.map((host) => ({ name, host })));
  const answers = await Promise.all(
    hosts.map(async ({ name, host }) => {
      const server = { host, port: resolver.nameServerPort };
      const answer = await resolver.ask(server, `${owner}.`, 'CAA', { timeoutMs: exchangeMs }).catch(() => undefined);
      if (answer === undefined) return [];
      const fine = answer.rcode === 'NOERROR' || answer.rcode === 'NXDOMAIN';
      return [{ fine, text: `${name.replace(/\.$/, '')} (${shownServer(server)}) says ${answer.rcode}` }];
    }),
  );
  return answers.flat();
}

function recordText({ flags, tag, value }: CaaProperty): string {
  return `${flags} ${tag} "${value}"`;
}

function quoted(words: readonly string[], last = 'and'): string {
  return listed(
    words.map((word) => printable(word, 200)),
    last,
  );
}
