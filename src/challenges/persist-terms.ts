/** How a CA does dns-persist-01: which draft, under which names, and what stands for the account. */
import { EversealError, printable } from '../core/index.ts';
import { dnsPersist01Hash } from '../pki/key-authorization.ts';
import { isIssuerName } from './persist-record.ts';

export interface PersistAccount {
  /** Byte for byte as the CA gave it. */
  readonly url: string;
  /** RFC 7638 thumbprint of the account key. */
  readonly thumbprint: string;
}

export interface PersistTerms {
  /** Records of draft-00 and draft-01 are the same. */
  readonly draft: 'draft-01' | 'draft-02';
  /** What the CA goes by, sorted; empty when the directory of an old draft does not say. */
  readonly issuers: readonly string[];
  /** What draft-02 puts before the hash of an account. */
  readonly accountHashPrefix?: string;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * The terms as a challenge and the directory's `meta` show them.
 *
 * @throws EversealError `bad-server` for what the drafts tell a client to reject: no issuer or more than ten, names that are no
 *   A-labels in lower case, a challenge that leaves out an issuer of the directory or names one that is no CAA identity of it,
 *   another account's URL
 */
export function termsOfChallenge(challenge: Fields, directoryMeta: Fields, accountUrl: string): PersistTerms {
  const prefix = prefixOf(directoryMeta);
  const old = challenge['issuer-domain-names'];
  const names = challenge.issuerDomainNames;
  if (names === undefined && old !== undefined) return oldTerms(challenge, accountUrl);
  if (prefix === undefined) {
    if (old !== undefined) return oldTerms(challenge, accountUrl);
    throw broken('the challenge is of draft-02, but the directory has no accountHashPrefix');
  }
  const issuers = issuersOf(names, 'the challenge');
  const announced = directoryMeta.issuerDomainNames;
  const missing =
    announced === undefined ? [] : issuersOf(announced, 'the directory').filter((name) => !issuers.includes(name));
  if (missing.length > 0) throw broken(`the challenge leaves out ${missing.join(', ')}, which the directory names`);
  const stray = issuers.filter((name) => !isIdentity(name, directoryMeta));
  if (stray.length > 0)
    throw broken(`the challenge names ${stray.join(', ')}, which is not among the directory's caaIdentities`);
  return { draft: 'draft-02', issuers, accountHashPrefix: prefix };
}

/**
 * The terms as far as the directory's `meta` tells them, before any order. Old drafts say nothing there: the CAA identities
 * are a guess then, a good one where there is only one.
 *
 * @throws EversealError `bad-server` as {@link termsOfChallenge}
 */
export function termsOfDirectory(directoryMeta: Fields): PersistTerms {
  const prefix = prefixOf(directoryMeta);
  if (prefix === undefined)
    return { draft: 'draft-01', issuers: identitiesOf(directoryMeta).filter(isIssuerName).sort() };
  const issuers = issuersOf(directoryMeta.issuerDomainNames, 'the directory');
  return { draft: 'draft-02', issuers, accountHashPrefix: prefix };
}

/** What a record may have as `accounturi` under these terms; the first is for this domain only, a second for all domains. */
export function accountUrisOf(
  terms: PersistTerms,
  domain: string,
  { url, thumbprint }: PersistAccount,
): readonly string[] {
  const prefix = terms.accountHashPrefix;
  if (prefix === undefined) return [url];
  return [domain, '*'].map(
    (hashed) => `${prefix}sha-256/${dnsPersist01Hash({ domain: hashed, thumbprint, accountUrl: url })}`,
  );
}

function oldTerms(challenge: Fields, accountUrl: string): PersistTerms {
  const uri = challenge.accounturi;
  if (uri !== undefined && uri !== accountUrl) {
    throw broken(
      `the challenge names the account ${printable(String(uri), 200)}, and ours is ${printable(accountUrl, 200)}`,
    );
  }
  return { draft: 'draft-01', issuers: issuersOf(challenge['issuer-domain-names'], 'the challenge') };
}

function prefixOf({ accountHashPrefix: prefix }: Fields): string | undefined {
  if (prefix === undefined) return undefined;
  if (typeof prefix === 'string' && /^[\x21-\x3a\x3c-\x7e]{1,500}$/.test(prefix)) return prefix;
  throw broken('the accountHashPrefix of the directory is not the beginning of a URI');
}

function issuersOf(value: unknown, where: string): readonly string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > 10) {
    throw broken(`${where} must name 1 to 10 issuers${Array.isArray(value) ? ` and names ${value.length}` : ''}`);
  }
  return value.map((name: unknown) => issuerOf(name, where)).sort();
}

function issuerOf(name: unknown, where: string): string {
  if (typeof name === 'string' && isIssuerName(name)) return name;
  throw broken(
    `${where} names the issuer ${printable(JSON.stringify(name) ?? '', 100)}, which is no domain name in lower case`,
  );
}

function isIdentity(name: string, directoryMeta: Fields): boolean {
  const identities = identitiesOf(directoryMeta);
  return identities.length === 0 || identities.includes(name);
}

function identitiesOf({ caaIdentities }: Fields): readonly string[] {
  const all: readonly unknown[] = Array.isArray(caaIdentities) ? caaIdentities : [];
  return all.filter((one) => typeof one === 'string').map((one) => one.toLowerCase().replace(/\.$/, ''));
}

function broken(what: string): EversealError {
  return new EversealError('bad-server', `dns-persist-01 cannot be used with this CA: ${what}`, {
    next: 'Use another challenge, and tell the operator of the CA.',
  });
}
