/** One order at one CA, from newOrder (or from where a crash left it) to the stored certificate. */
import type { Account, IssuedChain, Order } from '../acme/index.ts';
import { hasCode, type Identifier, messageOf, softwareKeyFromPkcs8, withDeadline } from '../core/index.ts';
import { jwkThumbprint } from '../pki/jwk.ts';
import { withAccount } from './accounts.ts';
import { certificateFacts } from './certificate-facts.ts';
import { checkGivenKey, type SigningRequest, signingRequest } from './certificate-key.ts';
import type { EngineContext } from './context.ts';
import { checkIssued } from './issued-certificate.ts';
import { certificateSubject, OrderJournal } from './order-journal.ts';
import type { OrderingAccount } from './challenge-tasks.ts';
import type { FailedChallenges } from './failed-challenges.ts';
import { runPreflight } from './preflight.ts';
import { cleanUpAfterCrash, prepareSolvers, solve } from './solving.ts';
import type { CertificateSpec, IssuerSpec } from './spec.ts';
import type { Fence, StoredCertificate } from './stores.ts';

export interface AttemptOptions {
  readonly context: EngineContext;
  /** With the identifiers of this attempt: fewer than were asked for where some were given up. */
  readonly spec: CertificateSpec;
  readonly issuer: IssuerSpec;
  /** What the user asked for, whatever this attempt is about. */
  readonly requested: readonly Identifier[];
  /** What of it was given up, and why. */
  readonly omitted: StoredCertificate['omitted'];
  /** The version that the decision to issue was based on. */
  readonly stored: StoredCertificate | undefined;
  /** certID of the certificate that this one replaces at this CA. */
  readonly replaces: string | undefined;
  readonly failed: FailedChallenges;
  readonly fence: Fence;
}

interface OpenOrder {
  readonly order: Order;
  readonly journal: OrderJournal;
  readonly account: Account;
}

/**
 * Obtains one certificate and makes it the current one.
 *
 * The order stays in the journal when a failure may pass (the network, a signal): the next run goes on with it. An order
 * that cannot be saved is given up, and its open authorizations are deactivated to free the CA's limits (RFC 8555 §7.5.2).
 */
export async function attemptOrder(options: AttemptOptions, signal: AbortSignal): Promise<StoredCertificate> {
  const { context, spec, issuer } = options;
  await prepareSolvers(spec.solvers, spec.identifiers, options.failed, signal);
  const open = await withAccount(context, issuer, signal, async (account) => {
    checkGivenKey(spec, account.signer.publicKey);
    const resumed = await resumeOrder(options, account, signal);
    if (resumed !== undefined) return resumed;
    await runPreflight(options, account, signal);
    return placeOrder(options, account, signal);
  });
  try {
    return await complete(options, open, signal);
  } catch (error) {
    if (isHopeless(error)) await giveUp(options, open);
    throw error;
  }
}

function isHopeless(error: unknown): boolean {
  return hasCode(
    error,
    'order-failed',
    'challenge-failed',
    'rejected-certificate',
    'bad-server',
    'unsupported',
    'acme-problem',
    'bad-certificate',
  );
}

async function placeOrder(options: AttemptOptions, account: Account, signal: AbortSignal): Promise<OpenOrder> {
  const { context, spec, issuer, replaces } = options;
  const { profile } = issuer;
  const order = await account.newOrder({
    identifiers: spec.identifiers,
    profile,
    replaces,
    notBefore: spec.order?.notBefore,
    notAfter: spec.order?.notAfter,
    signal,
  });
  const journal = await OrderJournal.begin(context.stores.journal, spec.name, {
    directory: issuer.directory,
    accountUrl: account.url,
    url: order.url,
    identifiers: spec.identifiers,
    profile,
  });
  context.events({ type: 'order.created', certificate: spec.name, url: order.url });
  return { order, journal, account };
}

/** The order that an earlier process left, when it is the one wanted now and still alive. All others are cleaned up and forgotten. */
async function resumeOrder(
  options: AttemptOptions,
  account: Account,
  signal: AbortSignal,
): Promise<OpenOrder | undefined> {
  const { context, spec, issuer } = options;
  let resumed: OpenOrder | undefined;
  for (const entry of await context.stores.journal.unfinished(certificateSubject(spec.name))) {
    const journal = OrderJournal.read(entry);
    if (journal !== undefined) await cleanUpAfterCrash(context, journal, spec.solvers);
    const order =
      journal?.matches(issuer, account.url, spec.identifiers) &&
      resumed === undefined &&
      !(await isDone(options, journal))
        ? await fetchLiveOrder(account, journal, signal)
        : undefined;
    if (journal !== undefined && order !== undefined) resumed = { order, journal, account };
    else await (journal ?? entry).close();
  }
  if (resumed !== undefined) context.events({ type: 'order.resumed', certificate: spec.name, url: resumed.order.url });
  return resumed;
}

/** Removes the answers that earlier processes left; their orders stay in the journal, to be gone on with later. */
export async function cleanUpOrders(context: EngineContext, spec: CertificateSpec): Promise<void> {
  for (const entry of await context.stores.journal.unfinished(certificateSubject(spec.name))) {
    const journal = OrderJournal.read(entry);
    if (journal === undefined) continue;
    await cleanUpAfterCrash(context, journal, spec.solvers);
    if (journal.isOver) await journal.close();
  }
}

/** As {@link cleanUpOrders}, and forgets the orders: there is nothing to issue any more. */
export async function abandonOrders(context: EngineContext, spec: CertificateSpec): Promise<void> {
  for (const entry of await context.stores.journal.unfinished(certificateSubject(spec.name))) {
    const journal = OrderJournal.read(entry);
    if (journal !== undefined) await cleanUpAfterCrash(context, journal, spec.solvers);
    await (journal ?? entry).close();
  }
}

/** undefined when the order has ended in a way that no certificate can come of, or when the CA forgot it. */
async function fetchLiveOrder(
  account: Account,
  journal: OrderJournal,
  signal: AbortSignal,
): Promise<Order | undefined> {
  try {
    const order = await account.fetchOrder(journal.order.url, signal);
    return order.status === 'invalid' ? undefined : order;
  } catch (error) {
    if (hasCode(error, 'acme-problem', 'bad-server', 'bad-reply') || isElsewhere(journal.order)) return undefined;
    throw error;
  }
}

/** An order that the CA placed on another host must not stop every later run when that host is gone. */
function isElsewhere({ url, directory }: { readonly url: string; readonly directory: string }): boolean {
  return new URL(url).origin !== new URL(directory).origin;
}

async function complete(
  options: AttemptOptions,
  { order, journal, account }: OpenOrder,
  signal: AbortSignal,
): Promise<StoredCertificate> {
  const { context, spec, failed } = options;
  if (order.status === 'pending') {
    const ordering = await orderingAccount(options, account, signal);
    const { name: certificate, solvers } = spec;
    await solve({ context, certificate, order, account: ordering, journal, solvers, failed }, signal);
  }
  const request = await signingRequest(context, spec, journal, signal);
  if (order.status === 'ready') await order.finalize(request.csr, signal);
  await order.pollValid(signal);
  context.events({ type: 'order.finalized', certificate: spec.name });
  const issued = await order.fetchCertificate({ preferredChain: options.issuer.preferredChain, signal });
  const stored = await commit(options, request, issued);
  await journal.close().catch((error: unknown) => {
    context.events({ type: 'warning', message: `The order of ${spec.name} stays in the journal: ${messageOf(error)}` });
  });
  return stored;
}

async function orderingAccount(
  { context, issuer }: AttemptOptions,
  { url, signer }: Account,
  signal: AbortSignal,
): Promise<OrderingAccount> {
  const { meta } = await (await context.clients.for(issuer)).fetchDirectory(signal);
  return { url, thumbprint: jwkThumbprint(signer.publicKey), directoryMeta: { ...meta } };
}

/** What a process leaves behind that ended between commit and close. A key that is used again proves nothing. */
async function isDone({ context, spec }: AttemptOptions, { certificateKey }: OrderJournal): Promise<boolean> {
  if (certificateKey === undefined || (spec.key.kind === 'generate' && spec.key.reuse)) return false;
  const stored = await context.stores.certificates.read(spec.name);
  if (stored?.key === undefined) return false;
  return softwareKeyFromPkcs8(stored.key).publicKey.equals(softwareKeyFromPkcs8(certificateKey).publicKey);
}

async function commit(
  options: AttemptOptions,
  request: SigningRequest,
  issued: IssuedChain,
): Promise<StoredCertificate> {
  const { context, spec, issuer, fence } = options;
  const { publicKey } = request;
  const leaf = checkIssued(issued.chain, { publicKey, identifiers: spec.identifiers, now: context.ports.clock.now() });
  if (issuer.preferredChain !== undefined && !issued.preferredFound) warnOfChain(context, spec, issuer.preferredChain);
  const facts = certificateFacts(leaf);
  const requested = {
    identifiers: options.requested,
    profile: issuer.profile,
    directory: issuer.directory,
    account: issuer.account.id,
    keyAlgorithm: facts.keyAlgorithm,
    preferredChain: issuer.preferredChain,
  };
  const version = { chain: issued.pem, key: request.key, facts, requested, omitted: options.omitted, url: issued.url };
  const stored = await context.stores.certificates.commit(spec.name, version, options.stored?.version, fence);
  context.events({ type: 'certificate.stored', certificate: spec.name, notAfter: facts.notAfter });
  return stored;
}

function warnOfChain(context: EngineContext, spec: CertificateSpec, wanted: string): void {
  const message = `${spec.name}: the CA has no chain whose top certificate was issued by '${wanted}'; its default chain is used`;
  context.events({ type: 'warning', message });
}

const giveUpMs = 10_000;

async function giveUp({ context, spec }: AttemptOptions, { order, journal }: OpenOrder): Promise<void> {
  context.events({ type: 'order.given-up', certificate: spec.name, url: order.url });
  const limit = { clock: context.ports.clock, ms: giveUpMs, what: 'giving the order up', signal: context.signal };
  try {
    await withDeadline(limit, (signal) => order.deactivatePending(signal));
  } catch (error) {
    context.events({ type: 'warning', message: `Open authorizations could not be deactivated: ${messageOf(error)}` });
  }
  await journal.close();
}
