import {
  type Clock,
  type EventSink,
  EversealError,
  type Http,
  type Random,
  type Signer,
  type TlsClientOptions,
} from '../core/index.ts';
import { Account } from './account.ts';
import type { Directory } from './directory.ts';
import { type DirectoryCache, DirectorySource } from './directory-source.ts';
import { Exchange } from './exchange.ts';
import { Interruptions } from './interruption.ts';
import { NoncePool } from './nonce-pool.ts';
import {
  type CreateAccountOptions,
  createAccount,
  type FindAccountOptions,
  findAccount,
  type Registration,
} from './registration.ts';
import { fetchRenewalInfo, type RenewalInfo } from './renewal-info.ts';
import { type CertificateKeyRevocationOptions, revoke } from './revocation.ts';
import { isServerUrl } from './server-url.ts';
import { AccountSession, type ClientContext } from './session.ts';
import { Transport } from './transport.ts';

export interface AcmeClientOptions {
  readonly ports: { readonly http: Http; readonly clock: Clock; readonly random: Random };
  /** Directory URL. */
  readonly directory: string;
  readonly tls?: TlsClientOptions | undefined;
  /** Speak over this IP family only. */
  readonly family?: 4 | 6 | undefined;
  /** Product tokens put before ours, such as `myapp/1.0`. */
  readonly userAgent?: string | undefined;
  readonly acceptLanguage?: string | undefined;
  readonly events?: EventSink | undefined;
  readonly cache?: DirectoryCache | undefined;
  /** For one exchange. Default 30 000. */
  readonly requestTimeoutMs?: number | undefined;
  /** Signed requests at once. Default 8. */
  readonly concurrency?: number | undefined;
}

/**
 * A client of one CA (RFC 8555). It keeps nonces and the directory; everything else is in the handles it gives out.
 * Several accounts may use one client at once.
 *
 * Failures of every network call: AcmeProblemError and its kinds when the CA refuses, `bad-server` when it breaks the
 * protocol, the codes of the `http` port when it cannot be reached, the signal's reason when it fires.
 *
 * @example
 * ```ts
 * import { startCa } from 'everseal';
 * import { AcmeClient } from 'everseal/acme';
 * import { nodePorts } from 'everseal/node';
 * const ca = await startCa();
 * const ports = nodePorts();
 * const client = new AcmeClient({ ports, directory: ca.directory, tls: { roots: [ca.root] } });
 * const { meta } = await client.fetchDirectory();
 * const account = await client.createAccount({ signer: await ports.keys.generate('EC256'), contacts: [], termsAgreed: true });
 * console.log(account.url, Object.keys(meta.profiles));
 * await ca.close();
 * ```
 */
export class AcmeClient {
  readonly #context: ClientContext;

  /** @throws EversealError `usage` when the directory is not an https URL */
  constructor(options: AcmeClientOptions) {
    if (!isServerUrl(options.directory)) {
      throw new EversealError(
        'usage',
        'The ACME directory must be an absolute https URL without user name and fragment',
        {
          next: "Copy the directory URL from the CA's documentation.",
        },
      );
    }
    this.#context = connect(options, options.directory);
  }

  /** Where the CA's resources are and what it offers. From memory or cache while that is fresh. */
  fetchDirectory(signal?: AbortSignal): Promise<Directory> {
    return this.#context.directory.fetch(signal);
  }

  /** As {@link fetchDirectory}, from the network unless that was within the last minute: before giving up because of it. */
  revalidateDirectory(signal?: AbortSignal): Promise<Directory> {
    return this.#context.directory.revalidate(signal);
  }

  /**
   * Registers a key (RFC 8555 §7.3), or finds the account it already has: then the server's state stands, whatever was
   * asked for.
   *
   * @throws EversealError `usage` when the CA wants an external account and none is given; UserActionRequiredError when it
   * wants its terms agreed to
   */
  async createAccount(options: CreateAccountOptions): Promise<Account> {
    return this.#account(options.signer, await createAccount(this.#context, options));
  }

  /** The account that a key has (RFC 8555 §7.3.1). @throws EversealError `account-not-found` */
  async findAccount(options: FindAccountOptions): Promise<Account> {
    return this.#account(options.signer, await findAccount(this.#context, options));
  }

  /** An account from a store, without a request. */
  account(stored: { readonly signer: Signer; readonly url: string }): Account {
    return new Account(new AccountSession(this.#context, stored.signer, stored.url));
  }

  /**
   * When the CA wants the certificate renewed (RFC 9773 §4.2). A failure is no reason not to renew.
   *
   * @param certId as `certId()` of `everseal/pki` makes it
   * @throws EversealError `unsupported` when the CA has no renewal information, `bad-server` for a window that is none
   */
  fetchRenewalInfo(certId: string, signal?: AbortSignal): Promise<RenewalInfo> {
    return fetchRenewalInfo(this.#context, certId, signal);
  }

  /** Revokes by the certificate's own key, without an account (RFC 8555 §7.6). Revoked before counts as done. */
  revokeWithCertificateKey(options: CertificateKeyRevocationOptions): Promise<void> {
    return revoke(this.#context, { signer: options.signer }, options);
  }

  #account(signer: Signer, registration: Registration): Account {
    return new Account(new AccountSession(this.#context, signer, registration.url), registration);
  }
}

function connect(options: AcmeClientOptions, directoryUrl: string): ClientContext {
  const { clock, random } = options.ports;
  const concurrency = options.concurrency ?? 8;
  const exchange = new Exchange({ ...options, ...options.ports, timeoutMs: options.requestTimeoutMs ?? 30_000 });
  const interruptions = new Interruptions();
  const transport: Transport = new Transport({
    exchange,
    clock,
    random,
    nonces: new NoncePool(),
    interruptions,
    concurrency,
    requestNonce: (signal) =>
      directory.use('newNonce', signal, (url) => exchange.send({ method: 'HEAD', url, signal })),
    onOutdated: () => directory.invalidate(),
    events: options.events,
  });
  const directory = new DirectorySource({
    url: directoryUrl,
    clock,
    interruptions,
    cache: options.cache,
    get: async (url, signal) => transport.accept(await transport.get(url, signal)),
  });
  return { transport, directory, clock, concurrency, directoryUrl, events: options.events };
}
