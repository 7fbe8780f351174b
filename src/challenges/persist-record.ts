/**
 * The TXT records of dns-persist-01 as values: written, read, and judged as a CA would. All drafts have one form,
 * `issuer; accounturi=…[; policy=wildcard][; persistUntil=seconds]`, which is an issue-value of RFC 8659 §4.2; they differ in
 * what stands for the account.
 */
import { EversealError, hasCode, printable } from '../core/index.ts';

/** What one record says. */
export interface PersistRecord {
  /** In lower case. */
  readonly issuer: string;
  /** Byte for byte: an account URL or a hash (draft-02). */
  readonly accountUri: string;
  /** It holds for wildcards as well. */
  readonly wildcard: boolean;
  /** Seconds since 1970: not for validations after that. */
  readonly persistUntil?: number;
}

/** A record, or why it is none. The issuer is known when it is readable, whatever comes after it. */
export type PersistReading =
  | { readonly record: PersistRecord }
  | { readonly fault: string; readonly issuer: string | undefined };

const issuerName = /^[a-z0-9]+(?:-+[a-z0-9]+)*(?:\.[a-z0-9]+(?:-+[a-z0-9]+)*)*$/;
const tagName = /^[a-z0-9]+(?:-+[a-z0-9]+)*$/;
const parameterValue = /^[\x21-\x3a\x3c-\x7e]*$/;

/**
 * The text of a record, ready for a TXT value. It may be longer than one character-string: whoever writes it cuts it.
 *
 * @throws EversealError `bad-server` when issuer or account, which come from the CA, hold what would end them
 *
 * @example
 * ```ts
 * import { formatPersistRecord } from 'everseal/challenges';
 * const accountUri = 'https://ca.example/acct/123';
 * console.log(formatPersistRecord({ issuer: 'ca.example', accountUri, wildcard: true }));
 * // ca.example; accounturi=https://ca.example/acct/123; policy=wildcard
 * ```
 */
export function formatPersistRecord({ issuer, accountUri, wildcard, persistUntil }: PersistRecord): string {
  if (!isIssuerName(issuer) || accountUri === '' || !parameterValue.test(accountUri)) {
    const shown = printable(`${issuer}; accounturi=${accountUri}`, 300);
    throw new EversealError('bad-server', `The CA's names do not fit into a dns-persist-01 record: ${shown}`, {
      next: 'Use another challenge with this CA.',
    });
  }
  const policy = wildcard ? '; policy=wildcard' : '';
  const until = persistUntil === undefined ? '' : `; persistUntil=${persistUntil}`;
  return `${issuer}; accounturi=${accountUri}${policy}${until}`;
}

/**
 * Reads the text of a TXT record by the grammar of RFC 8659 §4.2. Tags are read in any case, unknown ones are skipped,
 * doubled ones are a fault, as are an empty parameter and a semicolon at the end.
 *
 * @example
 * ```ts
 * import { readPersistRecord } from 'everseal/challenges';
 * console.log(readPersistRecord('ca.example; accounturi=https://ca.example/acct/123'));
 * console.log(readPersistRecord('ca.example; accounturi')); // { fault: '"accounturi" is not tag=value', … }
 * ```
 */
export function readPersistRecord(text: string): PersistReading {
  const [first = '', ...rest] = text.split(';').map(trimmed);
  const issuer = first.toLowerCase();
  if (!isIssuerName(issuer)) return { issuer: undefined, fault: issuerFault(first) };
  try {
    return { record: { issuer, ...readParameters(rest) } };
  } catch (error) {
    if (!hasCode(error, 'bad-reply')) throw error;
    return { issuer, fault: error.message };
  }
}

/** Whether a CA may call itself so: 1 to 253 octets, A-labels in lower case, no dot at the end. */
export function isIssuerName(text: string): boolean {
  return text.length <= 253 && issuerName.test(text) && text.split('.').every((label) => label.length <= 63);
}

function issuerFault(text: string): string {
  if (text === '') return 'it does not begin with the name of a CA';
  if (text.startsWith('"'))
    return 'it holds quotation marks: in a zone file they stand around the value, they are not part of it';
  if (text.endsWith('.')) return `the CA's name "${printable(text, 80)}" ends with a dot`;
  return `"${printable(text, 80)}" is no domain name of a CA`;
}

function readParameters(parts: readonly string[]): Omit<PersistRecord, 'issuer'> {
  const parameters = new Map<string, string>();
  parts.forEach((part, i) => {
    const [tag, value] = readParameter(part, i === parts.length - 1 ? 'last' : 'inner');
    if (parameters.has(tag)) throw malformed(`"${tag}" stands there twice`);
    parameters.set(tag, value);
  });
  const accountUri = parameters.get('accounturi') ?? '';
  if (accountUri === '') throw malformed('it names no account (accounturi)');
  const persistUntil = readUntil(parameters.get('persistuntil'));
  const wildcard = parameters.get('policy')?.toLowerCase() === 'wildcard';
  return { accountUri, wildcard, ...(persistUntil !== undefined && { persistUntil }) };
}

function readParameter(part: string, position: 'inner' | 'last'): readonly [tag: string, value: string] {
  if (part === '')
    throw malformed(position === 'last' ? 'it ends with a semicolon' : 'there is nothing between two semicolons');
  const equals = part.indexOf('=');
  const tag = trimmed(part.slice(0, Math.max(equals, 0))).toLowerCase();
  const value = trimmed(part.slice(equals + 1));
  if (!tagName.test(tag)) throw malformed(`"${printable(part, 80)}" is not tag=value`);
  if (!parameterValue.test(value)) throw malformed(`the value of "${tag}" holds a space or a character beyond ASCII`);
  return [tag, value];
}

function malformed(fault: string): EversealError {
  return new EversealError('bad-reply', fault);
}

/** Without spaces and tabs around it (WSP of RFC 5234), and nothing else. */
function trimmed(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isBlank(text[start])) start += 1;
  while (start < end && isBlank(text[end - 1])) end -= 1;
  return text.slice(start, end);
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}

function readUntil(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw malformed(`persistUntil is "${printable(text, 40)}" and not a number of seconds since 1970`);
}

/** What a record must say to serve. */
export interface PersistWish {
  /** Any of these: the names that the CA goes by. */
  readonly issuers: readonly string[];
  /** Any of these stands for the account. */
  readonly accountUris: readonly string[];
  readonly wildcard: boolean;
  /** Exactly this end, in seconds since 1970. Without: any that is not over. */
  readonly persistUntil?: number;
}

/** `foreign`: for another CA, and nobody's business. */
export type PersistVerdict =
  | { readonly kind: 'matches'; readonly record: PersistRecord }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'foreign'; readonly issuer: string };

/**
 * What a CA would make of a TXT record.
 *
 * @example
 * ```ts
 * import { judgePersistRecord } from 'everseal/challenges';
 * const wish = { issuers: ['ca.example'], accountUris: ['https://ca.example/acct/1'], wildcard: true };
 * const verdict = judgePersistRecord('ca.example; accounturi=https://ca.example/acct/1', wish, new Date('2026-11-25'));
 * console.log(verdict); // { kind: 'refused', reason: 'it does not hold for wildcards (policy=wildcard is missing)' }
 * ```
 */
export function judgePersistRecord(text: string, wish: PersistWish, now: Date): PersistVerdict {
  const reading = readPersistRecord(text);
  const issuer = 'record' in reading ? reading.record.issuer : reading.issuer;
  if (issuer !== undefined && !wish.issuers.includes(issuer)) return { kind: 'foreign', issuer };
  if ('fault' in reading) return { kind: 'refused', reason: `it is malformed: ${reading.fault}` };
  const reason = shortcoming(reading.record, wish, now);
  return reason === undefined ? { kind: 'matches', record: reading.record } : { kind: 'refused', reason };
}

function shortcoming(record: PersistRecord, wish: PersistWish, now: Date): string | undefined {
  const { accountUri, wildcard, persistUntil } = record;
  if (!wish.accountUris.includes(accountUri)) return accountShortcoming(accountUri, wish.accountUris);
  if (wish.wildcard && !wildcard) return 'it does not hold for wildcards (policy=wildcard is missing)';
  if (persistUntil !== undefined && persistUntil * 1000 < now.getTime()) return `it ended ${dateText(persistUntil)}`;
  if (wish.persistUntil !== undefined && persistUntil !== wish.persistUntil) {
    const has = persistUntil === undefined ? 'it has no end' : `it ends ${dateText(persistUntil)}`;
    return `${has}, and ${dateText(wish.persistUntil)} is wanted`;
  }
  return undefined;
}

function accountShortcoming(found: string, wanted: readonly string[]): string {
  const shown = printable(found, 200);
  const hashed = (uri: string) => /sha-256\/[\w-]{43}$/.test(uri);
  const byHash = wanted.some(hashed);
  if (byHash && !hashed(found))
    return `it names the account by its URL (${shown}), and this CA wants a hash (draft-02)`;
  if (!byHash && hashed(found)) return `it names the account by a hash (${shown}), and this CA wants its URL`;
  const since = byHash ? ', or was made for another name or before the account key changed' : '';
  return `it names another account (${shown})${since}`;
}

/** Far beyond what a Date can hold there is still a number. */
function dateText(seconds: number): string {
  return seconds <= 8.64e12 ? new Date(seconds * 1000).toISOString().replace('.000', '') : `${seconds} s after 1970`;
}
