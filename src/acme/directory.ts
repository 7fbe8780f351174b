/** The directory object (RFC 8555 §7.1.1) with its extensions. */
import * as v from 'valibot';
import { printable } from '../core/index.ts';
import { badServer } from './bad-server.ts';
import { serverUrl, webAddress } from './server-url.ts';

/** Where a CA's resources are and what it offers. */
export interface Directory {
  readonly newNonce: string;
  readonly newAccount: string;
  readonly newOrder: string;
  readonly revokeCert: string | undefined;
  /** Missing at some CAs. */
  readonly keyChange: string | undefined;
  /** Pre-authorization: offered by hardly anyone. */
  readonly newAuthz: string | undefined;
  /** RFC 9773. */
  readonly renewalInfo: string | undefined;
  readonly meta: DirectoryMeta;
}

export interface DirectoryMeta {
  readonly termsOfService: string | undefined;
  readonly website: string | undefined;
  readonly caaIdentities: readonly string[];
  readonly externalAccountRequired: boolean;
  /** Names that dns-persist-01 records of every account may name (draft-ietf-acme-dns-persist-02); undefined when not told. */
  readonly issuerDomainNames: readonly string[] | undefined;
  /** What the account hash of a dns-persist-01 record follows (draft -02); undefined where records name account URLs. */
  readonly accountHashPrefix: string | undefined;
  /** Profile name → description or URL (draft-ietf-acme-profiles). Look names up with `Object.hasOwn`. */
  readonly profiles: Readonly<Record<string, string>>;
}

/** The members that are URLs of resources. */
export type ResourceName =
  | 'newNonce'
  | 'newAccount'
  | 'newOrder'
  | 'revokeCert'
  | 'keyChange'
  | 'newAuthz'
  | 'renewalInfo';

const maxProfiles = 100;

const text = v.optional(v.fallback(v.optional(v.string()), undefined));
const metaSchema = v.object({
  termsOfService: text,
  website: text,
  caaIdentities: v.fallback(v.optional(v.array(v.unknown()), []), []),
  externalAccountRequired: v.fallback(v.optional(v.boolean(), false), false),
  profiles: v.fallback(v.optional(v.record(v.string(), v.unknown()), {}), {}),
  issuerDomainNames: v.fallback(v.optional(v.array(v.unknown())), undefined),
  accountHashPrefix: text,
});
/** Some CAs have no `meta`, and a broken one only says less. */
const noMeta = { caaIdentities: [], externalAccountRequired: false, profiles: {} };
const directorySchema = v.object({
  newNonce: v.unknown(),
  newAccount: v.unknown(),
  newOrder: v.unknown(),
  revokeCert: v.optional(v.unknown()),
  keyChange: v.optional(v.unknown()),
  newAuthz: v.optional(v.unknown()),
  renewalInfo: v.optional(v.unknown()),
  meta: v.fallback(v.optional(metaSchema, noMeta), noMeta),
});

/**
 * Reads a directory. Members nobody knows are ignored (Let's Encrypt adds a random one); each URL must be one that may be
 * requested.
 *
 * @throws EversealError `bad-server`
 */
export function parseDirectory(value: unknown, url: string): Directory {
  const result = v.safeParse(directorySchema, value);
  if (!result.success) throw badServer('The ACME directory', url, 'newNonce, newAccount or newOrder is missing');
  const raw = result.output;
  const resource = (name: ResourceName): string => serverUrl(raw[name], `"${name}" of the directory`, url);
  const optional = (name: ResourceName): string | undefined => (raw[name] === undefined ? undefined : resource(name));
  return {
    newNonce: resource('newNonce'),
    newAccount: resource('newAccount'),
    newOrder: resource('newOrder'),
    revokeCert: optional('revokeCert'),
    keyChange: optional('keyChange'),
    newAuthz: optional('newAuthz'),
    renewalInfo: optional('renewalInfo'),
    meta: readMeta(raw.meta),
  };
}

function readMeta(meta: v.InferOutput<typeof metaSchema>): DirectoryMeta {
  return {
    termsOfService: webAddress(meta.termsOfService),
    website: webAddress(meta.website),
    caaIdentities: domainNames(meta.caaIdentities),
    issuerDomainNames: meta.issuerDomainNames && domainNames(meta.issuerDomainNames),
    accountHashPrefix: meta.accountHashPrefix === undefined ? undefined : printable(meta.accountHashPrefix, 2_000),
    externalAccountRequired: meta.externalAccountRequired,
    profiles: Object.fromEntries(Object.entries(meta.profiles).slice(0, maxProfiles).flatMap(readProfile)),
  };
}

function domainNames(entries: readonly unknown[]): readonly string[] {
  return entries.slice(0, 100).flatMap((entry) => (typeof entry === 'string' ? printable(entry, 253) : []));
}

/** A name that cannot be printed cannot be asked for either. */
function readProfile([name, description]: readonly [string, unknown]): readonly (readonly [string, string])[] {
  if (!/^[\x21-\x7e]{1,100}$/.test(name)) return [];
  return [[name, typeof description === 'string' ? printable(description) : '']];
}
