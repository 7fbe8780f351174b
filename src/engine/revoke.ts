/** Revocation (RFC 8555 §7.6), by the account that ordered or by the certificate's own key. */
import { EversealError, softwareKeyFromPkcs8 } from '../core/index.ts';
import { readCertificateChain } from '../pki/index.ts';
import { accountHandle, accountKeyOf, notRegistered } from './account-record.ts';
import type { EngineContext } from './context.ts';
import type { IssuerSpec } from './spec.ts';

export interface RevokeOptions {
  readonly name: string;
  readonly issuer: IssuerSpec;
  /** RFC 5280 §5.3.1, a number of 0 to 10 without 7. */
  readonly reason?: number;
  readonly by: 'account' | 'certificate-key';
}

/**
 * Revokes the stored certificate of that name. One that is revoked already counts as done. The files stay.
 *
 * @throws EversealError `file-not-found` when none is stored, `bad-key` when its key is needed and is not stored,
 * `account-not-found` without a stored account
 *
 * @example
 * ```ts
 * import { memoryStores, nodePorts, startCa } from 'everseal';
 * import { acmeClients, revoke } from 'everseal/engine';
 * const ca = await startCa();
 * const ports = nodePorts();
 * const base = { ports, stores: memoryStores(ports), events: () => undefined, signal: new AbortController().signal };
 * const context = { ...base, clients: acmeClients(base) };
 * const issuer = {
 *   directory: ca.directory,
 *   tls: { roots: [ca.root] },
 *   account: { id: 'me', keyAlgorithm: 'EC256' as const, terms: 'agreed' as const },
 * };
 * const nothing = revoke(context, { name: 'www.example.com', issuer, reason: 4, by: 'account' });
 * await nothing.catch((error: Error) => console.log(error.message)); // There is no certificate named …
 * await ca.close();
 * ```
 */
export async function revoke(context: EngineContext, options: RevokeOptions): Promise<void> {
  const material = await context.stores.certificates.read(options.name);
  if (material === undefined) {
    throw new EversealError('file-not-found', `There is no certificate named '${options.name}'`, {
      next: 'List the certificates to see their names.',
    });
  }
  const [leaf] = readCertificateChain(material.chain);
  if (leaf === undefined) throw new EversealError('corrupt', `The stored certificate '${options.name}' is empty`);
  const request = { certificate: leaf.der, reason: options.reason, signal: context.signal };
  if (options.by === 'account') return (await storedAccount(context, options.issuer)).revoke(request);
  if (material.key === undefined) {
    throw new EversealError('bad-key', `The key of '${options.name}' is not stored`, {
      next: 'Revoke by the account.',
    });
  }
  const client = await context.clients.for(options.issuer);
  return client.revokeWithCertificateKey({ ...request, signer: softwareKeyFromPkcs8(material.key) });
}

async function storedAccount(context: EngineContext, issuer: IssuerSpec) {
  const stored = await context.stores.accounts.load(accountKeyOf(issuer));
  if (stored === undefined) throw notRegistered(issuer);
  return accountHandle(context, issuer, stored);
}
