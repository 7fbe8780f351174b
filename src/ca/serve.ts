import type { Listener, Ports, SocketAddress } from '../core/index.ts';
import type { Ca } from './ca.ts';

/**
 * Serves the CA by HTTPS with its own certificate. Its base URL must lead to the address.
 *
 * @throws EversealError `port-in-use`, `permission`, `address-not-available`
 *
 * @example
 * ```ts
 * import { createCa, serveCa } from 'everseal/ca';
 * import { nodePorts } from 'everseal/node';
 * const ports = nodePorts();
 * const ca = await createCa(ports);
 * const listener = await serveCa(ports, ca, { host: '127.0.0.1', port: 0 });
 * await listener.close();
 * ```
 */
export function serveCa(
  ports: Pick<Ports, 'net'>,
  ca: Pick<Ca, 'fetch' | 'tlsIdentity'>,
  address: SocketAddress,
): Promise<Listener> {
  return ports.net.serveHttp({ address, handler: (request) => ca.fetch(request), identity: () => ca.tlsIdentity });
}
