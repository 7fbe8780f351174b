import { type Identifier, identifierKey } from '../core/index.ts';
import { orderedIdentifier } from './identifiers.ts';
import { notFound } from './problem.ts';
import type { AccountRecord, AuthorizationRecord, CertificateRecord, ChallengeRecord, OrderRecord } from './records.ts';

/** Everything the CA remembers, in memory. */
export class Ledger {
  readonly #accounts = new Map<string, AccountRecord>();
  readonly #accountsByThumbprint = new Map<string, AccountRecord>();
  readonly #orders = new Map<string, OrderRecord>();
  readonly #authorizations = new Map<string, AuthorizationRecord>();
  readonly #authorizationsByIdentifier = new Map<string, AuthorizationRecord[]>();
  readonly #challenges = new Map<
    string,
    { readonly challenge: ChallengeRecord; readonly authorization: AuthorizationRecord }
  >();
  readonly #certificates = new Map<string, CertificateRecord>();
  readonly #certificatesBySerial = new Map<string, CertificateRecord>();
  readonly #certificatesByCertId = new Map<string, CertificateRecord>();

  // ---------------------------------------------------------------- accounts

  addAccount(account: AccountRecord): void {
    this.#accounts.set(account.id, account);
    this.#accountsByThumbprint.set(account.thumbprint, account);
  }

  account(id: string): AccountRecord | undefined {
    return this.#accounts.get(id);
  }

  accountByThumbprint(thumbprint: string): AccountRecord | undefined {
    return this.#accountsByThumbprint.get(thumbprint);
  }

  accountByTermsToken(token: string): AccountRecord | undefined {
    return [...this.#accounts.values()].find((account) => account.termsToken === token);
  }

  changeAccountKey(account: AccountRecord, key: AccountRecord['key'], thumbprint: string): void {
    this.#accountsByThumbprint.delete(account.thumbprint);
    account.formerThumbprints.push(account.thumbprint);
    account.key = key;
    account.thumbprint = thumbprint;
    this.#accountsByThumbprint.set(thumbprint, account);
  }

  // ---------------------------------------------------------------- orders and authorizations

  addOrder(order: OrderRecord): void {
    this.#orders.set(order.id, order);
    order.account.orders.push(order);
    for (const authorization of order.authorizations) this.#addAuthorization(authorization);
  }

  /** @throws CaProblem 404 */
  order(id: string): OrderRecord {
    return found(this.#orders.get(id), 'order');
  }

  /** @throws CaProblem 404 */
  authorization(id: string): AuthorizationRecord {
    return found(this.#authorizations.get(id), 'authorization');
  }

  /** Of one account for the identifier as it was ordered, newest first. */
  authorizationsFor(account: AccountRecord, identifier: Identifier): readonly AuthorizationRecord[] {
    const all = this.#authorizationsByIdentifier.get(identifierKey(identifier)) ?? [];
    return all.filter((authorization) => authorization.account === account).reverse();
  }

  /** @throws CaProblem 404 */
  challenge(id: string): { readonly challenge: ChallengeRecord; readonly authorization: AuthorizationRecord } {
    return found(this.#challenges.get(id), 'challenge');
  }

  #addAuthorization(authorization: AuthorizationRecord): void {
    if (this.#authorizations.has(authorization.id)) return;
    this.#authorizations.set(authorization.id, authorization);
    for (const challenge of authorization.challenges) this.#challenges.set(challenge.id, { challenge, authorization });
    const key = identifierKey(orderedIdentifier(authorization));
    const others = this.#authorizationsByIdentifier.get(key);
    if (others === undefined) this.#authorizationsByIdentifier.set(key, [authorization]);
    else others.push(authorization);
  }

  // ---------------------------------------------------------------- certificates

  addCertificate(certificate: CertificateRecord): void {
    this.#certificates.set(certificate.id, certificate);
    this.#certificatesBySerial.set(certificate.serial, certificate);
    this.#certificatesByCertId.set(certificate.certId, certificate);
  }

  /** @throws CaProblem 404 */
  certificate(id: string): CertificateRecord {
    return found(this.#certificates.get(id), 'certificate');
  }

  certificateBySerial(serial: string): CertificateRecord | undefined {
    return this.#certificatesBySerial.get(serial);
  }

  certificateByCertId(certId: string): CertificateRecord | undefined {
    return this.#certificatesByCertId.get(certId);
  }

  get counts(): {
    readonly accounts: number;
    readonly orders: number;
    readonly authorizations: number;
    readonly certificates: number;
  } {
    return {
      accounts: this.#accounts.size,
      orders: this.#orders.size,
      authorizations: this.#authorizations.size,
      certificates: this.#certificates.size,
    };
  }
}

function found<T>(record: T | undefined, what: string): T {
  if (record === undefined) throw notFound(what);
  return record;
}
