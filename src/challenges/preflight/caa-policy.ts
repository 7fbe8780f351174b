/** What a set of CAA records means for one request (RFC 8659 §4, RFC 8657). Pure. */
import type { ChallengeType } from '../solver.ts';

/** A CAA record's content. */
export interface CaaProperty {
  readonly flags: number;
  readonly tag: string;
  readonly value: string;
}

/** The value of `issue` and `issuewild`, read. */
export interface IssueValue {
  /** Lower case; empty: nobody. */
  readonly issuer: string;
  readonly parameters: readonly { readonly tag: string; readonly value: string }[];
}

/** Who asks for a certificate, and how. */
export interface CaaRequest {
  readonly wildcard: boolean;
  /** The names by which the CA goes in CAA records; undefined or empty: not known. */
  readonly issuers: readonly string[] | undefined;
  readonly accountUrl?: string | undefined;
  /** Configured challenge types, in the order of preference. */
  readonly methods: readonly ChallengeType[];
}

/** Why nobody, or not this one, may issue: of several records the one that came closest decides. */
export type CaaRefusal = 'critical' | 'nobody' | 'issuer' | 'account' | 'method';

export type CaaVerdict =
  | {
      readonly result: 'allowed';
      /** Of the asked methods, those that may be used. */
      readonly methods: readonly ChallengeType[];
      /** Some record decided; otherwise none restricts. */
      readonly restricted: boolean;
      /** Accounts that alone may ask, where the request did not say which it is. */
      readonly accounts: readonly string[];
    }
  /** The request does not say who the CA is; these may issue. */
  | { readonly result: 'unknown-issuer'; readonly issuers: readonly string[] }
  | {
      readonly result: 'forbidden';
      readonly because: CaaRefusal;
      /** The records that decided. */
      readonly properties: readonly CaaProperty[];
    };

/** Registered at IANA; those beyond the first three say nothing about certificates for servers. */
const knownTags = new Set(['issue', 'issuewild', 'iodef', 'issuemail', 'issuevmc', 'contactemail', 'contactphone']);
const criticalFlag = 128;

const label = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?';
const shape = new RegExp(`^[ \\t]*(${label}(?:\\.${label})*)?[ \\t]*(?:;(.*))?$`, 's');
const parameterShape = new RegExp(`^[ \\t]*(${label})[ \\t]*=[ \\t]*([\\x21-\\x3a\\x3c-\\x7e]*)[ \\t]*$`);

/**
 * Reads an issue-value by the grammar of RFC 8659 §4.2. undefined when it does not follow it: then it authorises nobody.
 *
 * @example
 * ```ts
 * import { parseIssueValue } from 'everseal/challenges';
 * console.log(parseIssueValue('ca.example; validationmethods=dns-01')?.issuer); // ca.example
 * ```
 */
export function parseIssueValue(text: string): IssueValue | undefined {
  // A DNS record may hold 64 KiB, and no real value is longer than a few URLs.
  const match = text.length > 4096 ? null : shape.exec(text);
  if (match === null) return undefined;
  const [, issuer = '', rest = ''] = match;
  if (/^[ \t]*$/.test(rest)) return { issuer: issuer.toLowerCase(), parameters: [] };
  const parameters = rest.split(';').map(readParameter);
  if (!parameters.every((parameter) => parameter !== undefined)) return undefined;
  return { issuer: issuer.toLowerCase(), parameters };
}

/**
 * Whether the relevant record set allows the request.
 *
 * @param properties the closest set found by climbing the tree (RFC 8659 §3); empty when there is none
 *
 * @example
 * ```ts
 * import { evaluateCaa } from 'everseal/challenges';
 * const properties = [{ flags: 0, tag: 'issue', value: 'ca.example' }];
 * const verdict = evaluateCaa(properties, { wildcard: false, issuers: ['other.example'], methods: ['http-01'] });
 * console.log(verdict.result); // forbidden
 * ```
 */
export function evaluateCaa(properties: readonly CaaProperty[], request: CaaRequest): CaaVerdict {
  const critical = properties.filter((property) => isCritical(property) && !knownTags.has(tagOf(property)));
  if (critical.length > 0) return { result: 'forbidden', because: 'critical', properties: critical };
  const relevant = relevantProperties(properties, request.wildcard);
  if (relevant.length === 0) return { result: 'allowed', methods: request.methods, restricted: false, accounts: [] };
  const values = relevant.map((property) => parseIssueValue(property.value));
  const issuers = [...new Set(values.flatMap((value) => (value?.issuer ? [value.issuer] : [])))];
  if (issuers.length === 0) return { result: 'forbidden', because: 'nobody', properties: relevant };
  if (request.issuers === undefined || request.issuers.length === 0) return { result: 'unknown-issuer', issuers };
  return judge(relevant, values, request);
}

/** `issuewild` is for wildcards only, and hides `issue` from them (RFC 8659 §4.3). */
function relevantProperties(properties: readonly CaaProperty[], wildcard: boolean): readonly CaaProperty[] {
  const wild = properties.filter((property) => tagOf(property) === 'issuewild');
  if (wildcard && wild.length > 0) return wild;
  return properties.filter((property) => tagOf(property) === 'issue');
}

function judge(
  properties: readonly CaaProperty[],
  values: readonly (IssueValue | undefined)[],
  request: CaaRequest,
): CaaVerdict {
  const ours = values.flatMap((value) => (value !== undefined && isOurs(value, request) ? [value] : []));
  if (ours.length === 0) return { result: 'forbidden', because: 'issuer', properties };
  const forAccount = ours.filter((value) => allowsAccount(value, request.accountUrl));
  if (forAccount.length === 0) return { result: 'forbidden', because: 'account', properties };
  const methods = request.methods.filter((method) => forAccount.some((value) => allowsMethod(value, method)));
  if (methods.length === 0 && request.methods.length > 0) return { result: 'forbidden', because: 'method', properties };
  const accounts = request.accountUrl === undefined ? accountsOf(forAccount) : [];
  return { result: 'allowed', methods, restricted: true, accounts };
}

function isOurs(value: IssueValue, request: CaaRequest): boolean {
  return request.issuers?.some((issuer) => issuer.toLowerCase() === value.issuer) === true;
}

/** RFC 8657 §3: one that is repeated, or no URI, can never be satisfied. */
function allowsAccount(value: IssueValue, accountUrl: string | undefined): boolean {
  const accounts = parametersOf(value, 'accounturi');
  const [account] = accounts;
  if (account === undefined) return true;
  if (accounts.length > 1 || !URL.canParse(account)) return false;
  return accountUrl === undefined || account === accountUrl;
}

/** RFC 8657 §4. It does not say what a repeated one means; Let's Encrypt takes it for never satisfied. */
function allowsMethod(value: IssueValue, method: ChallengeType): boolean {
  const lists = parametersOf(value, 'validationmethods');
  const [list] = lists;
  if (list === undefined) return true;
  const methods = list.split(',');
  if (lists.length > 1 || !methods.every((entry) => /^[A-Za-z0-9-]+$/.test(entry))) return false;
  return methods.includes(method);
}

/** The accounts that alone may ask; none when some record names no account. */
function accountsOf(values: readonly IssueValue[]): readonly string[] {
  const accounts = values.map((value) => parametersOf(value, 'accounturi')[0]);
  return accounts.every((account) => account !== undefined) ? [...new Set(accounts)] : [];
}

function parametersOf(value: IssueValue, tag: string): readonly string[] {
  return value.parameters.filter((parameter) => parameter.tag === tag).map((parameter) => parameter.value);
}

function readParameter(text: string): { tag: string; value: string } | undefined {
  const [, tag, value] = parameterShape.exec(text) ?? [];
  return tag === undefined || value === undefined ? undefined : { tag, value };
}

function isCritical({ flags }: CaaProperty): boolean {
  return (flags & criticalFlag) !== 0;
}

/** Tags are compared without regard to case (RFC 8659 §4.1). */
function tagOf({ tag }: CaaProperty): string {
  return tag.toLowerCase();
}

/**
 * The record that leaves a name to one CA, account and set of challenge types, as a line for a zone file.
 *
 * @example
 * ```ts
 * import { idealCaaRecord } from 'everseal/challenges';
 * console.log(idealCaaRecord({ name: 'a.example', wildcard: false, issuer: 'ca.example', methods: ['dns-01'] }));
 * // a.example. CAA 0 issue "ca.example; validationmethods=dns-01"
 * ```
 */
export function idealCaaRecord(options: {
  /** Without the final dot. */
  readonly name: string;
  readonly wildcard: boolean;
  readonly issuer: string;
  readonly accountUrl?: string | undefined;
  readonly methods: readonly ChallengeType[];
}): string {
  const { name, wildcard, issuer, accountUrl, methods } = options;
  const parts = [
    issuer,
    ...(accountUrl === undefined ? [] : [`accounturi=${accountUrl}`]),
    ...(methods.length === 0 ? [] : [`validationmethods=${methods.join(',')}`]),
  ];
  return `${name}. CAA 0 ${wildcard ? 'issuewild' : 'issue'} "${parts.join('; ')}"`;
}
