import { Secret } from '../core/index.ts';
import type { AuthorityMaterial } from './authority.ts';
import { type Profile, type Profiles, resolveProfiles } from './profiles.ts';

/** How the CA looks at what a client put up for a challenge. */
export interface ValidationOptions {
  /** Where http-01 answers are looked for: what port 80 is in the real world. Default 80. */
  readonly httpPort?: number;
  /** Where a redirect to `https:` leads: what port 443 is in the real world. Default 443. */
  readonly httpsPort?: number;
  /** Addresses for names that no resolver knows; the name `*` stands for every name without an entry. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** How often one challenge is tried before it fails. Default 3. */
  readonly attempts?: number;
  /** Milliseconds before the second try, doubled before each further one. Default 200. */
  readonly retryDelayMs?: number;
  /** Milliseconds for one HTTP exchange. Default 10 000. */
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
  readonly caaIdentities?: readonly string[];
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

/** The options with every default filled in. */
export interface CaSettings {
  readonly baseUrl: string;
  readonly validation: Required<ValidationOptions>;
  readonly profiles: Profiles;
  readonly externalAccounts: ReadonlyMap<string, Secret>;
  readonly externalAccountRequired: boolean;
  readonly externalAccountsOneTime: boolean;
  readonly termsOfService: string | undefined;
  readonly website: string | undefined;
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

const defaultValidation: Required<ValidationOptions> = {
  httpPort: 80,
  httpsPort: 443,
  hosts: {},
  attempts: 3,
  retryDelayMs: 200,
  timeoutMs: 10_000,
};

/** @throws TypeError for a base URL that is not `https:` and for a default profile that does not exist */
export function resolveOptions(options: CaOptions): CaSettings {
  return {
    baseUrl: checkedBaseUrl(options.baseUrl ?? 'https://ca.test'),
    validation: { ...defaultValidation, ...options.validation },
    profiles: resolveProfiles(options.profiles, options.defaultProfile),
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
    caaIdentities: options.caaIdentities,
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

function checkedBaseUrl(text: string): string {
  if (!URL.canParse(text) || new URL(text).protocol !== 'https:')
    throw new TypeError(`baseUrl must be an https: URL, not ${text}`);
  const { origin, pathname } = new URL(text);
  return `${origin}${pathname}`.replace(/\/+$/, '');
}
