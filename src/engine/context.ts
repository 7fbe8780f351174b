/** What every part of a Run shares. */
import type { AcmeClient } from '../acme/index.ts';
import type { EventSink, Ports } from '../core/index.ts';
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
}

/** One client for each CA and way to reach it, so that all orders of a Run share its nonces and connections. */
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

/** The pool that a Run uses: clients with the Run's ports, events and cached directories. ACME is loaded at the first need. */
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
