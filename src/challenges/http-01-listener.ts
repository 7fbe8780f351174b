/** http-01 (RFC 8555 §8.3) by a listener of our own: one for all names and orders of a Run. */
import {
  type Answers,
  type EventSink,
  type Identifier,
  isChallengeToken,
  type Ports,
  printable,
  type SocketAddress,
} from '../core/index.ts';
import { type HostMatch, isHostOf, requestedHost } from './host-match.ts';
import { ListenerGroup } from './listener-group.ts';
import type { ChallengeIntent, Receipt, Solver } from './solver.ts';

export interface HttpListenerOptions {
  readonly ports: Pick<Ports, 'net' | 'clock'>;
  readonly answers: Answers;
  /** Each is listened on; host `''` means all addresses, IPv4 and IPv6. Port 80 is where CAs look. */
  readonly addresses: readonly SocketAddress[];
  /** Milliseconds between presenting and asking the CA to look. */
  readonly delayMs?: number;
  /** Given: a token is answered only to requests for the host that its challenge is for. Else to any. */
  readonly match?: HostMatch;
  /** Told of requests for a wrong host. */
  readonly events?: EventSink;
}

const path = '/.well-known/acme-challenge/';

/**
 * A solver that answers http-01 from its own listener. It listens from `prepare` to `close`; wildcards do not fit, IP
 * addresses do (RFC 8738 §4). Answers that another process published are served as well, for any host.
 *
 * @throws EversealError from `prepare`: `port-in-use`, `permission` for a low port, `address-not-available`
 *
 * @example
 * ```ts
 * import { httpListenerSolver } from 'everseal/challenges';
 * import { MemoryAnswers } from 'everseal/core';
 * import { nodePorts } from 'everseal/node';
 * const addresses = [{ host: '127.0.0.1', port: 0 }];
 * const solver = httpListenerSolver({ ports: nodePorts(), answers: new MemoryAnswers(), addresses });
 * await solver.prepare(new AbortController().signal);
 * await solver.close();
 * ```
 */
export function httpListenerSolver(options: HttpListenerOptions): Solver {
  return new HttpListener(options);
}

/**
 * The answer to one request: the key authorization of a known token, else 404. Tokens are base64url, so no path gets further.
 *
 * @example
 * ```ts
 * import { answerHttpChallenge } from 'everseal/challenges';
 * import { MemoryAnswers } from 'everseal/core';
 * const answers = new MemoryAnswers();
 * await answers.put('http-01', 'token', 'token.thumbprint');
 * const request = new Request('http://www.example.com/.well-known/acme-challenge/token');
 * console.log(await (await answerHttpChallenge(answers, request)).text()); // token.thumbprint
 * ```
 */
export async function answerHttpChallenge(answers: Pick<Answers, 'get'>, request: Request): Promise<Response> {
  const token = requestedToken(request);
  const value = token === undefined ? undefined : await answers.get('http-01', token);
  if (value === undefined) return notFound();
  return new Response(request.method === 'HEAD' ? null : value, {
    headers: { 'content-type': 'application/octet-stream' },
  });
}

function requestedToken(request: Request): string | undefined {
  const { pathname } = new URL(request.url);
  const token = pathname.startsWith(path) ? pathname.slice(path.length) : '';
  return isChallengeToken(token) && (request.method === 'GET' || request.method === 'HEAD') ? token : undefined;
}

function notFound(): Response {
  return new Response('Not found\n', { status: 404, headers: { 'content-type': 'text/plain' } });
}

class HttpListener implements Solver {
  readonly type = 'http-01';
  readonly scope = 'order';
  /** The listener and its answers die with the process. */
  readonly durable = false;
  readonly #options: HttpListenerOptions;
  readonly #listeners: ListenerGroup;
  /** Whose challenge a token of ours is. */
  readonly #identifiers = new Map<string, Identifier>();
  readonly #warned = new Set<string>();

  constructor(options: HttpListenerOptions) {
    this.#options = options;
    this.#listeners = new ListenerGroup({
      addresses: options.addresses,
      listenOn: (address) => options.ports.net.serveHttp({ address, handler: (request) => this.#answer(request) }),
      purpose: 'answer http-01 challenges',
      otherWays:
        'listen on another port and have port 80 forwarded to it (--http.address), put the answers into a web server’s folder (webroot), or prove the names by DNS',
    });
  }

  fits(_identifier: Identifier, wildcard: boolean): boolean {
    return !wildcard;
  }

  async prepare(): Promise<void> {
    await this.#listeners.open();
  }

  async present(batch: readonly ChallengeIntent[]): Promise<readonly Receipt[]> {
    for (const { token, identifier } of batch) this.#identifiers.set(token, identifier);
    await Promise.all(
      batch.map(({ token, keyAuthorization }) => this.#options.answers.put(this.type, token, keyAuthorization)),
    );
    return batch.map(() => ({}));
  }

  async wait(_batch: readonly ChallengeIntent[], signal: AbortSignal): Promise<void> {
    const { ports, delayMs = 0 } = this.#options;
    if (delayMs > 0) await ports.clock.sleep(delayMs, signal);
  }

  async cleanup(batch: readonly { readonly intent: ChallengeIntent }[]): Promise<void> {
    for (const { intent } of batch) this.#identifiers.delete(intent.token);
    await Promise.all(batch.map(({ intent }) => this.#options.answers.delete(this.type, intent.token)));
  }

  async close(): Promise<void> {
    await this.#listeners.close();
  }

  async #answer(request: Request): Promise<Response> {
    const identifier = this.#identifiers.get(requestedToken(request) ?? '');
    if (identifier !== undefined && !this.#isMeantFor(request, identifier)) return notFound();
    return answerHttpChallenge(this.#options.answers, request);
  }

  #isMeantFor(request: Request, identifier: Identifier): boolean {
    const { match } = this.#options;
    if (match === undefined) return true;
    const host = requestedHost(request, match);
    if (host !== undefined && isHostOf(host, identifier)) return true;
    this.#warn(identifier, match.header === '' ? 'Host' : match.header, host);
    return false;
  }

  /** Once for each name and what was asked for instead: CAs look from several places. */
  #warn(identifier: Identifier, header: string, host: string | undefined): void {
    const asked = host === undefined ? `without a host in its header ${header}` : `for ${printable(host, 255)}`;
    const message = `A request for the challenge of ${identifier.value} came ${asked} (${header}) and got 404. If a proxy stands before this listener, let it pass the host on, and name the header that holds it (--http.proxy-header); if a redirect led here, answer the challenge under the name itself`;
    if (this.#warned.has(message) || this.#warned.size >= 1000) return;
    this.#warned.add(message);
    this.#options.events?.({ type: 'warning', message });
  }
}
