/**
 * A new key for an account (RFC 8555 §7.3.5), safe against a crash between the server and the disk: the new key is in the
 * journal before the server hears of it, and afterwards the server is asked which of the two it knows.
 */
import * as v from 'valibot';
import { hasCode, type KeyAlgorithm, Secret, softwareKeyFromPkcs8 } from '../core/index.ts';
import {
  type AccountLease,
  accountHandle,
  accountKeyOf,
  accountSubject,
  keyNotExportable,
  notRegistered,
  underAccountLease,
} from './account-record.ts';
import type { EngineContext } from './context.ts';
import type { IssuerSpec } from './spec.ts';
import type { Fence, JournalEntry, StoredAccount } from './stores.ts';

const newKeyRecord = v.object({ step: v.literal('new-account-key'), pkcs8: v.string() });

/**
 * Replaces the key of a stored account by `key`, or by a new one of the algorithm.
 *
 * @throws EversealError `account-not-found` when there is no such account, `unsupported` when the CA does not offer it
 *
 * @example
 * ```ts
 * import { memoryStores, nodePorts, startCa } from 'everseal';
 * import { acmeClients, ensureAccount, rollOverAccountKey } from 'everseal/engine';
 * const ca = await startCa();
 * const ports = nodePorts();
 * const base = { ports, stores: memoryStores(ports), events: () => undefined, signal: new AbortController().signal };
 * const context = { ...base, clients: acmeClients(base) };
 * const issuer = {
 *   directory: ca.directory,
 *   tls: { roots: [ca.root] },
 *   account: { id: 'me', keyAlgorithm: 'EC256' as const, terms: 'agreed' as const },
 * };
 * const before = await ensureAccount(context, issuer, context.signal);
 * await rollOverAccountKey(context, issuer, { algorithm: 'EC384' });
 * const after = await context.stores.accounts.load({ directory: ca.directory, id: 'me' });
 * console.log(after?.registration?.url === before.url, after?.keyAlgorithm); // true EC384
 * await ca.close();
 * ```
 */
export async function rollOverAccountKey(
  context: EngineContext,
  issuer: IssuerSpec,
  replacement: { readonly algorithm: KeyAlgorithm } | { readonly pkcs8: Secret },
): Promise<StoredAccount> {
  return underAccountLease(context, issuer, context.signal, async (lease) => {
    const { signal, fence } = lease;
    const stored = await rolledOverAccount(context, issuer, lease);
    if (stored?.registration === undefined) throw notRegistered(issuer);
    const pkcs8 = 'pkcs8' in replacement ? replacement.pkcs8 : await generate(context, replacement.algorithm, signal);
    const { journal } = context.stores;
    const entry = await journal.begin(accountSubject(stored), { step: 'new-account-key', pkcs8: pkcs8.reveal() });
    const account = await accountHandle(context, issuer, stored);
    await account.rollover(softwareKeyFromPkcs8(pkcs8), signal).catch(async (error: unknown) => {
      // A clear refusal leaves nothing to settle; after anything else the truth is asked for before the next use.
      if (hasCode(error, 'unsupported', 'acme-problem', 'rate-limited')) await entry.close();
      throw error;
    });
    return adopt(context, stored, pkcs8, entry, fence);
  });
}

async function generate(context: EngineContext, algorithm: KeyAlgorithm, signal: AbortSignal): Promise<Secret> {
  const key = await context.ports.keys.generate(algorithm, signal);
  if (key.pkcs8 === undefined) throw keyNotExportable();
  return key.pkcs8;
}

async function adopt(
  context: EngineContext,
  stored: StoredAccount,
  key: Secret,
  entry: JournalEntry,
  fence: Fence,
): Promise<StoredAccount> {
  const changed = { ...stored, key, keyAlgorithm: softwareKeyFromPkcs8(key).algorithm };
  await context.stores.accounts.save(changed, fence);
  await entry.close();
  return changed;
}

/** The stored account, after finishing a change of key that was interrupted. Call it under the account's lease. */
export async function rolledOverAccount(
  context: EngineContext,
  issuer: IssuerSpec,
  lease: AccountLease,
): Promise<StoredAccount | undefined> {
  const { accounts, journal } = context.stores;
  let stored = await accounts.load(accountKeyOf(issuer));
  for (const entry of await journal.unfinished(accountSubject(accountKeyOf(issuer)))) {
    stored = await settle(context, issuer, stored, entry, lease);
  }
  return stored;
}

async function settle(
  context: EngineContext,
  issuer: IssuerSpec,
  stored: StoredAccount | undefined,
  entry: JournalEntry,
  { signal, fence }: AccountLease,
): Promise<StoredAccount | undefined> {
  const record = v.safeParse(newKeyRecord, entry.records[0]);
  if (!record.success || stored?.registration === undefined) {
    await entry.close();
    return stored;
  }
  const key = new Secret(record.output.pkcs8);
  if (key.reveal() === stored.key.reveal() || !(await isKnown(context, issuer, key, stored.registration.url, signal))) {
    await entry.close();
    return stored;
  }
  return adopt(context, stored, key, entry, fence);
}

/** Whether the server knows `key` as the key of this account. */
async function isKnown(
  context: EngineContext,
  issuer: IssuerSpec,
  key: Secret,
  url: string,
  signal: AbortSignal,
): Promise<boolean> {
  const client = await context.clients.for(issuer);
  try {
    const account = await client.findAccount({ signer: softwareKeyFromPkcs8(key), signal });
    return account.url === url;
  } catch (error) {
    if (hasCode(error, 'account-not-found')) return false;
    throw error;
  }
}
