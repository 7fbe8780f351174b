/** Which account holds which record; registers those that are missing. */
import { BatchError, EversealError, mapAll, printable, Semaphore } from '../core/index.ts';
import { canonicalName, isWithin, type ProviderContext, type TxtRecord, withoutFinalDot } from '../dns/index.ts';
import type { AcmeDnsAccount } from './acmedns-account.ts';
import type { AcmeDnsApi } from './acmedns-api.ts';
import type { AccountStorage } from './acmedns-storage.ts';

interface Item {
  /** In the batch. */
  readonly index: number;
  readonly record: TxtRecord;
}

/** A record and the account that holds it. */
export interface PlacedRecord extends Item {
  readonly account: AcmeDnsAccount;
}

interface FinderOptions {
  readonly context: Pick<ProviderContext, 'resolver' | 'events'>;
  readonly api: Pick<AcmeDnsApi, 'register'>;
  readonly storage: AccountStorage;
}

type Placement = PlacedRecord & { readonly cname: 'made' | 'missing' };

const domainsAtOnce = 8;

export class AccountFinder {
  readonly #options: FinderOptions;

  constructor(options: FinderOptions) {
    this.#options = options;
  }

  /**
   * @throws BatchError `provider-failed` with the CNAME records to be made, when accounts had to be registered; they are
   * stored by then
   */
  async place(records: readonly TxtRecord[], signal: AbortSignal): Promise<readonly PlacedRecord[]> {
    const placed = await mapAll([...byDomain(records)], new Semaphore(domainsAtOnce), ([domain, items]) =>
      this.#placeDomain(domain, items, signal),
    );
    const all = placed.flat().sort((a, b) => a.index - b.index);
    refuseMissing(all.filter(({ cname }) => cname === 'missing'));
    return all;
  }

  /** One after the other: what was registered for the first is there for the others. */
  async #placeDomain(domain: string, items: readonly Item[], signal: AbortSignal): Promise<readonly Placement[]> {
    const placements: Placement[] = [];
    for (const { index, record } of items) {
      const known = placements.find((other) => other.cname === 'missing' || other.record.name === record.name);
      const { account, cname } = known ?? (await this.#accountFor(domain, record, signal));
      placements.push({ index, record, account, cname });
    }
    return placements;
  }

  async #accountFor(
    domain: string,
    record: TxtRecord,
    signal: AbortSignal,
  ): Promise<Pick<Placement, 'account' | 'cname'>> {
    const { api, storage } = this.#options;
    const target = withoutFinalDot(canonicalName(record.name));
    const found = await storage.find(domain, target, signal);
    if (found !== undefined) {
      if (found.fullDomain !== target) await this.#warnOfCname(record, found, signal);
      return { account: found, cname: 'made' };
    }
    const account = await api.register(signal);
    return { account, cname: await storage.put(domain, account, signal) };
  }

  /**
   * The record's name is not the account's: CNAME records are not followed (then all is well), or there is none yet. What
   * this machine's resolvers see need not be what the CA sees, so it is no error.
   */
  async #warnOfCname(record: TxtRecord, account: AcmeDnsAccount, signal: AbortSignal): Promise<void> {
    const name = challengeNameOf(record);
    const end = await this.#options.context.resolver.followCname(name, signal).catch(() => undefined);
    signal.throwIfAborted();
    if (end === undefined || withoutFinalDot(canonicalName(end)) === account.fullDomain) return;
    const message = `acme-dns: the record "${cnameLine(record, account)}" is not to be seen yet`;
    this.#options.context.events({ type: 'warning', message });
  }
}

function byDomain(records: readonly TxtRecord[]): ReadonlyMap<string, readonly Item[]> {
  const domains = new Map<string, Item[]>();
  for (const [index, record] of records.entries()) {
    const domain = domainOf(record);
    domains.set(domain, [...(domains.get(domain) ?? []), { index, record }]);
  }
  return domains;
}

/** The domain of the certificate: what accounts are stored under. */
function domainOf({ name, challenge }: TxtRecord): string {
  if (challenge !== undefined) return challenge.domain.toLowerCase();
  return withoutFinalDot(canonicalName(name).replace(/^.*?_acme-challenge\./, ''));
}

/** Where the CA looks. The record's own name is it, unless a CNAME record leads away from there. */
function challengeNameOf(record: TxtRecord): string {
  const name = canonicalName(record.name);
  const usual = `_acme-challenge.${canonicalName(domainOf(record))}`;
  return isWithin(name, usual) ? name : usual;
}

function cnameLine(record: TxtRecord, account: AcmeDnsAccount): string {
  return printable(`${challengeNameOf(record)} CNAME ${account.fullDomain}.`, 600);
}

/** One text with all records, so that they can be made in one go. */
function refuseMissing(missing: readonly PlacedRecord[]): void {
  if (missing.length === 0) return;
  const lines = [...new Set(missing.map(({ record, account }) => cnameLine(record, account)))];
  const [accounts, records] =
    lines.length === 1
      ? ['an account was', 'this CNAME record']
      : [`${lines.length} accounts were`, 'these CNAME records'];
  const error = new EversealError(
    'provider-failed',
    `acme-dns: ${accounts} registered and stored; ${records} must be made once, by hand: ${lines.join('; ')}`,
    { next: `Make ${records} in your DNS zone, then run it again.` },
  );
  throw new BatchError(missing.map(({ index }) => ({ index, error })));
}
