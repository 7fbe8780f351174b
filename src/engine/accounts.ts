/**
 * Accounts at CAs. The key is on disk before the server hears of it, so a crash never loses an account: the same key sent
 * again gets the same account (RFC 8555 §7.3).
 */
import type { Account, AcmeClient } from '../acme/index.ts';
import { EversealError, hasCode, softwareKeyFromPkcs8 } from '../core/index.ts';
import {
  type AccountLease,
  accountHandle,
  accountKeyOf,
  accountSubject,
  keyNotExportable,
  notRegistered,
  registrationOf,
  underAccountLease,
} from './account-record.ts';
import type { EngineContext } from './context.ts';
import { rolledOverAccount } from './key-rollover.ts';
import type { AccountSpec, IssuerSpec } from './spec.ts';
import type { StoredAccount } from './stores.ts';

/**
 * The account to order with: the stored one without any request, else a new one.
 *
 * @example
 * ```ts
 * import { memoryStores, nodePorts, startCa } from 'everseal';
 * import { acmeClients, ensureAccount } from 'everseal/engine';
 * const ca = await startCa();
 * const ports = nodePorts();
 * const base = { ports, stores: memoryStores(ports), events: () => undefined, signal: new AbortController().signal };
 * const context = { ...base, clients: acmeClients(base) };
 * const issuer = {
 *   directory: ca.directory,
 *   tls: { roots: [ca.root] },
 *   account: { id: 'me', keyAlgorithm: 'EC256' as const, terms: 'agreed' as const },
 * };
 * const account = await ensureAccount(context, issuer, context.signal);
 * console.log(account.url);
 * await ca.close();
 * ```
 */
export async function ensureAccount(context: EngineContext, issuer: IssuerSpec, signal: AbortSignal): Promise<Account> {
  const stored = await context.stores.accounts.load(accountKeyOf(issuer));
  const pending = await context.stores.journal.unfinished(accountSubject(accountKeyOf(issuer)));
  if (stored?.registration !== undefined && pending.length === 0) return accountHandle(context, issuer, stored);
  return underAccountLease(context, issuer, signal, async (lease) => {
    const current = await rolledOverAccount(context, issuer, lease);
    if (current?.registration !== undefined) return accountHandle(context, issuer, current);
    return register(context, issuer, current, lease);
  });
}

/** The CA no longer knows the account (it was reset, say): the same key is registered anew. */
export async function registerAgain(context: EngineContext, issuer: IssuerSpec, signal: AbortSignal): Promise<Account> {
  return underAccountLease(context, issuer, signal, async (lease) =>
    register(context, issuer, await context.stores.accounts.load(accountKeyOf(issuer)), lease),
  );
}

/**
 * Finds the account of a key that is kept elsewhere, and stores both (RFC 8555 §7.3.1 `onlyReturnExisting`).
 *
 * @throws EversealError `account-not-found` when the CA has no account of this key
 *
 * @example
 * ```ts
 * import { memoryStores, nodePorts, startCa } from 'everseal';
 * import { acmeClients, ensureAccount, recoverAccount } from 'everseal/engine';
 * const ca = await startCa();
 * const ports = nodePorts();
 * const base = { ports, stores: memoryStores(ports), events: () => undefined, signal: new AbortController().signal };
 * const context = { ...base, clients: acmeClients(base) };
 * const issuer = {
 *   directory: ca.directory,
 *   tls: { roots: [ca.root] },
 *   account: { id: 'me', keyAlgorithm: 'EC256' as const, terms: 'agreed' as const },
 * };
 * await ensureAccount(context, issuer, context.signal);
 * const stored = await context.stores.accounts.load({ directory: ca.directory, id: 'me' });
 * const elsewhere = { ...base, stores: memoryStores(ports) };
 * if (stored !== undefined) await recoverAccount({ ...elsewhere, clients: context.clients }, issuer, stored.key);
 * console.log((await elsewhere.stores.accounts.list()).length); // 1
 * await ca.close();
 * ```
 */
export async function recoverAccount(
  context: EngineContext,
  issuer: IssuerSpec,
  key: StoredAccount['key'],
): Promise<StoredAccount> {
  return underAccountLease(context, issuer, context.signal, async ({ signal, fence }) => {
    const client = await context.clients.for(issuer);
    const signer = softwareKeyFromPkcs8(key);
    const account = await client.findAccount({ signer, signal });
    const stored = {
      ...accountKeyOf(issuer),
      email: issuer.account.email,
      keyAlgorithm: signer.algorithm,
      key,
      registration: registrationOf(account),
    };
    await context.stores.accounts.save(stored, fence);
    context.events({ type: 'account.recovered', account: issuer.account.id, url: account.url });
    return stored;
  });
}

/**
 * Changes the contact of a stored account, at the CA and on disk.
 *
 * @example
 * ```ts
 * import { memoryStores, nodePorts, startCa } from 'everseal';
 * import { acmeClients, ensureAccount, updateAccount } from 'everseal/engine';
 * const ca = await startCa();
 * const ports = nodePorts();
 * const base = { ports, stores: memoryStores(ports), events: () => undefined, signal: new AbortController().signal };
 * const context = { ...base, clients: acmeClients(base) };
 * const issuer = {
 *   directory: ca.directory,
 *   tls: { roots: [ca.root] },
 *   account: { id: 'me', keyAlgorithm: 'EC256' as const, terms: 'agreed' as const },
 * };
 * await ensureAccount(context, issuer, context.signal);
 * const { registration } = await updateAccount(context, issuer, 'me@example.com');
 * console.log(registration?.contacts); // [ 'mailto:me@example.com' ]
 * await ca.close();
 * ```
 */
export async function updateAccount(
  context: EngineContext,
  issuer: IssuerSpec,
  email: string | undefined,
): Promise<StoredAccount> {
  return changeAccount(context, issuer, email, async (account, signal) => {
    await account.update({ contacts: email === undefined ? [] : [`mailto:${email}`] }, signal);
  });
}

/**
 * Ends a stored account at the CA for good; its record stays, with status `deactivated`.
 *
 * @example
 * ```ts
 * import { memoryStores, nodePorts, startCa } from 'everseal';
 * import { acmeClients, deactivateAccount, ensureAccount } from 'everseal/engine';
 * const ca = await startCa();
 * const ports = nodePorts();
 * const base = { ports, stores: memoryStores(ports), events: () => undefined, signal: new AbortController().signal };
 * const context = { ...base, clients: acmeClients(base) };
 * const issuer = {
 *   directory: ca.directory,
 *   tls: { roots: [ca.root] },
 *   account: { id: 'me', keyAlgorithm: 'EC256' as const, terms: 'agreed' as const },
 * };
 * await ensureAccount(context, issuer, context.signal);
 * console.log((await deactivateAccount(context, issuer)).registration?.status); // deactivated
 * await ca.close();
 * ```
 */
export async function deactivateAccount(context: EngineContext, issuer: IssuerSpec): Promise<StoredAccount> {
  return changeAccount(context, issuer, issuer.account.email, (account, signal) => account.deactivate(signal));
}

async function changeAccount(
  context: EngineContext,
  issuer: IssuerSpec,
  email: string | undefined,
  change: (account: Account, signal: AbortSignal) => Promise<void>,
): Promise<StoredAccount> {
  return underAccountLease(context, issuer, context.signal, async (lease) => {
    const { signal, fence } = lease;
    const stored = await rolledOverAccount(context, issuer, lease);
    if (stored?.registration === undefined) throw notRegistered(issuer);
    const account = await accountHandle(context, issuer, stored);
    await change(account, signal);
    const changed = { ...stored, email, registration: registrationOf(account) };
    await context.stores.accounts.save(changed, fence);
    return changed;
  });
}

async function register(
  context: EngineContext,
  issuer: IssuerSpec,
  stored: StoredAccount | undefined,
  lease: AccountLease,
): Promise<Account> {
  const { signal, fence } = lease;
  const contacts = issuer.account.email === undefined ? [] : [`mailto:${issuer.account.email}`];
  const client = await context.clients.for(issuer);
  const { checkContacts } = await import('../acme/index.ts');
  checkContacts(contacts);
  const termsAgreed = await agreeToTerms(client, issuer.account, signal);
  await demandExternalAccount(client, issuer, signal);
  const prepared = stored ?? (await prepareAccount(context, issuer, lease));
  const account = await client.createAccount({
    signer: softwareKeyFromPkcs8(prepared.key),
    contacts,
    termsAgreed,
    externalAccount: issuer.account.externalAccount,
    signal,
  });
  // A key that lost its record knows no address any more.
  const email = prepared.email ?? issuer.account.email;
  await context.stores.accounts.save({ ...prepared, email, registration: registrationOf(account) }, fence);
  const type = account.isNew ? 'account.registered' : 'account.recovered';
  context.events({ type, account: issuer.account.id, url: account.url });
  return account;
}

/** A new key, on disk before the CA hears of it. */
async function prepareAccount(
  context: EngineContext,
  issuer: IssuerSpec,
  { signal, fence }: AccountLease,
): Promise<StoredAccount> {
  const { keyAlgorithm, email } = issuer.account;
  const key = await context.ports.keys.generate(keyAlgorithm, signal);
  if (key.pkcs8 === undefined) throw keyNotExportable();
  const account = { ...accountKeyOf(issuer), email, keyAlgorithm, key: key.pkcs8, registration: undefined };
  await context.stores.accounts.save(account, fence);
  return account;
}

/** RFC 8555 §7.3: agreement is the user's, never assumed. */
async function agreeToTerms(client: AcmeClient, account: AccountSpec, signal: AbortSignal): Promise<boolean> {
  if (account.terms === 'agreed') return true;
  const { meta } = await client.fetchDirectory(signal);
  if (meta.termsOfService === undefined) return false;
  if (await account.terms.ask(meta.termsOfService)) return true;
  throw new EversealError('usage', `The terms of service of the CA were not accepted: ${meta.termsOfService}`, {
    next: 'Read them and agree with --accept-tos.',
  });
}

async function demandExternalAccount(client: AcmeClient, issuer: IssuerSpec, signal: AbortSignal): Promise<void> {
  if (issuer.account.externalAccount !== undefined) return;
  if (!(await client.fetchDirectory(signal)).meta.externalAccountRequired) return;
  // The cached directory may be of another day.
  if (!(await client.revalidateDirectory(signal)).meta.externalAccountRequired) return;
  throw new EversealError(
    'usage',
    `The CA ${issuer.directory} registers only accounts that are bound to one of its own`,
    {
      next: 'Get a key id and an HMAC key from the CA and give them with --eab --eab.kid ID --eab.hmac KEY.',
    },
  );
}

/**
 * Runs `work` with the account, and once more with the account registered anew when the CA does not know it any longer.
 *
 * @example
 * ```ts
 * import { memoryStores, nodePorts, startCa } from 'everseal';
 * import { acmeClients, withAccount } from 'everseal/engine';
 * const ca = await startCa();
 * const ports = nodePorts();
 * const base = { ports, stores: memoryStores(ports), events: () => undefined, signal: new AbortController().signal };
 * const context = { ...base, clients: acmeClients(base) };
 * const issuer = {
 *   directory: ca.directory,
 *   tls: { roots: [ca.root] },
 *   account: { id: 'me', keyAlgorithm: 'EC256' as const, terms: 'agreed' as const },
 * };
 * await withAccount(context, issuer, context.signal, (account) => account.fetch());
 * await ca.close();
 * ```
 */
export async function withAccount<T>(
  context: EngineContext,
  issuer: IssuerSpec,
  signal: AbortSignal,
  work: (account: Account) => Promise<T>,
): Promise<T> {
  try {
    return await work(await ensureAccount(context, issuer, signal));
  } catch (error) {
    if (!hasCode(error, 'account-not-found')) throw error;
    return work(await registerAgain(context, issuer, signal));
  }
}
