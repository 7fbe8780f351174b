import { connect as connectTcp } from 'node:net';
import type { buildConnector, Dispatcher } from 'undici';
import type { Environment } from './environment.ts';
import type { Exchange } from './exchange.ts';
import { lookupName } from './names.ts';
import { proxyFor, proxyVariable } from './proxy.ts';
import { trustOptions } from './trust.ts';

/** Where a request goes, and how it is connected. */
type Route = Pick<Exchange, 'request' | 'url'>;

const settings = {
  pipelining: 1,
  maxHeaderSize: 64 * 1024,
  // The caller's deadline is the only one.
  headersTimeout: 0,
  bodyTimeout: 0,
} as const;

/** A connection that could not be made by then is given up, when nobody waits for it any more. */
const connectTimeoutMs = 60_000;

/** So that a process that talks to many hosts does not keep connections to all of them. */
const mostAgents = 32;

/** Keep-alive connections through proxies, one undici agent for each server: the name it must have is fixed in it. */
export class ProxyAgents {
  readonly #env: Environment;
  readonly #agents = new Map<string, Promise<Dispatcher>>();

  constructor(env: Environment) {
    this.#env = env;
  }

  get(route: Route): Promise<Dispatcher> {
    const key = JSON.stringify([route.url.origin, route.request.tls, route.request.family]);
    const agent = this.#agents.get(key) ?? newAgent(route, this.#env);
    this.#agents.delete(key);
    this.#agents.set(key, agent);
    this.#dropOldest();
    return agent;
  }

  #dropOldest(): void {
    const [oldest] = this.#agents;
    if (oldest === undefined || this.#agents.size <= mostAgents) return;
    this.#agents.delete(oldest[0]);
    oldest[1].then((agent) => agent.close()).catch(() => undefined);
  }
}

async function newAgent(route: Route, env: Environment): Promise<Dispatcher> {
  const { request, url } = route;
  const [{ EnvHttpProxyAgent }, connect, tls] = await Promise.all([
    import('undici'),
    connector(route),
    import('node:tls'),
  ]);
  const proxy = proxyFor(env, url, request.connectTo) ?? '';
  const proxyUrl = /^[a-z0-9]+:\/\//i.test(proxy) ? proxy : `http://${proxy}`;
  return new EnvHttpProxyAgent({
    ...settings,
    httpProxy: proxyUrl,
    httpsProxy: proxyUrl,
    noProxy: proxyVariable(env, 'no_proxy') ?? '',
    connect,
    proxyTunnel: false, // http goes in absolute form (RFC 9112 §3.2.2): proxies may refuse CONNECT to port 80
    proxyTls: { lookup: lookupName },
    requestTls: trustOptions(tls, url.hostname.replace(/^\[|\]$/g, ''), request.tls),
  });
}

/**
 * How undici's connections are made. Their sockets never keep the process alive: a request that runs does, by the timer
 * of its deadline.
 */
async function connector({ request, url }: Pick<Exchange, 'request' | 'url'>): Promise<buildConnector.connector> {
  const tls = url.protocol === 'https:' ? await import('node:tls') : undefined;
  return (target, callback) => {
    const options = {
      host: target.hostname,
      port: Number(target.port || (target.protocol === 'https:' ? 443 : 80)),
      lookup: lookupName,
      noDelay: true,
      keepAlive: true,
      ...(request.family === undefined ? { autoSelectFamily: true } : { family: request.family }),
    };
    const secure = tls !== undefined && target.protocol === 'https:';
    const socket = secure
      ? tls.connect({ ...options, ...trustOptions(tls, target.hostname, request.tls), ALPNProtocols: ['http/1.1'] })
      : connectTcp(options);
    const connected = (): void => {
      socket.setTimeout(0).off('timeout', timedOut).off('error', failed);
      callback(null, socket);
    };
    const failed = (error: Error): void => callback(error, null);
    const timedOut = (): void => {
      socket.destroy(Object.assign(new TypeError('no connection'), { code: 'ETIMEDOUT' }));
    };
    socket.unref().on('connectionAttempt', () => socket.unref()); // each attempt has a handle of its own
    socket.setTimeout(connectTimeoutMs);
    socket
      .once('timeout', timedOut)
      .once('error', failed)
      .once(secure ? 'secureConnect' : 'connect', connected);
  };
}
