/** What every part of a Run shares. */
import type { AcmeClient } from '../acme/index.ts';
import type { EventSink, Ports } from '../core/index.ts';
import type { Preflight } from './preflight.ts';
import type { IssuerSpec } from './spec.ts';
import type { Stores } from './stores.ts';

/** How to speak to CAs, whichever they are. */
export interface ClientOptions {
  /** In front of our own User-Agent. */
  readonly userAgent?: string;
  readonly requestTimeoutMs?: number;
  /** Requests to one CA at once. Default 8. */
  readonly concurrency?: number;
}

export interface EngineContext {
  readonly ports: Ports;
  readonly stores: Stores;
  readonly events: EventSink;
  readonly signal: AbortSignal;
  readonly clients: ClientPool;
  /** Called before each order; without it orders are placed at once. */
  readonly preflight?: Preflight | undefined;
}

/**
 * One client for each CA and way to reach it, so that all orders of a Run share its nonces and connections.
 *
 * @example
 * ```ts
 * import { AcmeClient } from 'everseal/acme';
 * import { ClientPool } from 'everseal/engine';
 * import { nodePorts } from 'everseal/node';
 * const pool = new ClientPool(async ({ directory }) => new AcmeClient({ ports: nodePorts(), directory }));
 * const account = { id: 'me', keyAlgorithm: 'EC256' as const, terms: 'agreed' as const };
 * const issuer = { directory: 'https://ca.example/directory', account };
 * console.log((await pool.for(issuer)) === (await pool.for(issuer))); // true
 * ```
 */
export class ClientPool {
  readonly #clients = new Map<string, Promise<AcmeClient>>();
  readonly #make: (issuer: IssuerSpec) => Promise<AcmeClient>;

  constructor(make: (issuer: IssuerSpec) => Promise<AcmeClient>) {
    this.#make = make;
  }

  for(issuer: IssuerSpec): Promise<AcmeClient> {
    const key = JSON.stringify([issuer.directory, issuer.family ?? null, issuer.tls ?? null]);
    const known = this.#clients.get(key);
    if (known !== undefined) return known;
    const made = this.#make(issuer);
    this.#clients.set(key, made);
    return made;
  }
}

/**
 * The pool that a Run uses: clients with the Run's ports, events and cached directories. ACME is loaded at the first need.
 *
 * @example
 * ```ts
 * import { memoryStores, nodePorts, startCa } from 'everseal';
 * import { acmeClients, acmeClients } from 'everseal/engine';
 * const ca = await startCa();
 * const ports = nodePorts();
 * const base = { ports, stores: memoryStores(ports), events: () => undefined, signal: new AbortController().signal };
 * const context = { ...base, clients: acmeClients(base) };
 * const issuer = {
 *   directory: ca.directory,
 *   tls: { roots: [ca.root] },
 *   account: { id: 'me', keyAlgorithm: 'EC256' as const, terms: 'agreed' as const },
 * };
 * const client = await context.clients.for(issuer);
 * console.log((await client.fetchDirectory()).newOrder);
 * await ca.close();
 * ```
 */
export function acmeClients(base: Omit<EngineContext, 'clients'>, options: ClientOptions = {}): ClientPool {
  const { ports, stores, events } = base;
  return new ClientPool(async (issuer) => {
    const { AcmeClient } = await import('../acme/index.ts');
    return new AcmeClient({
      ...options,
      ports,
      events,
      directory: issuer.directory,
      tls: issuer.tls,
      family: issuer.family,
      cache: {
        get: (url) => stores.state.get(`directory/${url}`),
        put: (url, value) => stores.state.put(`directory/${url}`, value),
      },
    });
  });
}
