import { connect as connectTcp, isIP } from 'node:net';
import type { buildConnector, Dispatcher } from 'undici';
import type { HttpRequest } from '../core/index.ts';
import type { Environment } from './environment.ts';
import { lookupName } from './names.ts';
import { trustOptions } from './trust.ts';

/** What decides whether two requests may share a connection. */
type Route = Pick<HttpRequest, 'tls' | 'family' | 'connectTo'> & { readonly origin: URL };

const settings = {
  pipelining: 1,
  maxHeaderSize: 64 * 1024,
  // The caller's deadline is the only one.
  headersTimeout: 0,
  bodyTimeout: 0,
} as const;

/** A connection that could not be made by then is given up, when nobody waits for it any more. */
const connectTimeoutMs = 60_000;

/** So that a process that talks to many hosts by {@link HttpRequest.connectTo} does not keep them all. */
const mostAgents = 32;

/** Keep-alive connections, one undici agent for each way of connecting. */
export class Agents {
  readonly #env: Environment;
  readonly #agents = new Map<string, Promise<Dispatcher>>();

  constructor(env: Environment) {
    this.#env = env;
  }

  get(route: Route): Promise<Dispatcher> {
    const proxy = this.#proxyFor(route);
    // Through a proxy the expected name is fixed for an agent.
    const proxied = proxy === undefined ? undefined : route.origin.host;
    const key = JSON.stringify([route.origin.protocol, route.tls, route.family, route.connectTo, proxied]);
    const agent = this.#agents.get(key) ?? (proxy === undefined ? directAgent(route) : this.#proxyAgent(route, proxy));
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

  /** The proxy of the URL's scheme. Loopback is never asked of a proxy. */
  #proxyFor(route: Route): string | undefined {
    if (route.connectTo !== undefined || isLoopback(route.origin.hostname)) return undefined;
    const { origin } = route;
    return this.#variable(origin.protocol === 'https:' ? 'https_proxy' : 'http_proxy');
  }

  /** Lower case wins, as in curl. An empty variable is as good as none. */
  #variable(name: string): string | undefined {
    return this.#env[name] || this.#env[name.toUpperCase()] || undefined;
  }

  async #proxyAgent(route: Route, proxy: string): Promise<Dispatcher> {
    const [{ EnvHttpProxyAgent }, connect, tls] = await Promise.all([
      import('undici'),
      connector(route),
      import('node:tls'),
    ]);
    const proxyUrl = /^[a-z0-9]+:\/\//i.test(proxy) ? proxy : `http://${proxy}`;
    return new EnvHttpProxyAgent({
      ...settings,
      httpProxy: proxyUrl,
      httpsProxy: proxyUrl,
      noProxy: this.#variable('no_proxy') ?? '',
      connect,
      proxyTunnel: false, // http goes in absolute form (RFC 9112 §3.2.2): proxies may refuse CONNECT to port 80
      proxyTls: { lookup: lookupName },
      requestTls: trustOptions(tls, hostOf(route.origin), route.tls),
    });
  }
}

function isLoopback(hostname: string): boolean {
  const name = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (isIP(name) === 4) return name.startsWith('127.');
  return name === '::1' || name === 'localhost' || name.endsWith('.localhost');
}

/** The URL's host without brackets. */
function hostOf(origin: URL): string {
  return origin.hostname.replace(/^\[|\]$/g, '');
}

async function directAgent(route: Route): Promise<Dispatcher> {
  const [{ default: Agent }, connect] = await Promise.all([import('undici/lib/dispatcher/agent.js'), connector(route)]);
  return new Agent({ ...settings, connect });
}

/**
 * How undici's connections are made. Their sockets never keep the process alive: a request that runs does, by the timer
 * of its deadline.
 */
async function connector(route: Route): Promise<buildConnector.connector> {
  const tls = route.origin.protocol === 'https:' ? await import('node:tls') : undefined;
  return (target, callback) => {
    const options = {
      host: route.connectTo?.host ?? target.hostname,
      port: route.connectTo?.port ?? Number(target.port || (target.protocol === 'https:' ? 443 : 80)),
      lookup: lookupName,
      noDelay: true,
      keepAlive: true,
      ...(route.family === undefined ? { autoSelectFamily: true } : { family: route.family }),
    };
    const secure = tls !== undefined && target.protocol === 'https:';
    const socket = secure
      ? tls.connect({ ...options, ...trustOptions(tls, target.hostname, route.tls), ALPNProtocols: ['http/1.1'] })
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
