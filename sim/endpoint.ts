/** A listener of the simulated network. */
import {
  EversealError,
  type Listener,
  type ServeDnsOptions,
  type ServeHttpOptions,
  type ServeTlsOptions,
  type SocketAddress,
} from '../src/core/index.ts';
import type { Machine } from './machine.ts';
import type { SimProcess } from './process.ts';

/** What answers there. */
export type Service =
  | ({ readonly kind: 'http' } & Pick<ServeHttpOptions, 'handler' | 'identity'>)
  | ({ readonly kind: 'tls' } & Pick<ServeTlsOptions, 'select'>)
  | ({ readonly kind: 'dns' } & Pick<ServeDnsOptions, 'handler'>);

export interface EndpointOptions {
  readonly machine: Machine;
  /** Canonical addresses; none: all. */
  readonly hosts: readonly string[];
  readonly port: number;
  readonly service: Service;
  /** The process it dies with; undefined: it belongs to the world itself. */
  readonly owner: SimProcess | undefined;
}

export class Endpoint implements Listener {
  readonly machine: Machine;
  readonly port: number;
  readonly service: Service;
  readonly addresses: readonly SocketAddress[];
  readonly #hosts: readonly string[];
  readonly #owner: SimProcess | undefined;
  readonly #atClose = new Set<() => void>();
  #open = true;

  constructor(options: EndpointOptions) {
    this.machine = options.machine;
    this.port = options.port;
    this.service = options.service;
    this.#hosts = options.hosts;
    this.#owner = options.owner;
    const hosts = options.hosts.length > 0 ? options.hosts : ['0.0.0.0', '::'];
    this.addresses = hosts.map((host) => ({ host, port: options.port }));
    this.whenClosed(options.owner?.atDeath(() => this.#shut()) ?? (() => undefined));
  }

  takes(address: string): boolean {
    return this.#hosts.length === 0 || this.#hosts.includes(address);
  }

  /** Whether another listener on these addresses would be in its way. */
  meets(hosts: readonly string[]): boolean {
    return hosts.length === 0 || this.#hosts.length === 0 || hosts.some((host) => this.#hosts.includes(host));
  }

  /** Has the server work; the connection is reset when the listener goes before the work is done. */
  ask<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const reset = () => reject(connectionReset(this.machine.name, this.port));
      if (!this.#open) return reset();
      const over = this.whenClosed(reset);
      const begin = () => work().then(resolve, reject).finally(over);
      if (this.#owner === undefined) begin();
      else this.#owner.whenRunning(begin);
    });
  }

  /** Calls `action` when the listener is closed, in whatever way; returns what takes that back. */
  whenClosed(action: () => void): () => void {
    this.#atClose.add(action);
    return () => this.#atClose.delete(action);
  }

  async close(): Promise<void> {
    this.#shut();
  }

  #shut(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const action of [...this.#atClose]) action();
    this.#atClose.clear();
  }
}

export function connectionReset(host: string, port: number): EversealError {
  return new EversealError('connection-reset', `The connection to ${host}:${port} was cut off`);
}
