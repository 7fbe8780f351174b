/** Sends what a definition asks for: at the API's pace, again when that helps, and says what went wrong in its words. */
import {
  backoffDelay,
  type EventSink,
  EversealError,
  fromUtf8,
  hasCode,
  type HttpResponse,
  messageOf,
  printable,
} from '../../core/index.ts';
import type { Codec } from './api-codec.ts';
import { queryText } from './api-codec.ts';
import { adviceFor, ApiError, usualErrorText } from './api-error.ts';
import { ApiPace, type PaceLimits } from './api-pace.ts';
import { type ApiReply, type ApiRequest, isRepeatable, type WireRequest } from './api-request.ts';
import type { Auth, AuthTools } from './auth.ts';
import type { ProviderPorts } from './catalogue-entry.ts';
import type { Redaction } from './redaction.ts';
import type { TrafficLog } from './traffic-log.ts';

export interface ApiClientOptions {
  readonly ports: Pick<ProviderPorts, 'http' | 'clock' | 'random'>;
  readonly events: EventSink;
  /** How the API is called in messages. */
  readonly title: string;
  /** Without a final slash. */
  readonly base: string;
  readonly codec: Codec;
  readonly timeoutMs: number;
  readonly pace: PaceLimits;
  /** Whether a reply of status 2xx is a success. */
  readonly ok?: ((reply: ApiReply) => boolean) | undefined;
  readonly errorText?: ((reply: ApiReply) => string | undefined) | undefined;
  readonly redaction: Redaction;
  readonly traffic: TrafficLog;
  /** Failures carry request, status and body. */
  readonly verbose: boolean;
}

const mostTries = 5;
const backoff = { first: 1000, factor: 2, max: 30_000, jitter: 0.2 };
/** An API that wants a longer pause is not waited for. */
const longestPauseMs = 120_000;

interface Attempt {
  readonly auth: Auth;
  readonly request: ApiRequest;
  readonly signal: AbortSignal;
}

export class ApiClient {
  readonly #options: ApiClientOptions;
  readonly #pace: ApiPace;
  readonly tools: AuthTools;

  constructor(options: ApiClientOptions) {
    const { ports, redaction } = options;
    this.#options = options;
    this.#pace = new ApiPace(ports.clock, options.pace);
    this.tools = {
      clock: ports.clock,
      random: ports.random,
      learn: (secret) => redaction.learn(secret),
      call: (request, signal) => this.call({}, request, signal),
    };
  }

  /**
   * Up to five tries: after 429 always, after 5xx and network failures when a repetition does no harm. A pause that the API
   * asks for (Retry-After) is kept up to two minutes.
   *
   * @throws ApiError for a reply that is no success; EversealError as the http port
   */
  async call(auth: Auth, request: ApiRequest, signal: AbortSignal): Promise<ApiReply> {
    let renewed = false;
    for (let tried = 1; ; tried += 1) {
      // Not a part of what is tried again: a login has tries of its own.
      const prepared = (await auth.apply?.(request, this.tools, signal)) ?? request;
      const known = auth.sessions?.() ?? 0;
      try {
        return await this.#attempt({ auth, request: prepared, signal });
      } catch (error) {
        signal.throwIfAborted();
        const again: boolean = !renewed && statusOf(error) === 401 && auth.renew?.(known) === true;
        renewed ||= again;
        const pauseMs = again ? 0 : this.#pauseAfter(error, request, tried);
        if (pauseMs === undefined) throw error;
        await this.#wait(pauseMs, signal);
      }
    }
  }

  /** How long to wait before the next try; undefined: give up. */
  #pauseAfter(error: unknown, request: ApiRequest, tried: number): number | undefined {
    if (tried >= mostTries || !mayPass(error, request)) return undefined;
    const asked = error instanceof ApiError ? this.#askedPause(error.reply) : undefined;
    if (asked !== undefined) return asked <= longestPauseMs ? asked : undefined;
    return backoffDelay(backoff, tried - 1, this.#options.ports.random);
  }

  #askedPause(reply: ApiReply): number | undefined {
    const text = reply.header('retry-after')?.trim() ?? '';
    if (/^\d{1,9}(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000);
    const date = Date.parse(text);
    return Number.isNaN(date) ? undefined : Math.max(0, date - this.#options.ports.clock.now().getTime());
  }

  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    const { ports, events, title } = this.#options;
    if (ms >= 5000) events({ type: 'waiting', what: `${title} to take requests again`, ms });
    await ports.clock.sleep(ms, signal);
  }

  async #attempt({ auth, request, signal }: Attempt): Promise<ApiReply> {
    const { traffic } = this.#options;
    await this.#pace.turn(signal);
    // After the wait: a signature carries the time.
    const unsigned = this.#wire(request);
    const wire = auth.sign?.(unsigned, this.tools) ?? unsigned;
    traffic.request(wire);
    const response = await this.#send(wire, signal);
    const text = fromUtf8(response.body);
    traffic.response(response.status, response.headers, text);
    return this.#checked(wire, response, text);
  }

  async #send(wire: WireRequest, signal: AbortSignal): Promise<HttpResponse> {
    const { ports, timeoutMs } = this.#options;
    try {
      return await ports.http.request({
        method: wire.method,
        url: wire.url,
        headers: wire.headers,
        ...(wire.body !== undefined && { body: wire.body }),
        timeoutMs,
        maxBodyBytes: 16 * 1024 * 1024,
        signal,
      });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof EversealError)) throw error;
      throw new EversealError(error.code, this.#redacted(`${this.#titleOf(wire)}: ${messageOf(error)}`), {
        cause: error,
        next: error.next ?? `Check the connection to ${this.#options.title}.`,
      });
    }
  }

  #wire(request: ApiRequest): WireRequest {
    const { base, codec } = this.#options;
    const hasBody = request.body !== undefined;
    const url = new URL(/^https?:\/\//.test(request.path) ? request.path : `${base}${request.path}`);
    const query = queryText(request.query ?? {});
    if (query !== '') url.search = url.search === '' ? query : `${url.search.slice(1)}&${query}`;
    return {
      method: request.method,
      url: url.href,
      headers: { accept: codec.accept, ...(hasBody && { 'content-type': codec.contentType }), ...request.headers },
      body: !hasBody ? undefined : typeof request.body === 'string' ? request.body : codec.encode(request.body),
    };
  }

  #checked(wire: WireRequest, response: HttpResponse, text: string): ApiReply {
    const { codec, ok } = this.#options;
    const { status, headers } = response;
    const reply = { status, headers, header: (name: string) => headers.get(name)?.[0], text };
    const success = status >= 200 && status < 300;
    const data = decoded(codec, text);
    if (success && data === unreadable)
      throw this.#failure(wire, { ...reply, data: undefined }, 'and its reply cannot be read');
    const whole = { ...reply, data: data === unreadable ? undefined : data };
    if (success && (ok?.(whole) ?? true)) return whole;
    throw this.#failure(wire, whole);
  }

  #failure(wire: WireRequest, reply: ApiReply, remark?: string): ApiError {
    const { errorText, title, verbose } = this.#options;
    const said = errorText?.(reply) ?? usualErrorText(reply);
    const shown = printable(this.#redacted(said ?? ''), 300);
    const details = verbose
      ? ` [request: ${wire.method} ${wire.url}] [status code: ${reply.status}] [body: ${printable(this.#redacted(reply.text), 4000)}]`
      : '';
    const why = `${remark === undefined ? '' : ` ${remark}`}${shown === '' ? '' : `: ${shown}`}`;
    return new ApiError(
      reply,
      this.#redacted(`${this.#titleOf(wire)} was answered with ${reply.status}${why}${details}`),
      adviceFor(reply.status, title),
    );
  }

  /** Without the query, which may hold a key. */
  #titleOf({ method, url }: WireRequest): string {
    const { origin, pathname } = new URL(url);
    return `${method} ${printable(`${origin}${pathname}`)}`;
  }

  #redacted(text: string): string {
    return this.#options.redaction.apply(text);
  }
}

const unreadable = Symbol('unreadable');

function decoded(codec: Codec, text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return codec.decode(text);
  } catch {
    return unreadable;
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof ApiError ? error.reply.status : undefined;
}

/** 429 and a connection that was refused: nothing was done. Anything else may have been. */
function mayPass(error: unknown, request: ApiRequest): boolean {
  const status = statusOf(error);
  if (status === 429 || hasCode(error, 'connection-refused')) return true;
  return isRepeatable(request) && isPassing(error);
}

/** Whether it was the moment's fault: another try may do. */
export function isPassing(error: unknown): boolean {
  const status = statusOf(error);
  if (status !== undefined) return status === 429 || (status >= 500 && status !== 501);
  return hasCode(error, 'connection-refused', 'connection-reset', 'timeout', 'network');
}
