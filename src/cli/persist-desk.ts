/** What the `persist` commands share: names, account, the records wanted, and what DNS shows of them. */
import type { Parsed } from '../argv/index.ts';
import { checkPersistRecords, persistRecords, type WantedPersistRecord } from '../challenges/persist-plan.ts';
import type { PersistChoices } from '../challenges/persist-plan.ts';
import type { PersistAccount } from '../challenges/persist-terms.ts';
import { EversealError, type EventSink, type Identifier, type Ports, printable } from '../core/index.ts';
import type { DnsResolver } from '../dns/resolver.ts';
import { acmeClients, ensureAccount, type EngineContext, type IssuerSpec, withAccount } from '../engine/index.ts';
import { atLeastOne, refuseCaContradictions } from '../faces/lego/contradictions.ts';
import { readCa, readClient, storeFolder } from '../faces/lego/request.ts';
import { legoStores } from '../faces/lego/stores.ts';
import { jwkThumbprint } from '../pki/jwk.ts';
import { askTerms } from './ask-terms.ts';
import type { Invocation } from './invocation.ts';
import { identifiersOf } from './name-words.ts';
import type { persistShowCommand } from './persist-flags.ts';
import type { PersistRow } from './persist-report.ts';
import { openProgress } from './progress.ts';
import { resolverOf } from './solvers.ts';

export type PersistFlags = Pick<Parsed<(typeof persistShowCommand)['flags']>, 'values' | 'words'>;

export interface PersistDesk {
  readonly ports: Ports;
  readonly events: EventSink;
  readonly context: EngineContext;
  readonly account: PersistAccount;
  readonly directoryMeta: Readonly<Record<string, unknown>>;
  readonly choices: PersistChoices;
  readonly wanted: readonly WantedPersistRecord[];
  readonly resolver: DnsResolver;
}

/**
 * @param accountUse `register`: where there is no account yet, one is registered as with `run`
 * @throws EversealError `usage`, `account-not-found` without an account, `unsupported`, and what the CA fails with
 */
export async function openPersistDesk(
  invocation: Invocation,
  flags: PersistFlags,
  command: string,
  accountUse: 'register' | 'stored',
): Promise<PersistDesk> {
  const { environment, workingFolder, signal } = invocation;
  const { values } = flags;
  refuseCaContradictions(flags);
  const identifiers = await domainsOf(flags.words, command);
  const timeoutMs = atLeastOne('--dns.timeout', values['dns.timeout']) * 1_000;
  const { log, events } = await openProgress(invocation);
  const ports = await invocation.ports(log);
  const choices = choicesOf(flags, ports);
  const stores = legoStores(ports, { path: storeFolder(flags, workingFolder) });
  const issuer = await readCa({ flags, environment, workingFolder, ports, ...askTerms(ports, signal) });
  const base = { ports, stores, signal, events };
  const context = { ...base, clients: acmeClients(base, readClient(flags)) };
  const resolver = await resolverOf({ resolvers: values['dns.resolvers'], timeoutMs }, ports);
  const { account, directoryMeta } = await accountOf(context, issuer, accountUse);
  const wanted = persistRecords({ ...choices, directoryMeta, account, identifiers });
  return { ports, events, context, account, directoryMeta, choices, wanted, resolver };
}

async function domainsOf(words: readonly string[], command: string): Promise<readonly Identifier[]> {
  const identifiers = await identifiersOf(words, command);
  const address = identifiers.find(({ type }) => type === 'ip');
  if (address === undefined) return identifiers;
  throw new EversealError('usage', `A DNS record cannot prove the address ${printable(address.value)}`, {
    next: 'Name domains only: an IP address is proved by a connection to it (everseal run --http or --tls).',
  });
}

function choicesOf({ values }: PersistFlags, { clock }: Ports): PersistChoices {
  const persistUntil = values['dns-persist.persist-until'];
  if (persistUntil !== undefined && persistUntil <= clock.now()) {
    throw new EversealError('usage', `The end ${persistUntil.toISOString()} of --dns-persist.persist-until is over`, {
      next: 'Give a later one, or leave it out.',
    });
  }
  const issuerDomainName = values['dns-persist.issuer-domain-name'];
  return {
    ...(issuerDomainName ? { issuerDomainName } : {}),
    ...(persistUntil === undefined ? {} : { persistUntil }),
    ...(values['every-name'] ? { validFor: 'every-name' } : {}),
  };
}

/** Draft-02 §8: before values go to anybody, the CA confirms the account. */
async function accountOf(
  context: EngineContext,
  issuer: IssuerSpec,
  use: 'register' | 'stored',
): Promise<Pick<PersistDesk, 'account' | 'directoryMeta'>> {
  const { signal } = context;
  const known = { directory: issuer.directory, id: issuer.account.id };
  if (use === 'stored' && (await context.stores.accounts.load(known))?.registration === undefined)
    throw noAccount(known);
  const client = await context.clients.for(issuer);
  const { meta } = await client.fetchDirectory(signal);
  const open = async (account: Awaited<ReturnType<typeof ensureAccount>>): Promise<PersistAccount> => {
    if (meta.accountHashPrefix !== undefined) await account.fetch(signal);
    return { url: account.url, thumbprint: jwkThumbprint(account.signer.publicKey) };
  };
  const account =
    use === 'stored'
      ? await open(await ensureAccount(context, issuer, signal))
      : await withAccount(context, issuer, signal, open);
  return { account, directoryMeta: { ...meta } };
}

function noAccount({ directory, id }: { readonly directory: string; readonly id: string }): EversealError {
  return new EversealError('account-not-found', `There is no account ${printable(id, 80)} for ${directory} yet`, {
    next: 'Check --server, --email and --path, or let everseal persist show register it: records name the account.',
  });
}

/** What DNS shows for each record; a failed look-up is told of its record alone. */
export function lookUp({ wanted, resolver, ports, context }: PersistDesk, followCname: boolean): Promise<PersistRow[]> {
  const look = async (one: WantedPersistRecord): Promise<PersistRow> => {
    try {
      const options = { wanted: [one], resolver, now: ports.clock.now(), followCname };
      const [check] = await checkPersistRecords(options, context.signal);
      if (check === undefined) throw new TypeError('one record gives one check');
      const { name, match, found, findings } = check;
      const state = match === undefined ? 'missing' : 'present';
      return { wanted: one, name, value: match ?? one.value, state, found, findings };
    } catch (error) {
      if (!(error instanceof EversealError)) throw error;
      const findings = [`${error.message.replace(/\.$/, '')}.`];
      return { wanted: one, name: one.name, value: one.value, state: 'unknown', found: [], findings };
    }
  };
  return Promise.all(wanted.map(look));
}

/** For each record what an order at this CA would ask for. */
export function intentsOf({ wanted, account, directoryMeta }: PersistDesk) {
  const { thumbprint, url: accountUrl } = account;
  return wanted.map(({ domain, wildcard, wish }) => ({
    type: 'dns-persist-01' as const,
    identifier: { type: 'dns', value: domain } satisfies Identifier,
    wildcard,
    token: '',
    keyAuthorization: '',
    accountUrl,
    offer: { challenge: challengeOf(wish.issuers, directoryMeta), directoryMeta, thumbprint },
  }));
}

function challengeOf(
  issuers: readonly string[],
  { accountHashPrefix, issuerDomainNames }: PersistDesk['directoryMeta'],
) {
  return accountHashPrefix === undefined ? { 'issuer-domain-names': issuers } : { issuerDomainNames };
}
