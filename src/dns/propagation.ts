/** Waiting until all servers show what was written. */
import {
  BatchError,
  backoffDelay,
  type Clock,
  EversealError,
  type EventSink,
  type Log,
  withDeadline,
} from '../core/index.ts';
import { canonicalName } from './name.ts';
import { PropagationLook } from './propagation-look.ts';
import type { PropagationTiming } from './provider/provider.ts';
import type { DnsResolver } from './resolver.ts';
import { WatchedRecord } from './watched-record.ts';

/** What is looked at. Both off and no fixed wait: nothing, and nothing is waited for. */
export interface PropagationChecks {
  /** Each address of each name server of the record's zone. */
  readonly authoritative: boolean;
  /** Each of the resolver's servers. */
  readonly recursive: boolean;
  /** Milliseconds to wait instead of looking. */
  readonly fixedWaitMs?: number;
}

/** A TXT record that was written. */
export interface PropagatingRecord {
  readonly name: string;
  /** Apex of its zone; found by SOA when it is missing or empty. */
  readonly zone?: string;
  readonly value: string;
}

export interface PropagationOptions {
  readonly resolver: DnsResolver;
  readonly clock: Clock;
  readonly events?: EventSink;
  readonly log?: Pick<Log, 'debug'>;
  readonly records: readonly PropagatingRecord[];
  readonly checks: PropagationChecks;
  readonly timing: PropagationTiming;
}

/** A new record shows within moments on most servers: the first repetitions come sooner than the interval says. */
const firstRepetitionMs = 100;
/** The last look may begin when the time is just over, and has this long. */
const lastLookMs = 2_000;

/**
 * Waits until every server shows every record: looks at once and all together, then again at those that missed one, soon at
 * first and then once an interval. The resolvers are asked for a record only after all authoritative servers have it, so that
 * none of them remembers too early that it is not there; one that does so for longer than there is time is not waited for. A
 * record counts as shown when its value is among the TXT records of the answer, CNAME records followed or not.
 *
 * An address family that leads nowhere from this machine is left out when the other one works.
 *
 * @throws BatchError `not-propagated` for the records that are missing when the time is over, naming each server and what it
 * shows; or what finding the zone or its servers failed with. Whatever the signal was aborted with
 *
 * @example
 * ```ts
 * import { createResolver, waitForPropagation } from 'everseal/dns';
 * import { nodePorts } from 'everseal/node';
 * const ports = nodePorts();
 * const resolver = createResolver({ ports, servers: [{ host: '127.0.0.1', port: 53 }] });
 * const records = [{ name: '_acme-challenge.example.com.', value: 'a-digest' }];
 * const checks = { authoritative: false, recursive: false, fixedWaitMs: 20 };
 * const timing = { timeoutMs: 60_000, intervalMs: 2_000 };
 * await waitForPropagation({ resolver, clock: ports.clock, records, checks, timing }, new AbortController().signal);
 * ```
 */
export async function waitForPropagation(options: PropagationOptions, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { checks, clock, events, records } = options;
  if (records.length === 0) return;
  if (checks.fixedWaitMs !== undefined) {
    events?.({ type: 'waiting', what: `${count(records.length, 'TXT record')} to spread`, ms: checks.fixedWaitMs });
    if (checks.fixedWaitMs > 0) await clock.sleep(checks.fixedWaitMs, signal);
    return;
  }
  if (checks.authoritative || checks.recursive) await watch(options, signal);
}

async function watch(options: PropagationOptions, signal: AbortSignal): Promise<void> {
  const { clock, timing } = options;
  const watched = options.records.map(
    ({ name, zone, value }, index) => new WatchedRecord({ index, name: canonicalName(name), zone, value }),
  );
  const look = new PropagationLook({ ...options, endsAt: clock.monotonic() + timing.timeoutMs });
  const deadline = { clock, ms: timing.timeoutMs + lastLookMs, what: 'the propagation', signal };
  try {
    if (await withDeadline(deadline, (within) => lookUntilShown(look, watched, options, within))) return;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof EversealError) || error.code !== 'timeout') throw error;
  }
  const failures = watched.filter((record) => !record.isShown);
  throw new BatchError(failures.map((record) => ({ index: record.index, error: record.failure(timing.timeoutMs) })));
}

/** Whether all is shown in the end. */
async function lookUntilShown(
  look: PropagationLook,
  watched: readonly WatchedRecord[],
  { clock, events, timing }: PropagationOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const end = clock.monotonic() + timing.timeoutMs;
  const pauses = { first: firstRepetitionMs, factor: 2, max: Math.max(firstRepetitionMs, timing.intervalMs) };
  for (let repetition = 0; ; repetition += 1) {
    const missing = watched.filter((record) => !record.isShown);
    await look.at(missing, signal);
    const left = missing.filter((record) => !record.isShown);
    if (left.length === 0) return true;
    if (repetition === 0) events?.({ type: 'waiting', what: subjectOf(left), ms: timing.timeoutMs });
    const remaining = end - clock.monotonic();
    if (remaining <= 0) return false;
    await clock.sleep(Math.min(backoffDelay(pauses, repetition), remaining), signal);
  }
}

function subjectOf(left: readonly WatchedRecord[]): string {
  const servers = new Set(left.flatMap((record) => record.missingAt.map(({ title }) => title)));
  const where = servers.size === 0 ? '' : ` at ${count(servers.size, 'server')}`;
  return `${count(left.length, 'TXT record')} to show${where}`;
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}
