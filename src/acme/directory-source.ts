/** Where the directory comes from: memory, the caller's cache, the network; and when it must be asked for again. */
import * as v from 'valibot';
import { type Clock, EversealError, hasCode, Semaphore } from '../core/index.ts';
import { type Directory, parseDirectory, type ResourceName } from './directory.ts';
import type { Interruptions } from './interruption.ts';
import { badServer } from './bad-server.ts';
import { isProblem, problemOfReply } from './problem.ts';
import { AcmeProblemError, RateLimitedError } from './problem-error.ts';
import type { Reply } from './reply.ts';
import { readServerObject } from './server-json.ts';

/**
 * Keeps directories between runs, as plain JSON that carries its own expiry. A cache that fails is treated as empty.
 */
export interface DirectoryCache {
  get(url: string): Promise<unknown>;
  put(url: string, value: unknown): Promise<void>;
}

export interface DirectorySourceOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly interruptions: Interruptions;
  readonly cache?: DirectoryCache | undefined;
  /** One GET, repeated as needed; an error for every refusal. */
  readonly get: (url: string, signal: AbortSignal | undefined) => Promise<Reply>;
}

interface Entry {
  readonly directory: Directory;
  /** Milliseconds since the epoch. */
  readonly expires: number;
  /** On the monotonic clock; undefined when it came from the cache. */
  readonly fetchedAt: number | undefined;
}

interface Loaded {
  readonly entry: Entry;
  readonly fetchedNow: boolean;
}

const format = 1;
const dayMs = 86_400_000;
/** A server that forbids caching is still not asked before each request of one run. */
const shortestMs = 3_600_000;
const cachedSchema = v.object({
  format: v.literal(format),
  expires: v.pipe(v.string(), v.isoTimestamp()),
  directory: v.unknown(),
});
const anyObject = v.looseObject({});
const what = 'The ACME directory';

export class DirectorySource {
  readonly #options: DirectorySourceOptions;
  readonly #one = new Semaphore(1);
  #entry: Entry | undefined;
  #cacheTrusted = true;

  constructor(options: DirectorySourceOptions) {
    this.#options = options;
  }

  async fetch(signal?: AbortSignal): Promise<Directory> {
    return (await this.#load(signal)).entry.directory;
  }

  /** As the network has it, unless it was asked within the last minute. */
  async revalidate(signal?: AbortSignal): Promise<Directory> {
    const { entry } = await this.#load(signal);
    if (entry.fetchedAt !== undefined && this.#options.clock.monotonic() - entry.fetchedAt < 60_000)
      return entry.directory;
    this.invalidate();
    return this.fetch(signal);
  }

  /** Forgets what is known: the next use asks the network. */
  invalidate(): void {
    this.#entry = undefined;
    this.#cacheTrusted = false;
  }

  /**
   * Sends to a resource. When nothing is found there, when it is not understood or nobody answers, the directory may be
   * outdated: it is fetched again, and a changed URL is tried once.
   *
   * @returns the reply, whatever its status
   * @throws EversealError `unsupported` when the CA does not offer the resource
   */
  async use(
    name: ResourceName,
    signal: AbortSignal | undefined,
    send: (url: string) => Promise<Reply>,
  ): Promise<Reply> {
    const { entry, fetchedNow } = await this.#load(signal);
    const url = this.resource(entry.directory, name);
    const first = await settledOf(() => send(url));
    if (fetchedNow || !isOutdatedSign(first, entry)) return first.result();
    const fresh = await this.#reload(entry, signal);
    if (fresh === undefined || fresh[name] === url) return first.result();
    return send(this.resource(fresh, name));
  }

  /** @throws EversealError `unsupported` */
  resource(directory: Directory, name: ResourceName): string {
    const url = directory[name];
    if (url !== undefined) return url;
    throw new EversealError('unsupported', `The CA at ${this.#options.url} does not offer "${name}"`, {
      next: 'Use another CA for this, or do without.',
    });
  }

  async #load(signal: AbortSignal | undefined): Promise<Loaded> {
    const known = this.#alive(this.#entry);
    if (known !== undefined) return { entry: known, fetchedNow: false };
    return this.#options.interruptions.under(signal, (own) => this.#one.run(() => this.#loadAlone(own)));
  }

  async #loadAlone(signal: AbortSignal | undefined): Promise<Loaded> {
    signal?.throwIfAborted();
    const known = this.#alive(this.#entry) ?? (this.#cacheTrusted ? this.#alive(await this.#readCache()) : undefined);
    this.#entry = known ?? (await this.#fetchEntry(signal));
    return { entry: this.#entry, fetchedNow: known === undefined };
  }

  /** The directory as it is now, unless somebody else fetched it already; undefined when it cannot be had. */
  async #reload(outdated: Entry, signal: AbortSignal | undefined): Promise<Directory | undefined> {
    if (this.#entry === outdated) this.invalidate();
    try {
      return await this.fetch(signal);
    } catch {
      signal?.throwIfAborted();
      this.#entry = outdated;
      return undefined;
    }
  }

  #alive(entry: Entry | undefined): Entry | undefined {
    return entry !== undefined && entry.expires > this.#options.clock.now().getTime() ? entry : undefined;
  }

  async #fetchEntry(signal: AbortSignal | undefined): Promise<Entry> {
    const { url, clock, get } = this.#options;
    const reply = await get(url, signal).catch((error: unknown) => {
      throw isElsewhere(error) ? badServer(what, url, error.problem.detail, error) : error;
    });
    const raw = readServerObject(reply, anyObject, what);
    const directory = parseDirectory(raw, url);
    const keepMs = Math.min(dayMs, (reply.maxAgeSeconds() ?? 86_400) * 1000);
    const now = clock.now().getTime();
    await this.#writeCache({ format, expires: new Date(now + keepMs).toISOString(), directory: raw });
    this.#cacheTrusted = true;
    return { directory, expires: now + Math.max(shortestMs, keepMs), fetchedAt: clock.monotonic() };
  }

  async #readCache(): Promise<Entry | undefined> {
    const { cache, url } = this.#options;
    try {
      const cached = v.parse(cachedSchema, await cache?.get(url));
      return {
        directory: parseDirectory(cached.directory, url),
        expires: Date.parse(cached.expires),
        fetchedAt: undefined,
      };
    } catch {
      // Missing, unreadable or of a later version: the network knows better.
      return undefined;
    }
  }

  async #writeCache(value: unknown): Promise<void> {
    await this.#options.cache?.put(this.#options.url, value).catch(() => undefined);
  }
}

/** A refusal that no ACME server speaks: the URL is not the directory's. Limits and outages pass. */
function isElsewhere(error: unknown): error is AcmeProblemError {
  if (!(error instanceof AcmeProblemError) || error instanceof RateLimitedError) return false;
  const { status, type } = error.problem;
  return status === 404 || (status < 500 && type === 'about:blank');
}

interface Settled {
  /** undefined when there is none. */
  readonly reply: Reply | undefined;
  readonly error: unknown;
  /** The reply, or throws what was thrown. */
  result(): Reply;
}

async function settledOf(send: () => Promise<Reply>): Promise<Settled> {
  try {
    const reply = await send();
    return { reply, error: undefined, result: () => reply };
  } catch (error) {
    return {
      reply: undefined,
      error,
      result: () => {
        throw error;
      },
    };
  }
}

/** Where a resource was, there may be another one by now, which does not understand; only of an old directory is it likely. */
function isOutdatedSign({ reply, error }: Settled, { fetchedAt }: Entry): boolean {
  if (reply === undefined)
    return hasCode(error, 'connection-refused', 'name-not-found', 'address-not-available', 'tls');
  if (reply.status === 404) return true;
  const isOld = fetchedAt === undefined;
  return isOld && !reply.ok && (reply.status === 405 || isProblem(problemOfReply(reply), 'malformed'));
}
