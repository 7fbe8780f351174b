import type { Dispatcher } from 'undici';
import { EversealError, type HttpResponse } from '../core/index.ts';
import { ProxyAgents } from './agents.ts';
import type { Environment } from './environment.ts';
import { bodyOctets, type Exchange, PartialReply } from './exchange.ts';
import { networkFailure } from './network-failure.ts';

/** Requests through the proxies of the environment, by undici. */
export class ProxiedHttp {
  readonly #agents: ProxyAgents;

  constructor(env: Environment) {
    this.#agents = new ProxyAgents(env);
  }

  async exchange(exchange: Exchange): Promise<HttpResponse> {
    return new ProxiedExchange(exchange).run(await this.#agents.get(exchange));
  }
}

/** One request and its reply, as undici's handler: it ends once, whatever undici or the signal do afterwards. */
class ProxiedExchange implements Dispatcher.DispatchHandler {
  readonly #exchange: Exchange;
  readonly #reply: PartialReply;
  #controller: Dispatcher.DispatchController | undefined;
  #failure: Error | undefined;
  #settle: { readonly resolve: (reply: HttpResponse) => void; readonly reject: (reason: unknown) => void } | undefined;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    this.#reply = new PartialReply(exchange);
  }

  async run(agent: Dispatcher): Promise<HttpResponse> {
    const { request, url, signal } = this.#exchange;
    signal.throwIfAborted();
    const stop = (): void => this.#fail(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await new Promise<HttpResponse>((resolve, reject) => {
        this.#settle = { resolve, reject };
        const { method, headers, body } = request;
        const sent = {
          ...(headers && { headers: { ...headers } }),
          ...(body !== undefined && { body: bodyOctets(body) }),
        };
        agent.dispatch({ origin: url.origin, path: url.pathname + url.search, method, ...sent }, this);
      });
    } catch (error) {
      throw signal.aborted ? signal.reason : networkFailure(error, this.#exchange.where);
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
    this.#check(() => this.#reply.start(status, rawHeaders(controller)));
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#check(() => this.#reply.add(chunk));
  }

  onResponseEnd(): void {
    // undici takes its connection back a turn later: a request that followed at once would open another one.
    setImmediate(() => setImmediate(() => this.#settle?.resolve(this.#reply.whole())));
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

  /** A reply that is refused ends the exchange; undici must not see what was thrown. */
  #check(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#fail(error);
    }
  }
}

function rawHeaders({ rawHeaders: raw }: Dispatcher.DispatchController): readonly (Buffer | string)[] {
  return Array.isArray(raw) ? raw : [];
}
