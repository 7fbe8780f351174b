import { httpListenerSolver } from '../../src/challenges/index.ts';
import { type EventSink, MemoryAnswers, type Ports } from '../../src/core/index.ts';
import { acmeClients, type IssuerSpec, run } from '../../src/engine/index.ts';
import { legoStores } from '../../src/faces/lego/stores.ts';
import type { Stores } from '../../src/engine/index.ts';
import { plainIssuer, plainSpec } from '../wishes.ts';
import type { Hands } from './story.ts';

export interface RealHandsOptions {
  readonly ports: Ports;
  /** The folder of lego's tree. */
  readonly tree: string;
  readonly directory: string;
  /** PEM. */
  readonly root: string;
  readonly events: EventSink;
  readonly wrapStores?: ((stores: Stores) => Stores) | undefined;
}

/** What the town gives its processes, for a process on a real machine. It answers http-01 at a port that the system chooses. */
export function realHands(options: RealHandsOptions): Hands {
  const { ports, tree, directory, root, events, wrapStores = (stores) => stores } = options;
  const stores = wrapStores(legoStores(ports, { path: tree }));
  const base = { ports, stores, signal: new AbortController().signal, events };
  const addresses = [{ host: '127.0.0.1', port: 0 }];
  const solver = httpListenerSolver({ ports, answers: new MemoryAnswers(), addresses });
  const issuer = (changes: Partial<IssuerSpec> = {}): IssuerSpec => ({
    ...plainIssuer(directory, root),
    ...changes,
  });
  return {
    ports,
    stores,
    issuer,
    engine: { ...base, clients: acmeClients(base) },
    spec: (names, changes = {}) => ({ ...plainSpec(names, issuer(), solver), deadlineMs: 20_000, ...changes }),
    run: (specs, more = {}) => run({ ...base, ...more }, specs),
  };
}
