/** http-01 (RFC 8555 §8.3) by a listener of our own: one for all names and orders of a Run. */
import {
  type Answers,
  EversealError,
  hasCode,
  isChallengeToken,
  type Listener,
  type Ports,
  type SocketAddress,
} from '../core/index.ts';
import type { ChallengeIntent, Receipt, Solver } from './solver.ts';

export interface HttpListenerOptions {
  readonly ports: Pick<Ports, 'net' | 'clock'>;
  readonly answers: Answers;
  /** Each is listened on; host `''` means all addresses, IPv4 and IPv6. Port 80 is where CAs look. */
  readonly addresses: readonly SocketAddress[];
  /** Milliseconds between presenting and asking the CA to look. */
  readonly delayMs?: number;
}

const path = '/.well-known/acme-challenge/';

/**
 * A solver that answers http-01 from its own listener. It listens from `prepare` to `close`; wildcards do not fit, IP
 * addresses do (RFC 8738 §4).
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
  const { pathname } = new URL(request.url);
  const token = pathname.startsWith(path) ? pathname.slice(path.length) : '';
  const known = isChallengeToken(token) && (request.method === 'GET' || request.method === 'HEAD');
  const value = known ? await answers.get('http-01', token) : undefined;
  if (value === undefined)
    return new Response('Not found\n', { status: 404, headers: { 'content-type': 'text/plain' } });
  return new Response(request.method === 'HEAD' ? null : value, {
    headers: { 'content-type': 'application/octet-stream' },
  });
}

class HttpListener implements Solver {
  readonly type = 'http-01';
  readonly scope = 'order';
  /** The listener and its answers die with the process. */
  readonly durable = false;
  readonly #options: HttpListenerOptions;
  #listeners: Promise<readonly Listener[]> | undefined;

  constructor(options: HttpListenerOptions) {
    this.#options = options;
  }

  fits(_identifier: ChallengeIntent['identifier'], wildcard: boolean): boolean {
    return !wildcard;
  }

  async prepare(): Promise<void> {
    this.#listeners ??= this.#listen();
    await this.#listeners;
  }

  async present(batch: readonly ChallengeIntent[]): Promise<readonly Receipt[]> {
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
    await Promise.all(batch.map(({ intent }) => this.#options.answers.delete(this.type, intent.token)));
  }

  async close(): Promise<void> {
    const listeners = await this.#listeners?.catch(() => []);
    this.#listeners = undefined;
    await Promise.all(listeners?.map((listener) => listener.close()) ?? []);
  }

  async #listen(): Promise<readonly Listener[]> {
    const listeners: Listener[] = [];
    try {
      for (const address of this.#options.addresses) listeners.push(await this.#listenOn(address));
    } catch (error) {
      await Promise.all(listeners.map((listener) => listener.close()));
      throw error;
    }
    return listeners;
  }

  async #listenOn(address: SocketAddress): Promise<Listener> {
    const { ports, answers } = this.#options;
    try {
      return await ports.net.serveHttp({ address, handler: (request) => answerHttpChallenge(answers, request) });
    } catch (error) {
      throw explained(error, address);
    }
  }
}

const otherWays =
  'listen on another port and have port 80 forwarded to it (--http.address), put the answers into a web server’s folder (webroot), or prove the names by DNS';

/** Each failure to listen, with its cure. */
function explained(error: unknown, { host, port }: SocketAddress): unknown {
  const where = host === '' ? `port ${port}` : `${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (hasCode(error, 'port-in-use')) {
    return new EversealError('port-in-use', `Cannot answer http-01 challenges: ${where} is taken by another program`, {
      next: `Stop that program meanwhile, ${otherWays}.`,
      cause: error,
    });
  }
  if (hasCode(error, 'permission')) {
    return new EversealError('permission', `Cannot answer http-01 challenges: this user may not listen on ${where}`, {
      next: `Give the program the right to low ports (setcap cap_net_bind_service=+ep), ${otherWays}.`,
      cause: error,
    });
  }
  return error;
}
