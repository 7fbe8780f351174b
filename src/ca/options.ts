import { parseIpAddress, Secret, type SocketAddress } from '../core/index.ts';
import type { AuthorityMaterial } from './authority.ts';
import { type ChallengeType, challengeTypes, defaultChallengeTypes } from './challenge-types.ts';
import type { CaResolver } from './dns-lookups.ts';
import type { PersistDraft } from './persist-draft.ts';
import { type Profile, type Profiles, resolveProfiles } from './profiles.ts';

/** How the CA looks at what a client put up for a challenge. */
export interface ValidationOptions {
  /** Where http-01 answers are looked for: what port 80 is in the real world. Default 80. */
  readonly httpPort?: number;
  /** Where a redirect to `https:` leads: what port 443 is in the real world. Default 443. */
  readonly httpsPort?: number;
  /** Where tls-alpn-01 answers are looked for: what port 443 is in the real world. Default 443. */
  readonly tlsPort?: number;
  /** DNS resolvers, tried in order. Default: those of the system, where the ports have `fs`. */
  readonly resolvers?: readonly SocketAddress[];
  /** Asked instead of `resolvers`: a resolver of one's own. */
  readonly resolver?: CaResolver;
  /** Refuse what CAA records forbid (RFC 8659, RFC 8657). Default false: they are not asked for. */
  readonly caa?: boolean;
  /** Addresses for names that no resolver knows; the name `*` stands for every name without an entry. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** How often one challenge is tried before it fails. Default 3. */
  readonly attempts?: number;
  /** Milliseconds before the second try, doubled before each further one. Default 200. */
  readonly retryDelayMs?: number;
  /** Milliseconds for one exchange: HTTP, a TLS handshake, a DNS question. Default 10 000. */
  readonly timeoutMs?: number;
}

/** What an embedded CA can be told; everything has a default that suits a test. */
export interface CaOptions {
  /** What all URLs begin with; it may have a path. Default `https://ca.test`. */
  readonly baseUrl?: string;
  readonly validation?: ValidationOptions;
  /** By name; missing fields are those of `classic`. Default: `classic`, `tlsserver`, `shortlived`. */
  readonly profiles?: Readonly<Record<string, Partial<Profile>>>;
  /** The profile of an order that names none. Default: the first. */
  readonly defaultProfile?: string;
  /** External accounts: key identifier → MAC key in base64url (RFC 8555 §7.3.4). */
  readonly externalAccounts?: Readonly<Record<string, string | Secret>>;
  readonly externalAccountRequired?: boolean;
  /** Each external account binds one ACME account only. */
  readonly externalAccountsOneTime?: boolean;
  /** URL of the terms that a client must agree to. Default: none. */
  readonly termsOfService?: string;
  readonly website?: string;
  /** The CA's names in CAA and dns-persist-01 records. Default: the host of `baseUrl`; `localhost` for an address. */
  readonly caaIdentities?: readonly string[];
  /** Which challenges are offered. Default `http-01`, `tls-alpn-01`, `dns-01`. */
  readonly challenges?: readonly ChallengeType[];
  /** Which drafts of dns-persist-01 are spoken. Default `draft-01` and `draft-02` at once. */
  readonly persist?: readonly PersistDraft[];
  /** Sent as `Retry-After` with pending and processing orders, authorizations and challenges. Default: none. */
  readonly pollRetryAfterSeconds?: number;
  /** Answer finalize with `processing` and issue this many milliseconds later. Default: issue at once. */
  readonly asynchronousFinalize?: { readonly ms: number };
  /** Share of good nonces that are refused all the same, 0 to 1. Default 0. */
  readonly nonceRejectRate?: number;
  /** Further roots that certify the same intermediate key: one alternate chain each. Default 0. */
  readonly alternateRoots?: number;
  /** Keys and certificates to go on with, as {@link makeAuthority} made them, with their roots. Default: new ones. */
  readonly authority?: AuthorityMaterial;
  /** Default 20. */
  readonly ordersPerPage?: number;
  /** Names that are refused with `rejectedIdentifier`, with everything below them. */
  readonly refusedNames?: readonly string[];
  /** Valid authorizations of an account serve its later orders, too. Default false: each order is validated. */
  readonly reuseAuthorizations?: boolean;
  /** Offer renewal information (RFC 9773). Default true. */
  readonly renewalInfo?: boolean;
  /** Default 21 600 (six hours). */
  readonly renewalInfoRetryAfterSeconds?: number;
}

/** The validation options with every default filled in; who is asked for DNS is found when it is needed. */
export type ValidationSettings = Required<Omit<ValidationOptions, 'resolvers' | 'resolver'>> &
  Pick<ValidationOptions, 'resolvers' | 'resolver'>;

/** The options with every default filled in. */
export interface CaSettings {
  readonly baseUrl: string;
  readonly validation: ValidationSettings;
  readonly challenges: readonly ChallengeType[];
  readonly persist: readonly PersistDraft[];
  readonly profiles: Profiles;
  readonly externalAccounts: ReadonlyMap<string, Secret>;
  readonly externalAccountRequired: boolean;
  readonly externalAccountsOneTime: boolean;
  readonly termsOfService: string | undefined;
  readonly website: string | undefined;
  /** Names in CAA and dns-persist-01 records, in lower case; at least one. */
  readonly issuers: readonly string[];
  /** What the directory shows of them. */
  readonly caaIdentities: readonly string[] | undefined;
  readonly pollRetryAfterSeconds: number | undefined;
  readonly finalizeDelayMs: number | undefined;
  readonly nonceRejectRate: number;
  readonly alternateRoots: number;
  readonly authority: AuthorityMaterial | undefined;
  readonly ordersPerPage: number;
  readonly refusedNames: readonly string[];
  readonly reuseAuthorizations: boolean;
  readonly renewalInfo: boolean;
  readonly renewalInfoRetryAfterSeconds: number;
}

const defaultValidation: ValidationSettings = {
  httpPort: 80,
  httpsPort: 443,
  tlsPort: 443,
  caa: false,
  hosts: {},
  attempts: 3,
  retryDelayMs: 200,
  timeoutMs: 10_000,
};

/** @throws TypeError for a base URL that is not `https:`, an unknown challenge, and a default profile that does not exist */
export function resolveOptions(options: CaOptions): CaSettings {
  const baseUrl = checkedBaseUrl(options.baseUrl ?? 'https://ca.test');
  const names = {
    baseUrl,
    validation: { ...defaultValidation, ...options.validation },
    challenges: checkedTypes(options.challenges ?? defaultChallengeTypes),
    persist: options.persist ?? (['draft-01', 'draft-02'] as const),
    profiles: resolveProfiles(options.profiles, options.defaultProfile),
    issuers: issuersOf(options.caaIdentities, baseUrl),
  };
  for (const { challenges } of names.profiles.all.values()) checkedTypes(challenges ?? names.challenges);
  if (offersPersist(names) && names.issuers.length > 10)
    throw new TypeError('dns-persist-01 allows ten caaIdentities, not more');
  return {
    ...names,
    externalAccounts: new Map(
      Object.entries(options.externalAccounts ?? {}).map(([kid, key]) => [
        kid,
        typeof key === 'string' ? new Secret(key) : key,
      ]),
    ),
    externalAccountRequired: options.externalAccountRequired ?? false,
    externalAccountsOneTime: options.externalAccountsOneTime ?? false,
    termsOfService: options.termsOfService,
    website: options.website,
    // A client compares the issuers of dns-persist-01 with them.
    caaIdentities: options.caaIdentities ?? (names.validation.caa || offersPersist(names) ? names.issuers : undefined),
    pollRetryAfterSeconds: options.pollRetryAfterSeconds,
    finalizeDelayMs: options.asynchronousFinalize?.ms,
    nonceRejectRate: options.nonceRejectRate ?? 0,
    alternateRoots: options.alternateRoots ?? 0,
    authority: options.authority,
    ordersPerPage: options.ordersPerPage ?? 20,
    refusedNames: (options.refusedNames ?? []).map((name) => name.toLowerCase()),
    reuseAuthorizations: options.reuseAuthorizations ?? false,
    renewalInfo: options.renewalInfo ?? true,
    renewalInfoRetryAfterSeconds: options.renewalInfoRetryAfterSeconds ?? 21_600,
  };
}

/** Whether any authorization offers dns-persist-01. */
export function offersPersist(settings: Pick<CaSettings, 'challenges' | 'profiles'>): boolean {
  const offers = [...settings.profiles.all.values()].map(({ challenges }) => challenges ?? settings.challenges);
  return offers.some((offered) => offered.includes('dns-persist-01'));
}

function checkedTypes(types: readonly ChallengeType[]): readonly ChallengeType[] {
  const unknown = types.find((type) => !challengeTypes.includes(type));
  if (unknown !== undefined || types.length === 0)
    throw new TypeError(`challenges must be among ${challengeTypes.join(', ')}, not ${unknown ?? 'none'}`);
  return types;
}

function issuersOf(identities: readonly string[] | undefined, baseUrl: string): readonly string[] {
  const names = (identities ?? []).map((name) => name.toLowerCase());
  if (names.length > 0) return names;
  const { hostname } = new URL(baseUrl);
  return [parseIpAddress(hostname.replace(/^\[|\]$/g, '')) === undefined ? hostname : 'localhost'];
}

function checkedBaseUrl(text: string): string {
  if (!URL.canParse(text) || new URL(text).protocol !== 'https:')
    throw new TypeError(`baseUrl must be an https: URL, not ${text}`);
  const { origin, pathname } = new URL(text);
  return `${origin}${pathname}`.replace(/\/+$/, '');
}
