/** dns-persist-01: records that stay, checked first, then applied by a DNS provider or by a person. */
import {
  BatchError,
  type BatchFailure,
  EversealError,
  type EventSink,
  type Identifier,
  type Ports,
} from '../core/index.ts';
import {
  type DnsProvider,
  type DnsResolver,
  type PropagationChecks,
  type PropagationTiming,
  waitForPropagation,
} from '../dns/index.ts';
import { mapBatch } from './batch.ts';
import { matchesDomain } from './name-pattern.ts';
import { type MissingRecord, RecordsByHand } from './persist-by-hand.ts';
import {
  checkPersistRecords,
  type PersistCheck,
  type PersistChoices,
  type WantedPersistRecord,
  wantedPersistRecord,
} from './persist-plan.ts';
import { termsOfChallenge } from './persist-terms.ts';
import { refuseSharedSlots } from './shared-slot.ts';
import type { ChallengeIntent, Receipt, RecordPlace, Solver, SolverLock } from './solver.ts';

export interface DnsPersistSolverOptions extends PersistChoices {
  readonly ports: Pick<Ports, 'clock'>;
  readonly resolver: DnsResolver;
  /** Writes the records that are missing. Closed with the solver. */
  readonly provider?: DnsProvider;
  /** Without a provider: called with the missing records as text, for a person to create. */
  readonly show?: (text: string) => void;
  /** Without a provider: waits until the person says that they are there (undefined at the end of input), and is told the records where `show` is missing. */
  readonly ask?: (question: string, signal: AbortSignal) => Promise<string | undefined>;
  /** Without a provider, instead of `ask`: milliseconds to wait after `show`. */
  readonly manualWaitMs?: number;
  /** Where to look before the CA is asked to. */
  readonly checks: PropagationChecks;
  /** Overrides the provider's own; without a provider the default is 2 s for up to a minute. */
  readonly timing?: Partial<PropagationTiming>;
  /** A domain is for itself, its wildcard and all below; `*.domain` for its wildcard and what is below. Without: every name. */
  readonly names?: readonly string[];
  /** Default true: the record is looked for and written at the end of the CNAME chain. */
  readonly followCname?: boolean;
  readonly events?: EventSink;
}

/**
 * A solver for dns-persist-01, draft-00 to draft-02 by what the CA shows. A record that serves already is left alone and
 * nothing is written or asked; else the provider adds one, or a person is shown it; nothing is ever removed. A record for a
 * wildcard serves the name itself as well, so both need one.
 *
 * @throws EversealError from `prepare`: `usage` when `persistUntil` is over; from `locate`: `bad-server`, `unsupported`, what the
 *   resolver fails with; from `present`: `user-action-required` with the records to create when nobody can do it; from `wait`:
 *   `not-propagated`
 *
 * @example
 * ```ts
 * import { dnsPersistSolver } from 'everseal/challenges';
 * import { createResolver, publicResolvers } from 'everseal/dns';
 * import { nodePorts } from 'everseal/node';
 * const ports = nodePorts();
 * const resolver = createResolver({ ports, servers: publicResolvers });
 * const solver = dnsPersistSolver({ ports, resolver, checks: { authoritative: true, recursive: true } });
 * console.log(solver.scope); // standing
 * ```
 */
export function dnsPersistSolver(options: DnsPersistSolverOptions): Solver {
  return new PersistSolver(options);
}

const manualTiming: PropagationTiming = { timeoutMs: 60_000, intervalMs: 2_000 };

/** A missing record that some intents of a batch share, and the places of those in the batch. */
interface SharedRecord extends MissingRecord {
  readonly indexes: readonly number[];
}

class PersistSolver implements Solver {
  readonly type = 'dns-persist-01';
  readonly scope = 'standing';
  /** Nothing to remove after a crash. */
  readonly durable = false;
  readonly #options: DnsPersistSolverOptions;
  /** By record, what DNS showed of it. */
  readonly #checks = new Map<string, PersistCheck>();
  /** By record: what the provider said when it was asked before `add`. */
  readonly #timings = new Map<string, PropagationTiming>();
  readonly #byHand: RecordsByHand;

  constructor(options: DnsPersistSolverOptions) {
    this.#options = options;
    this.#byHand = new RecordsByHand(options);
  }

  fits(identifier: Identifier, wildcard: boolean): boolean {
    const { names } = this.#options;
    if (identifier.type !== 'dns') return false;
    return names === undefined || names.some((pattern) => matchesDomain(pattern, identifier, wildcard));
  }

  async prepare(): Promise<void> {
    const { persistUntil, ports } = this.#options;
    if (persistUntil === undefined || persistUntil > ports.clock.now()) return;
    throw new EversealError('usage', `Records that end ${persistUntil.toISOString()} prove nothing: that is over`, {
      next: 'Give a later end, or none.',
    });
  }

  async locate(batch: readonly ChallengeIntent[], signal: AbortSignal): Promise<readonly ChallengeIntent[]> {
    const { provider } = this.#options;
    const wildcards = new Set(batch.filter(({ wildcard }) => wildcard).map(({ identifier }) => identifier.value));
    const located = await mapBatch(
      batch,
      async (intent) => {
        const check = await this.#check(this.#wanted(intent, wildcards.has(intent.identifier.value)), signal);
        const record = await this.#place(check, signal);
        this.#checks.set(keyOf(record), check);
        return { ...intent, record };
      },
      signal,
    );
    if (provider?.values === 'one') refuseSharedSlots(located, provider.code);
    return located;
  }

  locks(batch: readonly ChallengeIntent[]): readonly SolverLock[] {
    const { provider } = this.#options;
    return provider?.locks(recordsOf(this.#missing(batch))) ?? [];
  }

  async present(batch: readonly ChallengeIntent[], signal: AbortSignal): Promise<readonly Receipt[]> {
    const missing = this.#missing(batch);
    if (missing.length === 0) return batch.map(() => ({}));
    const { provider } = this.#options;
    await remapped(missing, async () => {
      if (provider === undefined) return this.#byHand.create(missing, signal);
      await this.#noteTiming(missing, provider, signal);
      await provider.add(recordsOf(missing), signal);
    });
    return batch.map(() => ({}));
  }

  async wait(batch: readonly ChallengeIntent[], signal: AbortSignal): Promise<void> {
    const { resolver, ports, checks, events, provider } = this.#options;
    const missing = this.#missing(batch);
    const timing = this.#timing(missing);
    const looks = checks.fixedWaitMs === undefined && (checks.authoritative || checks.recursive);
    await remapped(missing, async () => {
      const byHand = provider === undefined && looks;
      const records = byHand ? await this.#byHand.seen(missing, timing, signal) : recordsOf(missing);
      const watched = records.map(({ name, zone, value }) => ({ name, value, ...(zone !== '' && { zone }) }));
      const what = { resolver, clock: ports.clock, records: watched, checks, timing, ...(events && { events }) };
      await waitForPropagation(what, signal);
    });
  }

  /** The records stay. */
  async cleanup(): Promise<void> {}

  async close(): Promise<void> {
    await this.#options.provider?.close?.();
  }

  #wanted({ identifier, offer, accountUrl }: ChallengeIntent, wildcard: boolean): WantedPersistRecord {
    if (offer === undefined) throw new TypeError('dns-persist-01 needs what the CA offers');
    const terms = termsOfChallenge(offer.challenge, offer.directoryMeta, accountUrl);
    const account = { url: accountUrl, thumbprint: offer.thumbprint };
    return wantedPersistRecord({ domain: identifier.value, wildcard, terms, account, choices: this.#options });
  }

  async #check(wanted: WantedPersistRecord, signal: AbortSignal): Promise<PersistCheck> {
    const { resolver, ports, followCname = true } = this.#options;
    const options = { wanted: [wanted], resolver, now: ports.clock.now(), followCname };
    const [check] = await checkPersistRecords(options, signal);
    if (check === undefined) throw new TypeError('one record gives one check');
    return check;
  }

  async #place(check: PersistCheck, signal: AbortSignal): Promise<RecordPlace> {
    const { provider, resolver } = this.#options;
    const { name, match, wanted, found } = check;
    if (match !== undefined) return { name, zone: '', value: match };
    if (provider?.values === 'one' && found.length > 0) throw occupied(name, found.length, provider.code);
    const zone = provider?.zones === 'needed' ? await resolver.findZone(name, signal) : '';
    return { name, zone, value: wanted.value };
  }

  #missing(batch: readonly ChallengeIntent[]): readonly SharedRecord[] {
    const shared = new Map<string, SharedRecord>();
    batch.forEach(({ record }, index) => {
      const key = record === undefined ? '' : keyOf(record);
      const check = this.#checks.get(key);
      if (record === undefined || check === undefined)
        throw new TypeError('locate comes before locks, present and wait');
      if (check.match === undefined)
        shared.set(key, { record, check, indexes: [...(shared.get(key)?.indexes ?? []), index] });
    });
    return [...shared.values()];
  }

  async #noteTiming(missing: readonly SharedRecord[], provider: DnsProvider, signal: AbortSignal): Promise<void> {
    const { timing } = this.#options;
    if (provider.askTiming === undefined || (timing?.timeoutMs !== undefined && timing.intervalMs !== undefined))
      return;
    const asked = await provider.askTiming(signal);
    for (const { record } of missing) this.#timings.set(keyOf(record), asked);
  }

  #timing([first]: readonly SharedRecord[]): PropagationTiming {
    const { provider, timing } = this.#options;
    const asked = first && this.#timings.get(keyOf(first.record));
    const own = asked ?? provider?.timing ?? manualTiming;
    return { timeoutMs: timing?.timeoutMs ?? own.timeoutMs, intervalMs: timing?.intervalMs ?? own.intervalMs };
  }
}

function recordsOf(missing: readonly SharedRecord[]): readonly RecordPlace[] {
  return missing.map(({ record }) => record);
}

function keyOf({ name, value }: RecordPlace): string {
  return `${name} ${value}`;
}

/** Failures by record become failures by intent. */
async function remapped(shared: readonly SharedRecord[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof BatchError)) throw error;
    const failures = error.failures.flatMap((failure): BatchFailure[] =>
      (shared[failure.index]?.indexes ?? []).map((index) => ({ index, error: failure.error })),
    );
    throw new BatchError(failures.sort((a, b) => a.index - b.index));
  }
}

function occupied(name: string, count: number, provider: string): EversealError {
  return new EversealError(
    'unsupported',
    `${name} has ${count === 1 ? 'a value' : `${count} values`} already, and the DNS provider ${provider} keeps one: adding would remove it`,
    { next: 'Add the record by hand, or use a DNS provider that keeps several values at a name.' },
  );
}
