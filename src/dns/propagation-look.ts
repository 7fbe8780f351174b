import { EversealError, type Log, mapAll, Semaphore } from '../core/index.ts';
import type { PropagationOptions } from './propagation.ts';
import type { DnsAnswer } from './resolver.ts';
import { PropagationTarget, type Sight, sightOf, sightOfFailure } from './propagation-target.ts';
import type { WatchedRecord } from './watched-record.ts';

/** Questions at once to one address. */
const perServer = 16;

/** Looks at servers for records, as often as it is told to, and remembers whom to ask. */
export class PropagationLook {
  readonly #options: PropagationOptions & { readonly endsAt: number };
  readonly #recursive: readonly PropagationTarget[];
  /** By zone. A failure is not remembered. */
  readonly #authoritative = new Map<string, Promise<readonly PropagationTarget[]>>();
  readonly #notes = new Set<string>();

  constructor(options: PropagationOptions & { readonly endsAt: number }) {
    this.#options = options;
    this.#recursive = options.resolver.servers.map(
      (server) => new PropagationTarget({ server, kind: 'recursive', host: server.host }),
    );
  }

  /** One look for each of the records at each server that has not shown it yet; the resolvers last. */
  async at(records: readonly WatchedRecord[], signal: AbortSignal): Promise<void> {
    const { authoritative, recursive } = this.#options.checks;
    if (authoritative) {
      await this.#findServers(records, signal);
      await this.#visit(records, 'authoritative', signal);
    }
    const done = records.filter((record) => record.obstacle === undefined && record.missingAt.every(isRecursive));
    if (recursive) {
      for (const record of done) record.expectAt(this.#recursive);
      await this.#visit(done, 'recursive', signal);
    }
    for (const record of done) record.isShown = record.missingAt.length === 0;
  }

  async #findServers(records: readonly WatchedRecord[], signal: AbortSignal): Promise<void> {
    const lost = records.filter(({ targets }) => targets.length === 0);
    await Promise.all(
      lost.map(async (record) => {
        try {
          record.expectAt(await this.#serversOf(record, signal));
        } catch (error) {
          signal.throwIfAborted();
          if (!(error instanceof EversealError)) throw error;
          record.obstacle = error;
        }
      }),
    );
  }

  async #serversOf(record: WatchedRecord, signal: AbortSignal): Promise<readonly PropagationTarget[]> {
    const zone = record.zone ?? (await this.#options.resolver.findZone(record.name, signal));
    const known = this.#authoritative.get(zone);
    if (known !== undefined) return known;
    const found = this.#listServers(zone, signal);
    this.#authoritative.set(zone, found);
    found.catch(() => this.#authoritative.delete(zone));
    return found;
  }

  async #listServers(zone: string, signal: AbortSignal): Promise<readonly PropagationTarget[]> {
    const { resolver } = this.#options;
    const port = resolver.nameServerPort ?? 53;
    const servers = await resolver.nameServers(zone, signal);
    for (const { name } of servers.filter(({ addresses }) => addresses.length === 0)) {
      this.#note(`the name server ${name} of ${zone} has no address and is left out`);
    }
    return servers.flatMap(({ name, addresses }) =>
      addresses.map((host) => new PropagationTarget({ server: { host, port }, kind: 'authoritative', host: name })),
    );
  }

  async #visit(records: readonly WatchedRecord[], kind: PropagationTarget['kind'], signal: AbortSignal): Promise<void> {
    const targets = [...new Set(records.flatMap((record) => record.missingAt))].filter(
      (target) => target.kind === kind,
    );
    const visits = targets.map((target) =>
      this.#askTarget(
        target,
        records.filter((record) => record.missingAt.includes(target)),
        signal,
      ),
    );
    const results = await Promise.allSettled(visits);
    signal.throwIfAborted();
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    for (const record of records) this.#leaveOut(record, kind);
  }

  /** One question for all values of a name. Where one was not answered, those that wait behind it are not asked this time. */
  async #askTarget(target: PropagationTarget, records: readonly WatchedRecord[], signal: AbortSignal): Promise<void> {
    let gone: Sight | undefined;
    const names = [...new Set(records.map(({ name }) => name))];
    await mapAll(names, new Semaphore(perServer), async (name) => {
      const seen = gone ?? (await this.#ask(target, name, signal));
      if ('kind' in seen && (seen.kind === 'silent' || seen.kind === 'unreachable')) gone = seen;
      for (const record of records.filter((one) => one.name === name)) {
        record.see(target, 'kind' in seen ? seen : sightOf(seen, record.value, target.kind));
      }
    });
  }

  async #ask(target: PropagationTarget, name: string, signal: AbortSignal): Promise<DnsAnswer | Sight> {
    const recursionDesired = isRecursive(target);
    try {
      return await this.#options.resolver.ask(target.server, name, 'TXT', { recursionDesired, signal });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof EversealError)) throw error;
      return sightOfFailure(error);
    }
  }

  #leaveOut(record: WatchedRecord, kind: PropagationTarget['kind']): void {
    const targets = record.targets.filter((target) => target.kind === kind);
    for (const family of [4, 6] as const) {
      if (!leadsNowhere(targets, family)) continue;
      for (const target of targets.filter((one) => one.family === family)) record.leaveOut(target);
      this.#note(`nothing is reached by IPv${family} from here: ${kind} servers are asked without it`);
    }
    for (const target of record.missingAt.filter(isRecursive)) this.#leaveStale(record, target);
  }

  /** The resolver heard of the name before the record was there, and tells it from memory until after the end. */
  #leaveStale(record: WatchedRecord, target: PropagationTarget): void {
    const { checks, clock, endsAt } = this.#options;
    const sight = record.sightAt(target);
    if (!checks.authoritative || sight?.kind !== 'missing' || sight.rememberedMs === undefined) return;
    if (clock.monotonic() + sight.rememberedMs <= endsAt) return;
    record.leaveOut(target);
    const seconds = Math.round(sight.rememberedMs / 1000);
    this.#note(`${target.title} remembers an older answer for ${record.name} for ${seconds} s and is not waited for`);
  }

  #note(text: string): void {
    const log: Pick<Log, 'debug'> | undefined = this.#options.log;
    if (!this.#notes.has(text)) log?.debug(text);
    this.#notes.add(text);
  }
}

function isRecursive(target: PropagationTarget): boolean {
  return target.kind === 'recursive';
}

/**
 * Whether none of the family's addresses is reached while the other family works: this machine has no way there (no route),
 * or what it sends is swallowed on the way, since each of those very servers answers at its other address.
 */
function leadsNowhere(targets: readonly PropagationTarget[], family: 4 | 6): boolean {
  const members = targets.filter((target) => target.family === family);
  const others = targets.filter((target) => target.family !== family && target.reach === 'answers');
  if (members.length === 0 || others.length === 0) return false;
  if (members.every(({ reach }) => reach === 'unreachable')) return true;
  return members.every(
    ({ reach, host }) => (reach === 'silent' || reach === 'unreachable') && others.some((other) => other.host === host),
  );
}
