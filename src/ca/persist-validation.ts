/** dns-persist-01: a standing record that authorizes an account (draft-ietf-acme-dns-persist-00, -01 and -02). */
import { createHash } from 'node:crypto';
import { printable } from '../core/index.ts';
import type { CaContext } from './context.ts';
import { lookUpTexts } from './dns-lookups.ts';
import { readIssueValue } from './issue-value.ts';
import { CaProblem } from './problem.ts';
import { rfc3339 } from './reply.ts';
import type { Proof, Trial } from './validation.ts';

/** One of the account's identities that a record may name. */
interface Identity {
  /** draft-02: the authorization ends with the record. */
  readonly clamps: boolean;
}

type Verdict = { readonly refusal: string } | { readonly refusal: undefined; readonly until: Date | undefined };

/** Any one record that authorizes suffices; of several the one that lasts longest counts. */
export async function dnsPersist01(ca: CaContext, trial: Trial, visited: string[]): Promise<Proof> {
  const { texts, where } = await lookUpTexts(ca, `_validation-persist.${trial.identifier.value}`, visited);
  if (texts.length === 0) throw new CaProblem('incorrectResponse', `There is no TXT record at ${where}`);
  const identities = identitiesOf(ca, trial);
  const refusals: string[] = [];
  const ends: (Date | undefined)[] = [];
  for (const text of texts) {
    const verdict = judge(ca, trial, identities, text);
    if (verdict.refusal === undefined) ends.push(verdict.until);
    else refusals.push(`"${printable(text, 200)}": ${printable(verdict.refusal, 300)}`);
  }
  if (ends.length === 0)
    throw new CaProblem(
      'incorrectResponse',
      `No TXT record at ${where} authorizes the account: ${refusals.join('; ')}`,
    );
  return { until: ends.includes(undefined) ? undefined : latest(ends) };
}

/** What the challenge shows beside type, URL and status. */
export function persistChallengeMembers(ca: CaContext, accountUrl: string): object {
  const { issuers, persist } = ca.settings;
  return {
    ...(persist.includes('draft-02') ? { issuerDomainNames: issuers } : {}),
    ...(persist.includes('draft-00') || persist.includes('draft-01') ? { 'issuer-domain-names': issuers } : {}),
    ...(persist.includes('draft-01') ? { accounturi: accountUrl } : {}),
  };
}

/** SHA-256 over the length of the domain in one octet, the domain, the thumbprint and the account URL (draft-02). */
export function persistHash(domain: string, thumbprint: string, accountUrl: string): string {
  const octets = Buffer.concat([Buffer.of(domain.length), Buffer.from(`${domain}${thumbprint}${accountUrl}`, 'ascii')]);
  return createHash('sha256').update(octets).digest('base64url');
}

/** Every `accounturi` that stands for the account: draft-02 keeps honouring the keys that it had before. */
function identitiesOf(ca: CaContext, { account, identifier }: Trial): ReadonlyMap<string, Identity> {
  const { persist } = ca.settings;
  const url = ca.urls.account(account.id);
  const plain = persist.some((draft) => draft !== 'draft-02') ? [url] : [];
  const keys = persist.includes('draft-02') ? [account.thumbprint, ...account.formerThumbprints] : [];
  const hashed = keys.flatMap((thumbprint) =>
    [identifier.value, '*'].map(
      (domain) => `${ca.urls.accountHashPrefix}sha-256/${persistHash(domain, thumbprint, url)}`,
    ),
  );
  return new Map([
    ...plain.map((uri): [string, Identity] => [uri, { clamps: false }]),
    ...hashed.map((uri): [string, Identity] => [uri, { clamps: true }]),
  ]);
}

function judge(ca: CaContext, trial: Trial, identities: ReadonlyMap<string, Identity>, text: string): Verdict {
  const value = readIssueValue(text);
  if (value.fault !== undefined) return { refusal: value.fault };
  const { issuers } = ca.settings;
  if (!issuers.includes(value.issuer)) return { refusal: `its issuer is not ${issuers.join(' or ')}` };
  const uri = value.parameters.get('accounturi');
  if (uri === undefined) return { refusal: 'it has no accounturi' };
  const identity = identities.get(uri);
  if (identity === undefined)
    return { refusal: `its accounturi is not that of the account: ${[...identities.keys()].join(' or ')}` };
  if (trial.wildcard && value.parameters.get('policy')?.toLowerCase() !== 'wildcard')
    return { refusal: 'it has no policy=wildcard, which a wildcard needs' };
  return judgeEnd(ca, value.parameters.get('persistuntil'), identity);
}

function judgeEnd(ca: CaContext, text: string | undefined, { clamps }: Identity): Verdict {
  if (text === undefined) return { refusal: undefined, until: undefined };
  // Eleven digits reach beyond the year 5000.
  if (!/^\d{1,11}$/.test(text)) return { refusal: 'its persistUntil is not a number of seconds since 1970' };
  const end = new Date(Number(text) * 1000);
  if (end <= ca.ports.clock.now()) return { refusal: `its persistUntil was ${rfc3339(end)}` };
  return { refusal: undefined, until: clamps ? end : undefined };
}

function latest(ends: readonly (Date | undefined)[]): Date {
  return new Date(Math.max(...ends.map((end) => end?.getTime() ?? 0)));
}
