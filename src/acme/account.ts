import { EversealError, type Signer } from '../core/index.ts';
import { fetchOrderUrls } from './account-orders.ts';
import { type AccountState, parseAccount } from './account-state.ts';
import { checkContacts } from './contact.ts';
import { changeKey } from './key-rollover.ts';
import { placeOrder, type NewOrderOptions } from './new-order.ts';
import { fetchOrder, type Order } from './order.ts';
import type { Reply } from './reply.ts';
import { revoke, type RevocationOptions } from './revocation.ts';
import { AccountSession } from './session.ts';

/**
 * An account with a CA (RFC 8555 §7.3). Made by {@link AcmeClient}.
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
 * await account.update({ contacts: ['mailto:admin@example.com'] });
 * console.log(account.state?.contacts);
 * await ca.close();
 * ```
 */
export class Account {
  /** Whether `createAccount` made it: not when the key had it already (RFC 8555 §7.3.1) or it comes from a store. */
  readonly isNew: boolean;
  readonly #session: AccountSession;
  #state: AccountState | undefined;

  /** @internal */
  constructor(
    session: AccountSession,
    known: { readonly state?: AccountState | undefined; readonly isNew?: boolean } = {},
  ) {
    this.#session = session;
    this.#state = known.state;
    this.isNew = known.isNew === true;
  }

  /** The account URL, byte for byte as the server gave it: keep it. */
  get url(): string {
    return this.#session.url;
  }

  get signer(): Signer {
    return this.#session.signer;
  }

  /** What the server last said; undefined for an account from a store that was not fetched yet. */
  get state(): AccountState | undefined {
    return this.#state;
  }

  /** Asks for the account's state. @throws AcmeProblemError, `account-not-found` when the server has forgotten it */
  async fetch(signal?: AbortSignal): Promise<void> {
    this.#read(await this.#session.fetch(this.url, { signal }));
  }

  /**
   * Replaces the contacts (RFC 8555 §7.3.2). An empty list removes them.
   *
   * @throws EversealError `usage` for a contact that is not one e-mail address
   */
  async update(changes: { readonly contacts: readonly string[] }, signal?: AbortSignal): Promise<void> {
    checkContacts(changes.contacts);
    this.#read(await this.#session.post(this.url, { contact: changes.contacts }, { signal }));
  }

  /** Ends the account for good (RFC 8555 §7.3.6). */
  async deactivate(signal?: AbortSignal): Promise<void> {
    this.#read(await this.#session.post(this.url, { status: 'deactivated' }, { signal }));
  }

  /**
   * The URLs of the account's orders, page by page (RFC 8555 §7.1.2.1).
   *
   * @throws EversealError `unsupported` when the server keeps no list, as most do
   */
  async *fetchOrders(signal?: AbortSignal): AsyncGenerator<string> {
    if (this.#state === undefined) await this.fetch(signal);
    const orders = this.#state?.orders;
    if (orders === undefined) throw new EversealError('unsupported', `The CA keeps no list of orders for ${this.url}`);
    yield* fetchOrderUrls(this.#session, orders, signal);
  }

  /**
   * Moves the account to another key (RFC 8555 §7.3.5) and returns it. Write the new key down before: after a lost answer
   * both keys are tried, and the error says what is known.
   *
   * @throws EversealError `unsupported` without key change at the CA, `bad-key` when another account has the new key,
   * `network` when nobody knows which key is right; AcmeProblemError when the CA refuses
   */
  async rollover(newSigner: Signer, signal?: AbortSignal): Promise<Account> {
    await changeKey(this.#session, newSigner, signal);
    return new Account(new AccountSession(this.#session.context, newSigner, this.url), { state: this.#state });
  }

  /**
   * Orders a certificate (RFC 8555 §7.4). A refused `replaces` (RFC 9773 §5) is left out in a second try:
   * `order.replaced` tells.
   *
   * @throws EversealError `unsupported` for a profile the CA does not advertise; AcmeProblemError when the CA refuses
   */
  newOrder(options: NewOrderOptions): Promise<Order> {
    return placeOrder(this.#session, options);
  }

  /** Takes an order up again by its URL. */
  fetchOrder(url: string, signal?: AbortSignal): Promise<Order> {
    return fetchOrder(this.#session, url, signal);
  }

  /** Revokes a certificate of this account, or one for names it holds authorizations for (RFC 8555 §7.6). */
  revoke(options: RevocationOptions): Promise<void> {
    return revoke(this.#session.context, { signer: this.signer, kid: this.url }, options);
  }

  #read(reply: Reply): void {
    this.#state = parseAccount(reply, this.signer.publicKey);
  }
}
