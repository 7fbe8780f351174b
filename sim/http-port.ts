import {
  EversealError,
  type Http,
  type HttpRequest,
  type HttpResponse,
  hasCode,
  type SocketAddress,
} from '../src/core/index.ts';
import { connectionReset, type Endpoint } from './endpoint.ts';
import { exchange } from './exchange.ts';
import type { SimProcess } from './process.ts';

const defaultTimeout = 30_000;
const defaultCap = 1024 * 1024;

/** HTTP without sockets: the request becomes a `Request` for the handler, its `Response` comes back as octets. */
export function httpPort(process: SimProcess): Http {
  return {
    async request(request) {
      request.signal?.throwIfAborted();
      const title = `${request.method} ${request.url}`;
      return process.effect({
        what: `http ${title}`,
        work: () => recorded(process, request, send(process, request, title)),
        describe: (reply) => String(reply.status),
      });
    },
  };
}

async function recorded(
  process: SimProcess,
  request: HttpRequest,
  reply: Promise<HttpResponse>,
): Promise<HttpResponse> {
  const record = (result: number | string) => {
    const { method, url } = request;
    process.world.network.exchanges.push({ at: process.world.elapsed, from: process.name, method, url, result });
  };
  try {
    const { status } = await reply;
    record(status);
  } catch (error) {
    record(error instanceof EversealError ? error.code : 'aborted');
  }
  return reply;
}

async function send(process: SimProcess, request: HttpRequest, title: string): Promise<HttpResponse> {
  const url = new URL(request.url);
  return exchange({
    from: process,
    to: request.connectTo ?? addressOf(url),
    family: request.family,
    title,
    timeoutMs: request.timeoutMs ?? defaultTimeout,
    signal: request.signal,
    work: (endpoint) => serve(process, endpoint, request, url),
  });
}

function addressOf(url: URL): SocketAddress {
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port };
}

async function serve(process: SimProcess, endpoint: Endpoint, request: HttpRequest, url: URL): Promise<HttpResponse> {
  const { service } = endpoint;
  if (service.kind !== 'http') throw connectionReset(url.hostname, endpoint.port);
  shakeHands(process, endpoint, request, url);
  const { handler } = service;
  const response = await handler(asRequest(request, url)).catch(
    () => new Response('Internal Server Error', { status: 500 }),
  );
  const body = await readBody(response, request, endpoint);
  return { status: response.status, headers: headersOf(response), body };
}

function shakeHands(process: SimProcess, endpoint: Endpoint, request: HttpRequest, url: URL): void {
  const { service, port } = endpoint;
  const identify = service.kind === 'http' ? service.identity : undefined;
  if (url.protocol === 'http:') {
    if (identify === undefined) return;
    throw connectionReset(url.hostname, port);
  }
  if (identify === undefined) throw new EversealError('tls', `There is no TLS at ${url.hostname}:${port}`);
  const { host } = addressOf(url);
  const name = request.tls?.serverName ?? host;
  const identity = identify(isIpLiteral(name) ? undefined : name.toLowerCase());
  if (identity === undefined) throw new EversealError('tls', `The server refuses the name ${name}`);
  process.world.network.tls.check(identity, host, request.tls ?? {}, process.ports.clock.now());
}

function isIpLiteral(name: string): boolean {
  return name.includes(':') || /^[\d.]+$/.test(name);
}

function asRequest(request: HttpRequest, url: URL): Request {
  const headers = { host: url.host, ...request.headers };
  const body = typeof request.body === 'string' ? request.body : request.body?.slice();
  return new Request(url, { method: request.method, headers, ...(body !== undefined && { body }), redirect: 'manual' });
}

function headersOf(response: Response): ReadonlyMap<string, readonly string[]> {
  const headers = new Map<string, string[]>();
  for (const [name, value] of response.headers) headers.set(name, [...(headers.get(name) ?? []), value]);
  return headers;
}

async function readBody(response: Response, request: HttpRequest, endpoint: Endpoint): Promise<Uint8Array> {
  if (response.body === null || request.method === 'HEAD') return new Uint8Array(0);
  const cap = request.maxBodyBytes ?? defaultCap;
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const piece of response.body) {
      pieces.push(piece);
      length += piece.length;
      if (length > cap) throw new EversealError('reply-too-large', `The reply is longer than ${cap} octets`);
    }
  } catch (error) {
    throw hasCode(error, 'reply-too-large') ? error : connectionReset(endpoint.machine.name, endpoint.port);
  }
  return new Uint8Array(Buffer.concat(pieces));
}
