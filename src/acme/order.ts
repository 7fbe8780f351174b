/** Orders (RFC 8555 §7.1.3, §7.4). */
import { hasCode, type Identifier, mapAll, Semaphore, toBase64Url } from '../core/index.ts';
import { Authorization } from './authorization.ts';
import { badServer } from './bad-server.ts';
import { type CertificateOptions, downloadCertificate, type IssuedChain } from './certificate-download.ts';
import { failuresOf, hasFailed, OrderFailedError } from './order-failed.ts';
import { checkIdentifiers, type OrderState, type OrderStatus, parseOrder, transition } from './order-state.ts';
import { PollPace } from './polling.ts';
import { type AcmeProblem, isProblem } from './problem.ts';
import { AcmeProblemError } from './problem-error.ts';
import type { Reply } from './reply.ts';
import { repetitionPolicies } from './request-repetition.ts';
import { serverUrl } from './server-url.ts';
import type { AccountSession } from './session.ts';

/** More authorizations than this for each name (RFC 8555 §7.1.3 lets their numbers differ) are an attack on our time. */
const maxAuthorizationsPerName = 2;
const maxFinalizeTries = 3;
/** Replicas of a CA may lag behind for a moment. */
const maxStaleReplies = 2;
/** Polls of an order that was finalized and does not even start to be processed. */
const maxIdlePolls = 10;
/** From this poll on the authorizations are looked at too: some CAs leave a failed one pending, and the order with it. */
const pollsBeforeInspection = 3;

/**
 * An order on its way to a certificate. The steps: {@link fetchAuthorizations}, respond to a challenge of each,
 * {@link pollReady}, {@link finalize}, {@link fetchCertificate}.
 *
 * @example
 * ```ts
 * import { startCa } from 'everseal';
 * import { AcmeClient } from 'everseal/acme';
 * import { nodePorts } from 'everseal/node';
 * const ca = await startCa();
 * const ports = nodePorts();
 * const client = new AcmeClient({ ports, directory: ca.directory, tls: { roots: [ca.root] } });
 * const signer = await ports.keys.generate('EC256');
 * const account = await client.createAccount({ signer, contacts: [], termsAgreed: true });
 * const order = await account.newOrder({ identifiers: [{ type: 'dns', value: 'demo.localhost' }] });
 * for (const { challenges } of await order.fetchAuthorizations()) {
 *   const challenge = challenges.find(({ type }) => type === 'http-01');
 *   console.log('serve', challenge?.keyAuthorization, 'then call challenge.respond() and order.pollReady(signal)');
 * }
 * await ca.close();
 * ```
 */
export class Order {
  readonly url: string;
  /** It was accepted as the successor of another certificate (RFC 9773 §5). */
  readonly replaced: boolean;
  readonly #session: AccountSession;
  readonly #pace: PollPace;
  #state: OrderState;
  #authorizations: readonly Authorization[] | undefined;
  #staleReplies = 0;

  /** @internal */
  constructor(session: AccountSession, url: string, state: OrderState, replaced: boolean) {
    this.url = url;
    this.replaced = replaced;
    this.#session = session;
    this.#state = state;
    this.#pace = new PollPace(session.context.clock, session.context.events);
  }

  get status(): OrderStatus {
    return this.#state.status;
  }

  get identifiers(): readonly Identifier[] {
    return this.#state.identifiers;
  }

  get expires(): Date | undefined {
    return this.#state.expires;
  }

  get error(): AcmeProblem | undefined {
    return this.#state.error;
  }

  /** The profile as the server names it. */
  get profile(): string | undefined {
    return this.#state.profile;
  }

  /** The predecessor as the server names it. */
  get replaces(): string | undefined {
    return this.#state.replaces;
  }

  /** Asks for the order's state. @throws EversealError `bad-server` when it is another order, or keeps going back */
  async fetch(signal?: AbortSignal): Promise<void> {
    this.#accept(await this.#session.fetch(this.url, { signal }));
  }

  /** All authorizations, in no order that means anything: several at a time, the client's concurrency at most. */
  async fetchAuthorizations(signal?: AbortSignal): Promise<readonly Authorization[]> {
    const { authorizations, identifiers, status } = this.#state;
    if (authorizations.length === 0 && status === 'pending')
      throw badServer('The order', this.url, 'it waits for no authorization');
    if (authorizations.length > maxAuthorizationsPerName * identifiers.length)
      throw badServer('The order', this.url, `it waits for ${authorizations.length} authorizations`);
    this.#authorizations = await mapAll(authorizations, this.#slots(), async (url) => {
      signal?.throwIfAborted();
      return new Authorization(this.#session, this.#pace, identifiers, await this.#session.fetch(url, { signal }));
    });
    return this.#authorizations;
  }

  /**
   * Polls until the order may be finalized, or is beyond that already.
   *
   * @param signal ends the wait: there is no other limit
   * @throws OrderFailedError naming the identifiers that failed
   */
  async pollReady(signal: AbortSignal): Promise<void> {
    for (let polls = 1; this.status === 'pending'; polls += 1) {
      await this.#pace.wait('the CA to validate', signal);
      await this.fetch(signal);
      if (this.status === 'pending' && polls >= pollsBeforeInspection) await this.#inspectAuthorizations(signal);
    }
    this.#pace.restart();
    if (this.status === 'invalid') throw await this.#failure(signal);
  }

  /**
   * Sends the signing request (DER) and polls until the certificate is there. When the reply is lost, or the server is not
   * ready, the order is looked at before anything is sent again. Once the order is being processed nothing is sent.
   *
   * @throws OrderFailedError when the order ends invalid; AcmeProblemError when the server refuses, `badCSR` for one
   */
  async finalize(csr: Uint8Array, signal: AbortSignal): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      await this.pollReady(signal);
      if (this.status !== 'ready') break;
      const setback = await this.#submit(csr, signal);
      if (setback === undefined) break;
      await this.#pace.wait('the CA to be ready to finalize', signal);
      await this.fetch(signal);
      // A request that was thought lost may have arrived late: then the order is not ready because it is done.
      if (tries >= maxFinalizeTries && this.status === 'ready') throw setback;
    }
    await this.pollValid(signal);
  }

  /**
   * Polls until the certificate is issued.
   *
   * @throws OrderFailedError when the order ends invalid; EversealError `bad-server` when nothing moves after finalize
   */
  async pollValid(signal: AbortSignal): Promise<void> {
    for (let idle = 0; this.status !== 'valid'; ) {
      if (this.status === 'invalid') throw await this.#failure(signal);
      if (idle >= maxIdlePolls)
        throw badServer('The order', this.url, `it stays "${this.status}" after it was finalized`);
      await this.#pace.wait('the CA to issue', signal);
      await this.fetch(signal);
      idle = this.status === 'processing' ? 0 : idle + 1;
    }
  }

  /**
   * Downloads the certificate with its chain (RFC 8555 §7.4.2), or an alternate chain when a preferred one is named.
   *
   * @throws EversealError `bad-certificate` when the chain is not clean PEM, `bad-server` when the order shows none
   */
  async fetchCertificate(options: CertificateOptions = {}): Promise<IssuedChain> {
    if (this.#state.certificate === undefined) await this.fetch(options.signal);
    const url = serverUrl(this.#state.certificate, '"certificate" of the order', this.url);
    return downloadCertificate(this.#session, url, options);
  }

  /** Gives up what is still pending, so that it no longer counts against the account's limits (RFC 8555 §7.5.2). */
  async deactivatePending(signal?: AbortSignal): Promise<void> {
    const authorizations = this.#authorizations ?? (await this.fetchAuthorizations(signal));
    const pending = authorizations.filter(({ status }) => status === 'pending');
    await mapAll(pending, this.#slots(), (authorization) => authorization.deactivate(signal));
  }

  /** @returns what stood in the way, when it may be gone after another look at the order */
  async #submit(csr: Uint8Array, signal: AbortSignal): Promise<unknown> {
    const url = serverUrl(this.#state.finalize, '"finalize" of the order', this.url);
    try {
      this.#accept(
        await this.#session.post(url, { csr: toBase64Url(csr) }, { policy: repetitionPolicies.once, signal }),
      );
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      if (!isSetback(error)) throw error;
      return error;
    }
  }

  #accept(reply: Reply): void {
    const state = parseOrder(reply);
    checkIdentifiers(state, this.identifiers, this.url);
    this.#pace.heed(reply);
    if (transition(this.status, state.status) !== 'backward') {
      this.#staleReplies = 0;
      this.#state = state;
      return;
    }
    this.#staleReplies += 1;
    if (this.#staleReplies <= maxStaleReplies) return;
    throw badServer('The order', this.url, `it went back from "${this.status}" to "${state.status}"`);
  }

  async #inspectAuthorizations(signal: AbortSignal): Promise<void> {
    const authorizations = await this.#currentAuthorizations(signal);
    if (authorizations.some(hasFailed))
      throw new OrderFailedError(this.url, failuresOf(authorizations, this.error), this.error);
  }

  async #failure(signal: AbortSignal): Promise<OrderFailedError> {
    const authorizations = await this.#currentAuthorizations(signal).catch(() => {
      signal.throwIfAborted();
      return this.#authorizations ?? [];
    });
    return new OrderFailedError(this.url, failuresOf(authorizations, this.error), this.error);
  }

  /** The authorizations, those that were pending asked for again. */
  async #currentAuthorizations(signal: AbortSignal): Promise<readonly Authorization[]> {
    if (this.#authorizations === undefined) return this.fetchAuthorizations(signal);
    const pending = this.#authorizations.filter(({ status }) => status === 'pending');
    await mapAll(pending, this.#slots(), (authorization) => authorization.fetch(signal));
    return this.#authorizations;
  }

  #slots(): Semaphore {
    return new Semaphore(this.#session.context.concurrency);
  }
}

/** Reads an order by its URL, as a later process finds it in its journal. */
export async function fetchOrder(
  session: AccountSession,
  url: string,
  signal: AbortSignal | undefined,
): Promise<Order> {
  const state = parseOrder(await session.fetch(url, { signal }));
  return new Order(session, url, state, state.replaces !== undefined);
}

/** Failures of finalize after which the order says what happened. */
function isSetback(error: unknown): boolean {
  if (error instanceof AcmeProblemError) {
    const { problem } = error;
    return isProblem(problem, 'orderNotReady') || (problem.status >= 500 && problem.status !== 501);
  }
  return hasCode(error, 'connection-reset', 'timeout', 'network', 'bad-reply');
}
