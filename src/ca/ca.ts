import { Secret, type TlsIdentity, toBase64Url } from '../core/index.ts';
import { makeAuthority, openAuthority } from './authority.ts';
import { Background } from './background.ts';
import type { CaContext, CaPorts } from './context.ts';
import type { CaResolver } from './dns-lookups.ts';
import { ExternalAccounts } from './external-accounts.ts';
import { Ledger } from './ledger.ts';
import { Nonces } from './nonces.ts';
import { type CaOptions, type CaSettings, resolveOptions } from './options.ts';
import type { Revocation } from './records.ts';
import { type RenewalInfoScript, RenewalWindows } from './renewal-info.ts';
import { createRouter } from './router.ts';
import { caUrls } from './urls.ts';

/** What a CA has done so far. */
export interface CaStats {
  readonly accounts: number;
  readonly orders: number;
  readonly authorizations: number;
  readonly certificates: number;
  /** Requests by `METHOD /first-part-of-path`; those beyond the first 64 labels by `other`. */
  readonly requests: ReadonlyMap<string, number>;
}

/** A certificate authority in memory. */
export interface Ca {
  /** Answers one request; never rejects. */
  fetch(request: Request): Promise<Response>;
  readonly directoryUrl: string;
  /** The root of the default chain, PEM. */
  readonly root: string;
  /** All roots, PEM: the default one, then the alternate ones. */
  readonly roots: readonly string[];
  /** The intermediate of the default chain, PEM. */
  readonly intermediate: string;
  /** What the CA's own HTTPS server shows: signed by the intermediate. */
  readonly tlsIdentity: TlsIdentity;
  /** Sets what the renewal information of a certificate (`*`: of all others) says; undefined: the usual window again. */
  setRenewalInfo(certId: string, info: RenewalInfoScript | undefined): void;
  /** By serial number, lower-case hexadecimal of its DER content octets; undefined while the certificate is good. */
  revocationOf(serial: string): Revocation | undefined;
  /** New terms: accounts that did not agree to them get `userActionRequired` until they have, at its `instance`. */
  changeTermsOfService(url: string | undefined): void;
  /** A further external account, or a new key for one; base64url. */
  addExternalAccount(kid: string, macKey: string | Secret): void;
  stats(): CaStats;
  /** Resolves once no validation and no issuance runs any more. */
  idle(): Promise<void>;
}

/** Requests are counted by so many labels, so that a stranger's paths cost no memory. */
const maxLabels = 64;

/**
 * Makes a CA (RFC 8555, 8738, 9773 and the profiles draft) with keys of its own. It validates every challenge for real,
 * through the `http` and `net` ports, and listens nowhere: hand its `fetch` to a server or call it.
 *
 * @throws TypeError for options that make no sense
 *
 * @example
 * ```ts
 * import { createCa } from 'everseal/ca';
 * import { nodePorts } from 'everseal/node';
 * const ca = await createCa(nodePorts());
 * const reply = await ca.fetch(new Request(ca.directoryUrl));
 * console.log(Object.keys(await reply.json()));
 * ```
 */
export async function createCa(ports: CaPorts, options: CaOptions = {}): Promise<Ca> {
  const settings = resolveOptions(options);
  const context = await createContext(ports, settings);
  const route = createRouter(context);
  const requests = new Map<string, number>();
  const { authority, ledger, urls } = context;
  const { pathname } = new URL(urls.base);
  return {
    fetch(request) {
      const asked = `${request.method} /${firstPart(request.url, pathname)}`;
      const label = requests.has(asked) || requests.size < maxLabels ? asked : 'other';
      requests.set(label, (requests.get(label) ?? 0) + 1);
      return route(request);
    },
    directoryUrl: urls.directory,
    root: authority.roots[0] ?? '',
    roots: authority.roots,
    intermediate: authority.intermediates[0] ?? '',
    tlsIdentity: authority.tlsIdentity,
    setRenewalInfo: (certId, info) => context.renewalWindows.set(certId, info),
    revocationOf: (serial) => ledger.certificateBySerial(serial)?.revocation,
    changeTermsOfService(url) {
      context.terms.current = url;
    },
    addExternalAccount: (kid, macKey) =>
      context.externalAccounts.add(kid, typeof macKey === 'string' ? new Secret(macKey) : macKey),
    stats: () => ({ ...ledger.counts, requests: new Map(requests) }),
    idle: () => context.background.idle(),
  };
}

async function createContext(ports: CaPorts, settings: CaSettings): Promise<CaContext> {
  const { hostname } = new URL(settings.baseUrl);
  const { alternateRoots } = settings;
  const material = settings.authority ?? (await makeAuthority(ports, { host: hostname, alternateRoots }));
  const ids = ports.random.fork('ca.ids');
  const tokens = ports.random.fork('ca.tokens');
  return {
    ports,
    settings,
    urls: caUrls(settings.baseUrl),
    ledger: new Ledger(),
    nonces: new Nonces(ports.random.fork('ca.nonces'), settings.nonceRejectRate),
    authority: openAuthority(material, ports.random),
    background: new Background(ports.log),
    externalAccounts: new ExternalAccounts({
      keys: settings.externalAccounts,
      required: settings.externalAccountRequired,
      oneTime: settings.externalAccountsOneTime,
    }),
    renewalWindows: new RenewalWindows(),
    terms: { current: settings.termsOfService },
    resolver: () => resolverOf(ports, settings),
    newId: () => toBase64Url(ids.bytes(12)),
    newToken: () => toBase64Url(tokens.bytes(32)),
  };
}

/** The DNS codec is loaded when it is needed, and the system's list of resolvers read anew each time. */
async function resolverOf(ports: CaPorts, { validation }: CaSettings): Promise<CaResolver> {
  const { resolver, resolvers, timeoutMs } = validation;
  if (resolver !== undefined) return resolver;
  const { openResolver } = await import('./open-resolver.ts');
  return openResolver({ ports, resolvers, timeoutMs });
}

function firstPart(url: string, base: string): string {
  const path = new URL(url).pathname;
  return (
    path
      .slice(base.length)
      .split('/')
      .find((part) => part !== '') ?? ''
  );
}
