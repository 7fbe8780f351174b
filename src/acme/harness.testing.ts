/** For tests: a client and an honest server in one virtual world. */
import {
  type EversealEvent,
  type Identifier,
  type Random,
  type Signer,
  softwareKey,
  ecKeyPair,
} from '../core/index.ts';
import { buildCsr } from '../pki/index.ts';
import type { Account } from './account.ts';
import { AcmeClient, type AcmeClientOptions } from './client.ts';
import { ManualClock } from './manual-clock.testing.ts';
import type { Order } from './order.ts';
import { type ScriptedOptions, ScriptedServer } from './scripted-server.testing.ts';

/** Randomness without surprises: the client uses it for the jitter of waits alone. */
export const steadyRandom: Random = {
  bytes: (length) => new Uint8Array(length),
  fraction: () => 0.5,
  fork: () => steadyRandom,
};

export interface AcmeWorld {
  readonly clock: ManualClock;
  readonly server: ScriptedServer;
  readonly client: AcmeClient;
  readonly events: EversealEvent[];
  /** Another client of the same server, as a later process would have. */
  connect(options?: Partial<AcmeClientOptions>): AcmeClient;
  /** Runs the story in virtual time. */
  run<T>(story: () => Promise<T>): Promise<T>;
  /** Registers an account; what that took is forgotten. */
  register(signer?: Signer): Promise<Account>;
}

export function acmeWorld(
  options: Omit<ScriptedOptions, 'clock'> = {},
  clientOptions: Partial<AcmeClientOptions> = {},
): AcmeWorld {
  const clock = new ManualClock();
  const server = new ScriptedServer({ clock, ...options });
  const events: EversealEvent[] = [];
  const connect = (more: Partial<AcmeClientOptions> = {}): AcmeClient =>
    new AcmeClient({
      ports: { http: server, clock, random: steadyRandom },
      directory: server.directoryUrl,
      events: (event) => events.push(event),
      ...clientOptions,
      ...more,
    });
  const client = connect();
  return {
    clock,
    server,
    client,
    events,
    connect,
    run: (story) => clock.run(story),
    async register(signer = newSigner()) {
      const account = await client.createAccount({ signer, contacts: [], termsAgreed: true });
      server.requests.length = 0;
      return account;
    },
  };
}

export function newSigner(): Signer {
  return softwareKey(ecKeyPair('P-256').privateKey);
}

export function names(...values: readonly string[]): readonly Identifier[] {
  return values.map((value) => ({ type: 'dns', value }));
}

export function csrFor(identifiers: readonly Identifier[]): Promise<Uint8Array> {
  return buildCsr({ signer: newSigner(), identifiers });
}

/** Answers one challenge of every authorization. */
export async function respondToAll(order: Order, signal?: AbortSignal): Promise<void> {
  const authorizations = await order.fetchAuthorizations(signal);
  await Promise.all(
    authorizations.map(({ challenges }) => challenges.find(({ type }) => type === 'dns-01')?.respond(signal)),
  );
}

/** The way of an order from its birth to its certificate. */
export async function issue(order: Order, signal: AbortSignal): Promise<void> {
  await respondToAll(order, signal);
  await order.pollReady(signal);
  await order.finalize(await csrFor(order.identifiers), signal);
}

export async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
