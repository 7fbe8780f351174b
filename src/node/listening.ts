import type { AddressInfo, ListenOptions, Server, Socket } from 'node:net';
import type { Listener, SocketAddress } from '../core/index.ts';
import { resolveName } from './names.ts';
import { formatAddress, listenFailure } from './network-failure.ts';
import { systemCode } from './system-error.ts';

/** What a machine without IPv6 answers to `::`. */
const noIpv6 = ['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL', 'EPROTONOSUPPORT'];

/** Where to bind for an address: every address as one dual-stack socket, and as IPv4 alone where there is no IPv6. */
async function bindHosts(address: SocketAddress): Promise<readonly string[]> {
  if (address.host === '') return ['::', '0.0.0.0'];
  return (await resolveName(address.host)).slice(0, 1);
}

/**
 * Binds to the first of the hosts that the machine has.
 *
 * @throws EversealError `port-in-use`, `permission`, `address-not-available`
 */
export async function bindFirst<T>(address: SocketAddress, bind: (host: string) => Promise<T>): Promise<T> {
  const hosts = await bindHosts(address);
  for (const [index, host] of hosts.entries()) {
    try {
      return await bind(host);
    } catch (error) {
      if (index + 1 < hosts.length && noIpv6.includes(systemCode(error))) continue;
      throw listenFailure(error, formatAddress(address));
    }
  }
  throw new TypeError('there is always a host to bind to');
}

/** Listens with a TCP server; rejects with Node's error. */
export function listen(server: Server, options: ListenOptions): Promise<SocketAddress> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ ipv6Only: false, ...options }, () => {
      server.off('error', reject);
      resolve(boundAddress(server.address()));
    });
  });
}

/** Node gives text for a pipe, null for a server that does not listen: neither is asked for here. */
function boundAddress(address: AddressInfo | string | null): SocketAddress {
  if (address === null || typeof address === 'string') throw new TypeError('not a socket with an address');
  return { host: address.address, port: address.port };
}

/** A listener whose close runs once and is waited for by every caller. */
export function listenerOf(addresses: readonly SocketAddress[], end: () => Promise<void>): Listener {
  let ending: Promise<void> | undefined;
  return {
    addresses,
    close() {
      ending ??= end();
      return ending;
    },
  };
}

/** The open connections of a server, so that closing can cut them off. */
export class Connections {
  readonly #sockets = new Set<Socket>();

  add(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined); // a client that went away is no failure of the server
  }

  cutOff(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** Stops listening, cuts connections off and waits until all are gone. */
export function closeServer(server: Server, connections: Connections): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    connections.cutOff();
  });
}
