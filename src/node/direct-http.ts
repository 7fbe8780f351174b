import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import { connect as connectTcp, type Socket } from 'node:net';
import type { HttpRequest, HttpResponse } from '../core/index.ts';
import { bodyOctets, type Exchange, PartialReply } from './exchange.ts';
import { lookupName } from './names.ts';
import { networkFailure } from './network-failure.ts';
import { trustOptions } from './trust.ts';

type Client = Pick<typeof import('node:http'), 'request'>;

/** One way of connecting: requests that go the same way share connections. */
interface Way {
  readonly client: Client;
  readonly agent: Agent;
}

/** Nobody waits for a connection that was idle for so long: many servers close it not much later. */
const idleMs = 4_000;

/**
 * So that a process that talks to many hosts by {@link HttpRequest.connectTo} does not keep all ways; the connections of
 * a forgotten one end when they have been idle.
 */
const mostWays = 32;

/** Requests straight to their servers, by Node's own client. */
export class DirectHttp {
  readonly #ways = new Map<string, Promise<Way>>();

  async exchange(exchange: Exchange): Promise<HttpResponse> {
    const way = await this.#wayOf(exchange);
    exchange.signal.throwIfAborted();
    try {
      return await sendAndReceive(way, exchange);
    } catch (error) {
      throw exchange.signal.aborted ? exchange.signal.reason : networkFailure(error, exchange.where);
    }
  }

  #wayOf({ request, url }: Exchange): Promise<Way> {
    const key = JSON.stringify([url.protocol, request.tls, request.family, request.connectTo]);
    const way = this.#ways.get(key) ?? openWay(request, url.protocol === 'https:');
    this.#ways.delete(key);
    this.#ways.set(key, way);
    const [oldest] = this.#ways.keys();
    if (oldest !== undefined && this.#ways.size > mostWays) this.#ways.delete(oldest);
    return way;
  }
}

async function openWay(route: HttpRequest, secure: boolean): Promise<Way> {
  const client = await (secure ? import('node:https') : import('node:http'));
  const tls = secure ? await import('node:tls') : undefined;
  const agent = new client.Agent({ keepAlive: true, timeout: idleMs });
  const createConnection = (target: { readonly host: string; readonly port: number }): Socket => {
    const options = {
      host: route.connectTo?.host ?? target.host,
      port: route.connectTo?.port ?? target.port,
      lookup: lookupName,
      noDelay: true,
      keepAlive: true,
      ...(route.family === undefined ? { autoSelectFamily: true } : { family: route.family }),
    };
    if (tls === undefined) return connectTcp(options);
    return tls.connect({ ...options, ...trustOptions(tls, target.host, route.tls), ALPNProtocols: ['http/1.1'] });
  };
  return { client, agent: Object.assign(agent, { createConnection }) };
}

async function sendAndReceive({ client, agent }: Way, exchange: Exchange): Promise<HttpResponse> {
  const { request, url, signal } = exchange;
  const body = request.body === undefined ? undefined : bodyOctets(request.body);
  const sent = client.request({
    agent,
    method: request.method,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
    path: url.pathname + url.search,
    headers: { host: url.host, ...request.headers, ...(body && { 'content-length': body.length }) },
    maxHeaderSize: 64 * 1024,
  });
  let failure: unknown;
  sent.on('error', (error) => {
    failure ??= error;
  });
  const stop = (): void => void sent.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await receive(await responseTo(sent, body), exchange);
  } catch (error) {
    sent.destroy();
    // A body that breaks off says only that it did; the request knows why.
    throw failure ?? error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function responseTo(sent: ClientRequest, body: Buffer | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.on('error', reject).on('response', resolve);
    // Nobody asked for another protocol. Without a listener the request would end without any word.
    sent.on('upgrade', (_, socket) => {
      socket.destroy();
      reject(Object.assign(new TypeError('it switches to another protocol'), { code: 'HPE_UNEXPECTED_UPGRADE' }));
    });
    sent.on('close', () => reject(Object.assign(new TypeError('no reply'), { code: 'ECONNRESET' })));
    sent.end(body);
  });
}

async function receive(incoming: IncomingMessage, exchange: Exchange): Promise<HttpResponse> {
  const reply = new PartialReply(exchange);
  reply.start(incoming.statusCode ?? 0, incoming.rawHeaders);
  for await (const chunk of incoming) reply.add(chunk);
  return reply.whole();
}
