import { parseIpAddress, type SocketAddress } from '../core/index.ts';
import type { Environment } from './environment.ts';

/** The proxy that the environment names for the URL's scheme. Loopback is never asked of a proxy. */
export function proxyFor(env: Environment, url: URL, connectTo: SocketAddress | undefined): string | undefined {
  if (connectTo !== undefined || isLoopback(url.hostname)) return undefined;
  return proxyVariable(env, url.protocol === 'https:' ? 'https_proxy' : 'http_proxy');
}

/** Lower case wins, as in curl. An empty variable is as good as none. */
export function proxyVariable(env: Environment, name: string): string | undefined {
  return env[name] || env[name.toUpperCase()] || undefined;
}

function isLoopback(hostname: string): boolean {
  const name = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (parseIpAddress(name)?.length === 4) return name.startsWith('127.');
  return name === '::1' || name === 'localhost' || name.endsWith('.localhost');
}
