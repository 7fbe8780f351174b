/** dns-persist-01 before and during an order: which records are wanted, and what DNS shows of them. */
import { EversealError, type Identifier, isWildcard, printable } from '../core/index.ts';
import { canonicalName, type DnsResolver, textOfTxt, txtStrings } from '../dns/index.ts';
import { mapBatch } from './batch.ts';
import { formatPersistRecord, judgePersistRecord, type PersistRecord, type PersistWish } from './persist-record.ts';
import { accountUrisOf, type PersistAccount, type PersistTerms, termsOfDirectory } from './persist-terms.ts';

/** What people may choose about their records. */
export interface PersistChoices {
  /** One of the names that the CA goes by. Without: one that a record is there for, else the first in the alphabet. */
  readonly issuerDomainName?: string;
  /** The end that the records shall have (whole seconds). */
  readonly persistUntil?: Date;
  /** draft-02: `every-name` makes records whose text is the same for all domains of the account. Default `this-name`. */
  readonly validFor?: 'this-name' | 'every-name';
}

/** A record that is to exist. */
export interface WantedPersistRecord {
  /** Without `*.`, without the final dot. */
  readonly domain: string;
  /** It is to hold for wildcards as well. */
  readonly wildcard: boolean;
  /** Where the CA looks, before any CNAME: absolute, with the final dot. */
  readonly name: string;
  /** The value to create when none that is there serves. */
  readonly value: string;
  /** What makes a value serve. */
  readonly wish: PersistWish;
}

export interface PersistPlanOptions extends PersistChoices {
  /** `meta` of the directory as the CA sent it. */
  readonly directoryMeta: Readonly<Record<string, unknown>>;
  readonly account: PersistAccount;
  /** Names, with `*.` for wildcards: a name and its wildcard share one record. */
  readonly identifiers: readonly Identifier[];
}

/**
 * The records that let an account prove names by dns-persist-01, before any order: what `persist show`, `check` and `apply`
 * are about.
 *
 * Draft-02 wants the account fetched (POST-as-GET) before values go to a third party: that is the caller's.
 *
 * @throws EversealError `unsupported` when nothing says by which name the CA goes, when it does not go by the one chosen, or
 *   for an IP address; `bad-server` for a directory that breaks the draft; `bad-identifier` for names too long
 *
 * @example
 * ```ts
 * import { persistRecords } from 'everseal/challenges';
 * const [record] = persistRecords({
 *   directoryMeta: { issuerDomainNames: ['ca.example'], accountHashPrefix: 'https://ca.example/acct/' },
 *   account: { url: 'https://ca.example/acct/123', thumbprint: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs' },
 *   identifiers: [{ type: 'dns', value: '*.example.com' }],
 * });
 * console.log(record?.name, record?.value);
 * ```
 */
export function persistRecords(options: PersistPlanOptions): readonly WantedPersistRecord[] {
  const terms = knownTerms(termsOfDirectory(options.directoryMeta), options.issuerDomainName);
  const wildcards = new Map<string, boolean>();
  for (const identifier of options.identifiers) {
    if (identifier.type !== 'dns') {
      throw new EversealError('unsupported', `dns-persist-01 cannot prove the address ${identifier.value}`, {
        next: 'Use http-01 or tls-alpn-01 for addresses.',
      });
    }
    const domain = identifier.value.replace(/^\*\./, '');
    wildcards.set(domain, isWildcard(identifier) || wildcards.get(domain) === true);
  }
  return [...wildcards].map(([domain, wildcard]) =>
    wantedPersistRecord({ domain, wildcard, terms, account: options.account, choices: options }),
  );
}

/** With a directory that does not say it, the user's word for how the CA is called is all there is. */
function knownTerms(terms: PersistTerms, issuer: string | undefined): PersistTerms {
  if (terms.draft === 'draft-01' && issuer !== undefined) return { ...terms, issuers: [issuer] };
  if (terms.issuers.length > 0) return terms;
  throw new EversealError(
    'unsupported',
    'The directory does not say by which name the CA goes in dns-persist-01 records',
    {
      next: 'Give the issuer domain name from the documentation of the CA.',
    },
  );
}

/** @throws EversealError `unsupported` when the CA does not go by the chosen name */
export function wantedPersistRecord(options: {
  readonly domain: string;
  readonly wildcard: boolean;
  readonly terms: PersistTerms;
  readonly account: PersistAccount;
  readonly choices: PersistChoices;
}): WantedPersistRecord {
  const { domain, wildcard, terms, account, choices } = options;
  const issuers = chosenIssuers(terms.issuers, choices.issuerDomainName);
  const accountUris = accountUrisOf(terms, domain, account);
  const until = choices.persistUntil && { persistUntil: Math.floor(choices.persistUntil.getTime() / 1000) };
  const accountUri = choices.validFor === 'every-name' ? accountUris.at(-1) : accountUris[0];
  return {
    domain,
    wildcard,
    name: canonicalName(`_validation-persist.${domain}`),
    value: formatPersistRecord({ issuer: issuers[0] ?? '', accountUri: accountUri ?? '', wildcard, ...until }),
    wish: { issuers, accountUris, wildcard, ...until },
  };
}

function chosenIssuers(offered: readonly string[], chosen: string | undefined): readonly string[] {
  if (chosen === undefined) return offered;
  if (offered.includes(chosen)) return [chosen];
  throw new EversealError(
    'unsupported',
    `The CA does not go by the name ${printable(chosen, 253)}: it offers ${offered.join(', ')}`,
    { next: 'Choose one of those, or leave the choice to the program.' },
  );
}

/** What DNS shows for one wanted record. */
export interface PersistCheck {
  readonly wanted: WantedPersistRecord;
  /** CNAMEs followed. */
  readonly name: string;
  /** All TXT values there. */
  readonly found: readonly string[];
  /** The value that serves: the CA would accept it. */
  readonly match: string | undefined;
  /** One sentence on each value that does not serve, and on what is doubtful. Values for other CAs are none of them. */
  readonly findings: readonly string[];
}

/**
 * Looks each wanted record up, all at once, and judges what is there as the CA would.
 *
 * @throws BatchError with what the resolver fails with, by name
 *
 * @example
 * ```ts
 * import { checkPersistRecords } from 'everseal/challenges';
 * import { createResolver, publicResolvers } from 'everseal/dns';
 * import { nodePorts } from 'everseal/node';
 * const ports = nodePorts();
 * const resolver = createResolver({ ports, servers: publicResolvers });
 * const signal = new AbortController().signal;
 * const checks = await checkPersistRecords({ wanted: [], resolver, now: ports.clock.now() }, signal);
 * console.log(checks.flatMap(({ findings }) => findings)); // []
 * ```
 */
export function checkPersistRecords(
  options: {
    readonly wanted: readonly WantedPersistRecord[];
    readonly resolver: DnsResolver;
    readonly now: Date;
    /** Default true. */
    readonly followCname?: boolean;
  },
  signal: AbortSignal,
): Promise<readonly PersistCheck[]> {
  const { wanted, resolver, now, followCname = true } = options;
  return mapBatch(
    wanted,
    async (one) => {
      const name = canonicalName(followCname ? await resolver.followCname(one.name, signal) : one.name);
      return { name, ...judgePersistRecords(one, await resolver.lookupTxt(name, signal), now) };
    },
    signal,
  );
}

/** Of several values that serve, the one for the issuer that comes first in the wish. */
export function judgePersistRecords(
  wanted: WantedPersistRecord,
  found: readonly string[],
  now: Date,
): Omit<PersistCheck, 'name'> {
  const matches: { readonly text: string; readonly record: PersistRecord }[] = [];
  const findings: string[] = [];
  for (const text of found) {
    const verdict = judgePersistRecord(text, wanted.wish, now);
    if (verdict.kind === 'matches') matches.push({ text, record: verdict.record });
    if (verdict.kind === 'refused') findings.push(`${wanted.name} has "${printable(text, 400)}": ${verdict.reason}.`);
  }
  const rank = ({ record }: { readonly record: PersistRecord }) => wanted.wish.issuers.indexOf(record.issuer);
  const [match, ...others] = matches.sort((a, b) => rank(a) - rank(b));
  if (others.length > 0) findings.push(ambiguity(wanted.name, others.length + 1));
  return { wanted, found, match: match?.text, findings };
}

function ambiguity(name: string, count: number): string {
  return `${name} has ${count} values that serve: one is enough, and the least restricted of them decides what the CA allows.`;
}

/**
 * A record as a line of a zone file, cut into character-strings of at most 255 octets.
 *
 * @example
 * ```ts
 * import { persistRecordLine } from 'everseal/challenges';
 * console.log(persistRecordLine('_validation-persist.example.com.', 'ca.example; accounturi=https://ca.example/acct/1'));
 * ```
 */
export function persistRecordLine(name: string, value: string): string {
  const strings = txtStrings(value).map((octets) => textOfTxt({ strings: [octets] }).replace(/["\\]/g, '\\$&'));
  return `${name} IN TXT ${strings.map((text) => `"${text}"`).join(' ')}`;
}
