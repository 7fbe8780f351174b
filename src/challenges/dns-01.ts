/** dns-01 (RFC 8555 §8.4) and dns-account-01 (draft-ietf-acme-dns-account-label) through any DNS provider. */
import type { EventSink, Identifier, Ports } from '../core/index.ts';
import {
  canonicalName,
  type DnsProvider,
  type DnsResolver,
  type PropagationChecks,
  type PropagationTiming,
  type TxtRecord,
  waitForPropagation,
} from '../dns/index.ts';
import { dns01Value, dnsAccount01Label } from '../pki/key-authorization.ts';
import { mapBatch } from './batch.ts';
import { matchesDomain } from './name-pattern.ts';
import { RecordFinder } from './record-finder.ts';
import { refuseApexWithWildcard, refuseSharedSlots } from './shared-slot.ts';
import type { ChallengeIntent, Receipt, RecordPlace, Solver, SolverLock } from './solver.ts';

export interface DnsSolverOptions {
  readonly type: 'dns-01' | 'dns-account-01';
  readonly ports: Pick<Ports, 'clock'>;
  /** Closed with the solver. */
  readonly provider: DnsProvider;
  readonly resolver: DnsResolver;
  /** Where to look before the CA is asked to. */
  readonly checks: PropagationChecks;
  /** Overrides the provider's own. */
  readonly timing?: Partial<PropagationTiming>;
  /** A domain is for itself, its wildcard and all below; `*.domain` for its wildcard and what is below. Without: every name. */
  readonly names?: readonly string[];
  /** Default true: the record is written at the end of the CNAME chain. */
  readonly followCname?: boolean;
  readonly events?: EventSink;
}

/**
 * A solver that writes TXT records, waits until all name servers show them, and removes them. Several solvers with different
 * providers or credentials share the names of a certificate by `names`. IP addresses do not fit.
 *
 * @throws EversealError from `locate`: `unsupported` when one record name needs two values and the provider keeps one; what
 *   the resolver fails with, by name. From `present` and `cleanup` what the provider fails with; from `wait` `not-propagated`
 *
 * @example
 * ```ts
 * import { dnsSolver } from 'everseal/challenges';
 * import { createResolver, type DnsProvider, publicResolvers } from 'everseal/dns';
 * import { nodePorts } from 'everseal/node';
 * const provider: DnsProvider = {
 *   code: 'example',
 *   zones: 'not-needed',
 *   values: 'many',
 *   timing: { timeoutMs: 60_000, intervalMs: 2_000 },
 *   locks: () => [],
 *   add: async (records) => records.map(({ name, value }) => ({ line: `${name} TXT "${value}"` })),
 *   remove: async () => {},
 * };
 * const ports = nodePorts();
 * const resolver = createResolver({ ports, servers: publicResolvers });
 * const checks = { authoritative: true, recursive: true };
 * const solver = dnsSolver({ type: 'dns-01', ports, provider, resolver, checks });
 * console.log(solver.fits({ type: 'dns', value: 'example.com' }, true)); // true
 * ```
 */
export function dnsSolver(options: DnsSolverOptions): Solver {
  return new RecordSolver(options);
}

/**
 * Where the CA looks for the answer to a challenge, before any CNAME: absolute, with the final dot.
 *
 * @throws EversealError `bad-identifier` when the name with its labels is longer than DNS allows
 *
 * @example
 * ```ts
 * import { dnsChallengeName } from 'everseal/challenges';
 * console.log(dnsChallengeName('dns-01', 'example.com', '')); // _acme-challenge.example.com.
 * ```
 */
export function dnsChallengeName(type: DnsSolverOptions['type'], domain: string, accountUrl: string): string {
  const name = `_acme-challenge.${domain}`;
  return canonicalName(type === 'dns-01' ? name : `${dnsAccount01Label(accountUrl)}.${name}`);
}

class RecordSolver implements Solver {
  readonly type: DnsSolverOptions['type'];
  readonly scope = 'order';
  readonly durable = true;
  readonly writer: string;
  readonly #options: DnsSolverOptions;
  /** By record: what the provider said when it was asked before `add`. */
  readonly #timings = new Map<string, PropagationTiming>();

  constructor(options: DnsSolverOptions) {
    this.type = options.type;
    this.writer = options.provider.code;
    this.#options = options;
  }

  fits(identifier: Identifier, wildcard: boolean): boolean {
    const { names } = this.#options;
    if (identifier.type !== 'dns') return false;
    return names === undefined || names.some((pattern) => matchesDomain(pattern, identifier, wildcard));
  }

  assess(names: readonly { readonly identifier: Identifier; readonly wildcard: boolean }[]): void {
    const { code: provider, values } = this.#options.provider;
    if (values === 'many') return;
    refuseApexWithWildcard(names, { provider, recordName: (domain) => `_acme-challenge.${domain}.` });
  }

  async prepare(): Promise<void> {}

  async locate(batch: readonly ChallengeIntent[], signal: AbortSignal): Promise<readonly ChallengeIntent[]> {
    const located = await this.#find(batch, signal);
    if (this.#options.provider.values === 'one') refuseSharedSlots(located, this.#options.provider.code);
    return located;
  }

  locks(batch: readonly ChallengeIntent[]): readonly SolverLock[] {
    return this.#options.provider.locks(
      batch.flatMap((intent) => (intent.record ? [recordOf(intent, intent.record)] : [])),
    );
  }

  async present(batch: readonly ChallengeIntent[], signal: AbortSignal): Promise<readonly Receipt[]> {
    const { provider, timing } = this.#options;
    const records = batch.map(locatedRecord);
    if (provider.askTiming !== undefined && (timing?.timeoutMs === undefined || timing.intervalMs === undefined)) {
      const asked = await provider.askTiming(signal);
      for (const record of records) this.#timings.set(keyOf(record), asked);
    }
    return provider.add(records, signal);
  }

  async wait(batch: readonly ChallengeIntent[], signal: AbortSignal): Promise<void> {
    const { ports, provider, resolver, checks, events, timing } = this.#options;
    const [first, ...more] = batch.map(locatedRecord);
    if (first === undefined) return;
    const own = this.#timings.get(keyOf(first)) ?? provider.timing;
    await waitForPropagation(
      {
        resolver,
        clock: ports.clock,
        records: [first, ...more].map(({ name, zone, value }) => ({ name, value, ...(zone !== '' && { zone }) })),
        checks,
        timing: { timeoutMs: timing?.timeoutMs ?? own.timeoutMs, intervalMs: timing?.intervalMs ?? own.intervalMs },
        ...(events && { events }),
      },
      signal,
    );
  }

  async cleanup(
    batch: readonly { readonly intent: ChallengeIntent; readonly receipt?: Receipt | undefined }[],
    signal: AbortSignal,
  ): Promise<void> {
    const finder = this.#finder();
    let lost: unknown;
    const records = await Promise.all(
      batch.map(async ({ intent, receipt }) => {
        try {
          const place = intent.record ?? (await this.#place(intent, finder, signal));
          return [{ record: recordOf(intent, place), receipt }];
        } catch (error) {
          lost ??= error;
          return [];
        }
      }),
    );
    const found = records.flat();
    for (const { record } of found) this.#timings.delete(keyOf(record));
    if (found.length > 0) await this.#options.provider.remove(found, signal);
    if (lost !== undefined) throw lost;
  }

  async close(): Promise<void> {
    await this.#options.provider.close?.();
  }

  #find(batch: readonly ChallengeIntent[], signal: AbortSignal): Promise<readonly ChallengeIntent[]> {
    const finder = this.#finder();
    return mapBatch(
      batch,
      async (intent) => ({ ...intent, record: await this.#place(intent, finder, signal) }),
      signal,
    );
  }

  #finder(): RecordFinder {
    const { resolver, provider, checks, followCname = true } = this.#options;
    const authoritative = checks.authoritative && checks.fixedWaitMs === undefined;
    return new RecordFinder({ resolver, followCname, authoritative, zones: provider.zones });
  }

  async #place(intent: ChallengeIntent, finder: RecordFinder, signal: AbortSignal): Promise<RecordPlace> {
    const name = dnsChallengeName(this.type, intent.identifier.value, intent.accountUrl);
    return { ...(await finder.find(name, signal)), value: dns01Value(intent.keyAuthorization) };
  }
}

function locatedRecord(intent: ChallengeIntent): TxtRecord {
  if (intent.record === undefined) throw new TypeError('locate comes before present and wait');
  return recordOf(intent, intent.record);
}

function recordOf({ identifier, token, keyAuthorization }: ChallengeIntent, place: RecordPlace): TxtRecord {
  return { ...place, challenge: { domain: identifier.value, token, keyAuthorization } };
}

function keyOf({ name, value }: Pick<TxtRecord, 'name' | 'value'>): string {
  return `${name} ${value}`;
}
