import { EversealError, hasCode, type Ports, printable, Semaphore, type SocketAddress } from '../core/index.ts';
import { AnswerCache } from './answer-cache.ts';
import { followCname } from './cname-chain.ts';
import { textOfTxt } from './codec/index.ts';
import { exchangeQuestion, questionText } from './dns-exchange.ts';
import type { QueryType } from './message.ts';
import { absoluteName, canonicalName } from './name.ts';
import type { AskOptions, DnsAnswer, DnsResolver, NameServer, ResolverOptions } from './resolver.ts';
import { familyOf, formatResolverAddress } from './resolver-addresses.ts';
import { SharedWork } from './shared-work.ts';
import { findZone } from './zone-finder.ts';
import { findNameServers } from './zone-name-servers.ts';

const defaults = {
  timeoutMs: 10_000,
  nameServerPort: 53,
  /** RFC 2308 §5. */
  maxNegativeTtlSeconds: 10_800,
};
/** Each question by UDP has a socket of its own. */
const questionsAtOnce = 64;
/** A resolver that did not answer is asked after the others for so long. */
const restMs = 60_000;
const unreached = ['timeout', 'network', 'connection-refused', 'connection-reset'] as const;

interface Refusal {
  readonly server: SocketAddress;
  readonly text: string;
  /** undefined: it answered, but not what was asked. */
  readonly error: EversealError | undefined;
}

export class StubResolver implements DnsResolver {
  readonly servers: readonly SocketAddress[];
  readonly nameServerPort: number;
  readonly #ports: Pick<Ports, 'net' | 'clock' | 'random'>;
  readonly #timeoutMs: number;
  readonly #tcpOnly: boolean;
  readonly #families: readonly (4 | 6)[];
  readonly #cache: AnswerCache | undefined;
  readonly #shared = new SharedWork<DnsAnswer>();
  readonly #slots = new Semaphore(questionsAtOnce);
  readonly #restsUntil = new Map<SocketAddress, number>();

  constructor(options: ResolverOptions) {
    const { ports, family } = options;
    this.servers = fittingServers(options.servers, family);
    this.nameServerPort = options.nameServerPort ?? defaults.nameServerPort;
    this.#ports = ports;
    this.#timeoutMs = options.timeoutMs ?? defaults.timeoutMs;
    this.#tcpOnly = options.tcpOnly ?? false;
    this.#families = family === undefined ? [4, 6] : [family];
    const maxNegativeMs = (options.maxNegativeTtlSeconds ?? defaults.maxNegativeTtlSeconds) * 1000;
    if (options.cache !== false) this.#cache = new AnswerCache({ clock: ports.clock, maxNegativeMs });
  }

  async query(name: string, type: QueryType, signal: AbortSignal): Promise<DnsAnswer> {
    const asked = canonicalName(name);
    if (type === 'TXT') return this.#askInOrder(asked, type, signal);
    const key = `${asked} ${type}`;
    const known = this.#cache?.get(key);
    if (known !== undefined) return known;
    return this.#shared.join(key, signal, async (within) => {
      const answer = await this.#askInOrder(asked, type, within);
      this.#cache?.put(key, answer);
      return answer;
    });
  }

  async ask(server: SocketAddress, name: string, type: QueryType, options: AskOptions): Promise<DnsAnswer> {
    const { recursionDesired = false, timeoutMs = this.#timeoutMs } = options;
    // A signal of its own: Node warns of more than ten listeners at one, and many ask at once.
    const signal = AbortSignal.any([options.signal]);
    const question = { server, name: absoluteName(name), type, recursionDesired, timeoutMs, signal };
    return this.#slots.run(async () => {
      signal.throwIfAborted();
      return exchangeQuestion(this.#ports, { ...question, tcpOnly: this.#tcpOnly });
    });
  }

  async lookupTxt(name: string, signal: AbortSignal): Promise<readonly string[]> {
    const { answers } = await this.query(name, 'TXT', signal);
    return answers.flatMap((record) => (record.type === 'TXT' ? [textOfTxt(record)] : []));
  }

  followCname(name: string, signal: AbortSignal): Promise<string> {
    return followCname(this, name, signal);
  }

  findZone(name: string, signal: AbortSignal): Promise<string> {
    return findZone(this, name, signal);
  }

  nameServers(zone: string, signal: AbortSignal): Promise<readonly NameServer[]> {
    return findNameServers(this, zone, this.#families, signal);
  }

  async #askInOrder(name: string, type: QueryType, signal: AbortSignal): Promise<DnsAnswer> {
    const refusals: Refusal[] = [];
    for (const server of this.#order()) {
      const outcome = await this.#askOne(server, name, type, signal);
      if (!('text' in outcome)) return outcome;
      refusals.push(outcome);
    }
    throw noAnswer(questionText(name, type), refusals);
  }

  async #askOne(
    server: SocketAddress,
    name: string,
    type: QueryType,
    signal: AbortSignal,
  ): Promise<DnsAnswer | Refusal> {
    try {
      const answer = await this.ask(server, name, type, { recursionDesired: true, signal });
      this.#restsUntil.delete(server);
      if (answer.rcode === 'NOERROR' || answer.rcode === 'NXDOMAIN') return answer;
      return { server, text: `answers ${answer.rcode}`, error: undefined };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof EversealError)) throw error;
      this.#restsUntil.set(server, this.#ports.clock.monotonic() + restMs);
      return { server, text: textOf(error), error };
    }
  }

  #order(): readonly SocketAddress[] {
    const now = this.#ports.clock.monotonic();
    const rests = (server: SocketAddress): boolean => (this.#restsUntil.get(server) ?? 0) > now;
    return [...this.servers.filter((server) => !rests(server)), ...this.servers.filter(rests)];
  }
}

function fittingServers(servers: readonly SocketAddress[], family: 4 | 6 | undefined): readonly SocketAddress[] {
  const fitting = servers.filter(({ host }) => family === undefined || (familyOf(host) ?? family) === family);
  if (fitting.length > 0) return fitting;
  const problem = servers.length === 0 ? 'No DNS resolver is given' : `No DNS resolver has an IPv${family} address`;
  throw new EversealError('usage', problem, { next: 'Name a resolver with --dns.resolvers ADDRESS[:PORT].' });
}

/** The first attempt says why; the failure as a whole would repeat server and question. */
function textOf(error: EversealError): string {
  if (error.code === 'timeout') return 'does not answer';
  const { message } = error.cause instanceof EversealError ? error.cause : error;
  return `gives no usable answer (${printable(message, 200)})`;
}

function noAnswer(question: string, refusals: readonly Refusal[]): EversealError {
  const codes = new Set(refusals.map(({ error }) => error?.code ?? 'dns-failed'));
  const [code = 'dns-failed', ...otherCodes] = codes;
  const told = refusals.map(({ server, text }) => `${formatResolverAddress(server)} ${text}`);
  const cause = refusals.find(({ error }) => error !== undefined)?.error;
  const reachable = refusals.some(({ error }) => error === undefined || !hasCode(error, ...unreached));
  return new EversealError(
    otherCodes.length === 0 ? code : 'dns-failed',
    `Cannot look up ${question}: ${told.join('; ')}`,
    {
      cause,
      next: reachable
        ? 'Check the name servers of the domain, or ask other resolvers with --dns.resolvers ADDRESS[:PORT].'
        : 'Check the network and that port 53 is open, or ask other resolvers with --dns.resolvers ADDRESS[:PORT].',
    },
  );
}
