import type { Dispatcher } from 'undici';
import {
  type Clock,
  EversealError,
  type Http,
  type HttpRequest,
  type HttpResponse,
  withDeadline,
} from '../core/index.ts';
import type { Agents } from './agents.ts';
import type { Environment } from './environment.ts';
import { formatAddress, networkFailure } from './network-failure.ts';

const defaultBodyBytes = 1024 * 1024;
const defaultTimeoutMs = 30_000;

/** HTTP/1.1 by undici, over keep-alive connections; through a proxy where `env` names one (`HTTPS_PROXY`, `NO_PROXY`). */
export function nodeHttp(options: { readonly env: Environment; readonly clock: Clock }): Http {
  let agents: Promise<Agents> | undefined;
  const loaded = (): Promise<Agents> => {
    agents ??= import('./agents.ts').then(({ Agents }) => new Agents(options.env));
    return agents;
  };
  return {
    async request(request) {
      const url = readUrl(request.url);
      const where = whereabouts(url, request);
      const { signal } = request;
      const ms = request.timeoutMs ?? defaultTimeoutMs;
      return withDeadline({ clock: options.clock, ms, what: `${request.method} ${where}`, signal }, async (within) => {
        const agent = await (await loaded()).get({ ...request, origin: url });
        return new Exchange({ request, url, where, signal: within }).run(agent);
      });
    },
  };
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url;
  throw new EversealError('network', 'Cannot send a request: the address is not an http or https URL');
}

function whereabouts(url: URL, request: HttpRequest): string {
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  const asked = `${url.hostname}:${port}`;
  return request.connectTo === undefined ? asked : `${asked} (at ${formatAddress(request.connectTo)})`;
}

interface ExchangeOptions {
  readonly request: HttpRequest;
  readonly url: URL;
  readonly where: string;
  readonly signal: AbortSignal;
}

/** One request and its reply, as undici's handler: it ends once, whatever undici or the signal do afterwards. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #options: ExchangeOptions;
  readonly #cap: number;
  readonly #chunks: Uint8Array[] = [];
  #size = 0;
  #status = 0;
  #headers: ReadonlyMap<string, readonly string[]> = new Map();
  #controller: Dispatcher.DispatchController | undefined;
  #failure: Error | undefined;
  #settle: { readonly resolve: (reply: HttpResponse) => void; readonly reject: (reason: unknown) => void } | undefined;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#cap = options.request.maxBodyBytes ?? defaultBodyBytes;
  }

  async run(agent: Dispatcher): Promise<HttpResponse> {
    const { request, url, signal } = this.#options;
    signal.throwIfAborted();
    const stop = (): void => this.#fail(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await new Promise<HttpResponse>((resolve, reject) => {
        this.#settle = { resolve, reject };
        const { method, headers, body } = request;
        const sent = { ...(headers && { headers: { ...headers } }), ...(body !== undefined && { body: octets(body) }) };
        agent.dispatch({ origin: url.origin, path: url.pathname + url.search, method, ...sent }, this);
      });
    } catch (error) {
      throw signal.aborted ? signal.reason : networkFailure(error, this.#options.where);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#failure !== undefined) controller.abort(this.#failure);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200) return; // RFC 9110 §15.2: interim replies may be ignored
    this.#status = status;
    this.#headers = multiMap(controller.rawHeaders);
    const announced = Number(this.#headers.get('content-length')?.[0] ?? 0);
    if (this.#options.request.method !== 'HEAD' && announced > this.#cap) this.#fail(this.#tooLarge());
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#size += chunk.length;
    if (this.#size > this.#cap) this.#fail(this.#tooLarge());
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const body = new Uint8Array(Buffer.concat(this.#chunks));
    // undici takes its connection back a turn later: a request that followed at once would open another one.
    setImmediate(() =>
      setImmediate(() => this.#settle?.resolve({ status: this.#status, headers: this.#headers, body })),
    );
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#settle?.reject(error);
  }

  /** Rejects at once, also while undici still connects, and cuts the connection off as soon as there is one. */
  #fail(reason: unknown): void {
    this.#settle?.reject(reason);
    this.#failure ??= reason instanceof Error ? reason : new EversealError('aborted', 'The request was given up');
    this.#controller?.abort(this.#failure);
  }

  #tooLarge(): EversealError {
    return new EversealError(
      'reply-too-large',
      `The reply of ${this.#options.where} is longer than ${this.#cap} octets`,
    );
  }
}

function octets(body: string | Uint8Array): Buffer {
  return typeof body === 'string' ? Buffer.from(body, 'utf8') : Buffer.from(body);
}

/** The headers as they came: names and values by turns. RFC 9110 §5.5: octets beyond ASCII are opaque. */
function multiMap(raw: Dispatcher.DispatchController['rawHeaders']): ReadonlyMap<string, readonly string[]> {
  const headers = new Map<string, string[]>();
  if (!Array.isArray(raw)) return headers;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = text(raw[index]).toLowerCase();
    const values = headers.get(name) ?? [];
    values.push(text(raw[index + 1]));
    headers.set(name, values);
  }
  return headers;
}

function text(octets: Buffer | string | undefined): string {
  return typeof octets === 'string' ? octets : (octets?.toString('latin1') ?? '');
}
