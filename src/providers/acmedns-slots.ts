/** Writes values into accounts, each of which holds the two that came last. */
import { type Clock, EversealError, mapAll, printable, Semaphore } from '../core/index.ts';
import type { AcmeDnsAccount } from './acmedns-account.ts';
import type { PlacedRecord } from './acmedns-accounts.ts';
import type { AcmeDnsApi } from './acmedns-api.ts';
import { BatchFailures } from './batch-failures.ts';

const accountsAtOnce = 8;
/** Rolling update of two TXT records: https://github.com/joohoi/acme-dns#features. */
const slots = 2;
/** The server takes nothing else (a SHA-256 in base64url). */
const challengeValue = /^[A-Za-z0-9_-]{43}$/;
/**
 * The server counts in whole seconds which value is the older one. Within the second of the last write it may replace the
 * younger: then the pair is written in a later second.
 */
const settleMs = 1100;
/** After a failure nobody knows which values are there: all of the account are written again. */
const attempts = 3;

interface Group {
  readonly account: AcmeDnsAccount;
  readonly values: readonly string[];
  readonly indexes: readonly number[];
}

export class SlotWriter {
  readonly #api: Pick<AcmeDnsApi, 'update' | 'mayPass'>;
  readonly #clock: Clock;
  /** Monotonic time by subdomain. */
  readonly #lastWrites = new Map<string, number>();

  constructor(api: Pick<AcmeDnsApi, 'update' | 'mayPass'>, clock: Clock) {
    this.#api = api;
    this.#clock = clock;
  }

  /** @throws BatchError of what cannot be written; nothing is written when some values cannot fit */
  async write(records: readonly PlacedRecord[], signal: AbortSignal): Promise<void> {
    const groups = groupsOf(records);
    const failures = new BatchFailures();
    for (const group of groups) if (group.values.length > slots) failures.add(group.indexes, overfull(group));
    failures.throwIfAny();
    await mapAll(groups, new Semaphore(accountsAtOnce), (group) =>
      failures.gather(group.indexes, signal, () => this.#writeGroup(group, signal)),
    );
    failures.throwIfAny();
  }

  async #writeGroup(group: Group, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      await this.#settle(group.account, signal);
      try {
        for (const value of group.values) await this.#writeValue(group.account, value, signal);
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (attempt === attempts || !this.#api.mayPass(error)) throw error;
      }
    }
  }

  async #settle({ subdomain }: AcmeDnsAccount, signal: AbortSignal): Promise<void> {
    const last = this.#lastWrites.get(subdomain);
    const rest = last === undefined ? 0 : last + settleMs - this.#clock.monotonic();
    if (rest > 0) await this.#clock.sleep(rest, signal);
  }

  async #writeValue(account: AcmeDnsAccount, value: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#api.update(account, value, signal);
    } finally {
      this.#lastWrites.set(account.subdomain, this.#clock.monotonic());
    }
  }
}

function groupsOf(records: readonly PlacedRecord[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const { index, record, account } of records) {
    const { values = [], indexes = [] } = groups.get(account.subdomain) ?? {};
    groups.set(account.subdomain, {
      account,
      values: [...new Set([...values, record.value])],
      indexes: [...indexes, index],
    });
  }
  return [...groups.values()];
}

/** @throws BatchError of the records that no acme-dns server takes */
export function refuseOtherValues(records: readonly { readonly value: string }[]): void {
  const failures = new BatchFailures();
  for (const [index, { value }] of records.entries())
    if (!challengeValue.test(value)) failures.add([index], unfit(value));
  failures.throwIfAny();
}

function unfit(value: string): EversealError {
  return new EversealError(
    'provider-failed',
    `acme-dns: "${printable(value, 60)}" is no challenge value, and the server takes nothing else`,
    { next: 'Use dns-01 or dns-account-01 with acme-dns, or another DNS provider.' },
  );
}

function overfull({ account, values }: Group): EversealError {
  return new EversealError(
    'provider-failed',
    `acme-dns: ${printable(account.fullDomain)} holds ${slots} values, and this order has ${values.length} for it`,
    { next: 'Let each domain have an account of its own, and its CNAME record point there.' },
  );
}
