/** One account's record in the store, and the handle made of it. */
import type { Account } from '../acme/index.ts';
import { EversealError, softwareKeyFromPkcs8 } from '../core/index.ts';
import type { EngineContext } from './context.ts';
import { withLease } from './lease.ts';
import type { IssuerSpec } from './spec.ts';
import type { AccountKey, Fence, StoredAccount } from './stores.ts';

export function accountSubject(account: AccountKey): string {
  return `account/${account.directory}/${account.id}`;
}

export function accountKeyOf(issuer: IssuerSpec): AccountKey {
  return { directory: issuer.directory, id: issuer.account.id };
}

/** A handle on the stored account: no request. */
export async function accountHandle(
  context: EngineContext,
  issuer: IssuerSpec,
  stored: StoredAccount,
): Promise<Account> {
  const client = await context.clients.for(issuer);
  if (stored.registration === undefined) throw notRegistered(issuer);
  return client.account({ signer: softwareKeyFromPkcs8(stored.key), url: stored.registration.url });
}

export function registrationOf(account: Account): NonNullable<StoredAccount['registration']> {
  const { url, state } = account;
  return {
    url,
    status: state?.status ?? 'valid',
    contacts: state?.contacts ?? [],
    termsAgreed: state?.termsAgreed ?? false,
    orders: state?.orders,
  };
}

/** Under which an account may be read to be changed, and written. */
export interface AccountLease {
  /** Fires when the caller's does and when the lease is lost. */
  readonly signal: AbortSignal;
  readonly fence: Fence;
}

/** Runs `work` while no other process touches the account. */
export async function underAccountLease<T>(
  context: EngineContext,
  issuer: IssuerSpec,
  signal: AbortSignal,
  work: (lease: AccountLease) => Promise<T>,
): Promise<T> {
  const { ports, stores, events } = context;
  const options = { locks: stores.locks, clock: ports.clock, events, signal };
  return withLease(options, accountSubject(accountKeyOf(issuer)), (fence, leaseSignal) =>
    work({ signal: leaseSignal, fence }),
  );
}

export function notRegistered(issuer: IssuerSpec): EversealError {
  return new EversealError('account-not-found', `There is no account '${issuer.account.id}' for ${issuer.directory}`, {
    next: 'Obtain a certificate with it first, or recover it by its key.',
  });
}

export function keyNotExportable(): EversealError {
  return new EversealError(
    'bad-key',
    'The key was made in a device that does not give it out, so it cannot be stored',
    {
      next: 'Hand the key over as a signer instead.',
    },
  );
}
