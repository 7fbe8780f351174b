/** The engine: turns a definition and a batch of records into requests. */
import {
  backoffDelay,
  BatchError,
  type BatchFailure,
  EversealError,
  mapAll,
  messageOf,
  Semaphore,
} from '../../core/index.ts';
import { takeSteps } from './after-write.ts';
import type { ApiClient } from './api-client.ts';
import type { Api, ApiDefinition } from './api-definition.ts';
import { ApiError, isNotFound } from './api-error.ts';
import type { ApiReply } from './api-request.ts';
import { type BatchItem, grouped, groupByName, type NameGroup, recordKey } from './batch-work.ts';
import type { ProviderContext } from './catalogue-entry.ts';
import { collectPages } from './pager.ts';
import type { DnsProvider, PropagationTiming, ProviderLock, ProviderReceipt, TxtRecord } from './provider.ts';
import { openClient } from './open-client.ts';
import { locksFor } from './provider-locks.ts';
import { allowedTtl } from './ttl.ts';
import { quotedTxt } from './txt-text.ts';
import type { RrsetWork, WriteSession } from './write-shape.ts';
import { ZoneCache } from './zone-cache.ts';
import type { ApiZone } from './zone-lookup.ts';

type Phase = 'add' | 'remove';

/** One RRset in its zone. */
interface Piece {
  readonly zone: ApiZone;
  readonly work: RrsetWork;
}

/** What one call of `add` or `remove` has come to. */
interface Batch {
  readonly phase: Phase;
  readonly signal: AbortSignal;
  readonly receipts: Map<string, ProviderReceipt>;
  /** By name. */
  readonly failures: Map<string, EversealError>;
  readonly turns: Semaphore;
  /** Something that every further request would meet as well. */
  hopeless?: EversealError;
  /** Whether a write has begun. */
  began?: boolean;
}

interface ZoneRun {
  readonly zone: ApiZone;
  readonly session: WriteSession;
  readonly reads: readonly ApiReply[];
  readonly writes: readonly ApiReply[];
}

const defaultAtOnce = 4;
const createBackoff = { first: 1000, factor: 2, max: 10_000, jitter: 0.2 };
const verbs = { add: 'cannot add TXT', remove: 'cannot remove TXT' } as const;

export class ApiProvider implements DnsProvider {
  readonly code: string;
  readonly zones: 'needed' | 'not-needed';
  readonly values: 'many' | 'one';
  readonly timing: PropagationTiming;
  readonly #definition: ApiDefinition;
  readonly #context: ProviderContext;
  readonly #api: Api;
  readonly #client: ApiClient;
  readonly #zoneCache: ZoneCache;
  readonly #ttl: number;

  /** @throws EversealError `usage` for settings that make no sense */
  constructor(definition: ApiDefinition, context: ProviderContext) {
    const { settings } = context;
    const { prefix, defaults } = definition;
    this.#definition = definition;
    this.#context = context;
    this.#api = definition.api(settings);
    this.#client = openClient(definition, this.#api, context);
    const { auth, zoneAuth = auth, zone, write } = this.#api;
    this.#zoneCache = new ZoneCache(zone, (request, signal) => this.#client.call(zoneAuth, request, signal));
    this.#ttl = this.#wantedTtl();
    if (write.values !== (definition.values ?? 'many'))
      throw new TypeError(`${definition.code}: its definition and its write shape disagree on values`);
    this.code = definition.code;
    this.zones = zone.needsApex ? 'needed' : 'not-needed';
    this.values = write.values;
    this.timing = {
      timeoutMs: settings.milliseconds(`${prefix}_PROPAGATION_TIMEOUT`, defaults.propagationTimeout),
      intervalMs: settings.milliseconds(`${prefix}_POLLING_INTERVAL`, defaults.pollingInterval),
    };
  }

  locks(records: readonly TxtRecord[]): readonly ProviderLock[] {
    return locksFor(this.#definition, this.#api, this.#context.settings, records);
  }

  async add(records: readonly TxtRecord[], signal: AbortSignal): Promise<readonly ProviderReceipt[]> {
    const items = records.map((record) => ({ record }));
    const receipts = await this.#run('add', items, signal);
    return records.map((record) => receipts.get(recordKey(record)) ?? {});
  }

  async remove(items: readonly BatchItem[], signal: AbortSignal): Promise<void> {
    await this.#run('remove', items, signal);
  }

  async close(): Promise<void> {
    const { auth, zoneAuth } = this.#api;
    const { signal } = new AbortController();
    for (const one of new Set([auth, zoneAuth])) await one?.end?.(this.#client.tools, signal);
  }

  async #run(
    phase: Phase,
    items: readonly BatchItem[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, ProviderReceipt>> {
    signal.throwIfAborted();
    const turns = new Semaphore(this.#api.limits?.sequential ? 1 : (this.#api.limits?.atOnce ?? defaultAtOnce));
    const batch: Batch = { phase, signal, turns, receipts: new Map(), failures: new Map() };
    const pieces = await this.#findZones(groupByName(items), batch);
    const zones = [...grouped(pieces, ({ zone }) => `${zone.apex} ${zone.id}`).values()];
    await mapAll(zones, new Semaphore(Math.max(1, zones.length)), (zone) => this.#runZone(zone, batch));
    signal.throwIfAborted();
    throwFailures(items, batch.failures);
    return batch.receipts;
  }

  async #findZones(groups: readonly NameGroup[], batch: Batch): Promise<readonly Piece[]> {
    const found = await mapAll(groups, batch.turns, (group) =>
      this.#guarded(batch, [group.name], `cannot find the zone of ${group.name}`, async () => {
        const zone = await this.#zoneCache.find({ name: group.name, apex: group.apex }, batch.signal);
        return { zone, work: this.#workOf(group, zone) };
      }),
    );
    return found.filter((piece) => piece !== undefined);
  }

  async #runZone(pieces: readonly Piece[], batch: Batch): Promise<void> {
    const [first] = pieces;
    if (first === undefined) return;
    const run = this.#zoneRun(first.zone, batch);
    const { write, after } = this.#api;
    const units = write.unit === 'zone' ? [pieces] : pieces.map((piece) => [piece]);
    await mapAll(units, batch.turns, (unit) => this.#runUnit(unit, run, batch));
    const { zone, reads, writes } = run;
    if (after === undefined || writes.length === 0) return;
    const { clock } = this.#context.ports;
    const names = pieces.map(({ work }) => work.target.fqdn);
    await this.#guarded(batch, names, `cannot publish the zone ${zone.name}`, () =>
      takeSteps(after({ zone, reads, writes }), {
        call: (request, signal) => this.#client.call(this.#api.auth, request, signal),
        clock,
        events: this.#context.events,
        signal: batch.signal,
      }),
    );
  }

  async #runUnit(unit: readonly Piece[], { zone, session }: ZoneRun, batch: Batch): Promise<void> {
    const names = unit.map(({ work }) => work.target.fqdn);
    await this.#guarded(batch, names, `${verbs[batch.phase]} at ${names.join(', ')}`, async () => {
      await this.#pause(batch);
      try {
        const rrsets = unit.map(({ work }) => work);
        await this.#api.write[batch.phase](rrsets, session);
      } catch (error) {
        if (isNotFound(error)) this.#zoneCache.forget(zone);
        throw error;
      }
    });
  }

  /** Between two writes of an API that wants that. */
  async #pause(batch: Batch): Promise<void> {
    const { prefix, defaults } = this.#definition;
    const began = batch.began;
    batch.began = true;
    if (defaults.sequenceInterval === undefined || !began) return;
    const { ports, settings } = this.#context;
    const ms = settings.milliseconds(`${prefix}_SEQUENCE_INTERVAL`, defaults.sequenceInterval);
    await ports.clock.sleep(ms, batch.signal);
  }

  /** Notes a failure for the names and goes on with the others. */
  async #guarded<T>(
    batch: Batch,
    names: readonly string[],
    what: string,
    work: () => Promise<T>,
  ): Promise<T | undefined> {
    try {
      batch.signal.throwIfAborted();
      if (batch.hopeless !== undefined) throw batch.hopeless;
      return await work();
    } catch (error) {
      batch.signal.throwIfAborted();
      if (!(error instanceof EversealError)) throw error;
      const failure = error === batch.hopeless ? error : this.#explained(error, what);
      if (error instanceof ApiError && error.reply.status === 401) batch.hopeless = failure;
      for (const name of names) if (!batch.failures.has(name)) batch.failures.set(name, failure);
      return undefined;
    }
  }

  #explained(error: EversealError, what: string): EversealError {
    return new EversealError(error.code, `${this.#definition.name}: ${what}: ${messageOf(error)}`, {
      cause: error,
      ...(error.next !== undefined && { next: error.next }),
    });
  }

  #zoneRun(zone: ApiZone, { signal, receipts }: Batch): ZoneRun {
    const reads: ApiReply[] = [];
    const writes: ApiReply[] = [];
    const { auth } = this.#api;
    const { clock, random } = this.#context.ports;
    const noting = async (request: Parameters<WriteSession['read']>[0], replies: ApiReply[]): Promise<ApiReply> => {
      const reply = await this.#client.call(auth, request, signal);
      replies.push(reply);
      return reply;
    };
    const session: WriteSession = {
      signal,
      read: (request) => noting(request, reads),
      write: (request) => noting(request, writes),
      list: (list) => collectPages(list, (request) => this.#client.call(auth, request, signal), signal),
      pause: (tried) => clock.sleep(backoffDelay(createBackoff, tried - 1, random), signal),
      keepReceipt: ({ target }, receipt) => {
        receipts.set(recordKey({ name: target.fqdn, value: target.text }), receipt);
      },
    };
    return { zone, session, reads, writes };
  }

  #workOf({ name, items }: NameGroup, zone: ApiZone): RrsetWork {
    const { quoted = false } = this.#api;
    const ttl = this.#ttlFor(items[0]?.record.ttl, zone);
    const target = { zone, fqdn: name, name: this.#api.name(name, zone.apex), ttl };
    const values = items.map(({ record, receipt }) => ({
      target: {
        ...target,
        domain: record.challenge?.domain,
        text: record.value,
        value: quoted ? quotedTxt(record.value) : record.value,
      },
      receipt,
    }));
    return { target, values };
  }

  #ttlFor(asked: number | undefined, zone: ApiZone): number {
    const { ttlLimits = {} } = this.#definition;
    const least = this.#api.zoneMinTtl?.(zone) ?? 0;
    return allowedTtl(Math.max(asked ?? this.#ttl, least), ttlLimits);
  }

  #wantedTtl(): number {
    const { code, prefix, defaults, ttlLimits = {} } = this.#definition;
    if (defaults.ttl === undefined) return 0;
    const wanted = this.#context.settings.number(`${prefix}_TTL`, defaults.ttl, 1);
    const allowed = allowedTtl(wanted, ttlLimits);
    if (allowed !== wanted)
      this.#context.ports.log.warn(`${code}: ${prefix}_TTL=${wanted} is not possible there: ${allowed} is used`);
    return allowed;
  }
}

function throwFailures(items: readonly BatchItem[], failures: ReadonlyMap<string, EversealError>): void {
  const failed = items.flatMap(({ record }, index): readonly BatchFailure[] => {
    const error = failures.get(record.name);
    return error === undefined ? [] : [{ index, error }];
  });
  if (failed.length > 0) throw new BatchError(failed);
}
