/** For tests: a small world with a root, the zone example.com on two servers, and a resolver. */
import { World } from '../../sim/index.ts';
import type { Ports } from '../core/index.ts';
import { createResolver, type DnsResolver, type ResolverOptions } from './resolver.ts';
import { DnsRecursor } from './server/recursor.ts';
import type { ServedZone } from './server/served-zone.ts';
import { DnsServer, type DnsServerOptions } from './server/server.ts';
import { DnsZone } from './server/zone.ts';

export const addresses = {
  root: ['10.0.0.1'],
  ns1: ['10.0.1.1', 'fd00::1:1'],
  ns2: ['10.0.1.2', 'fd00::1:2'],
  recursor: ['10.0.2.1'],
} as const;

export interface DnsTown {
  readonly world: World;
  /** The client's. */
  readonly ports: Ports;
  readonly resolver: DnsResolver;
  readonly root: DnsServer;
  readonly ns1: DnsServer;
  readonly ns2: DnsServer;
  readonly recursor: DnsServer;
  /** On ns1 and ns2. */
  readonly example: DnsZone;
  readonly signal: AbortSignal;
}

export interface DnsTownOptions {
  readonly records?: string;
  readonly negativeTtl?: number;
  /** How the servers have the zone. */
  readonly ns1?: Partial<ServedZone>;
  readonly ns2?: Partial<ServedZone>;
  /** On both servers as well, and delegated from the root. */
  readonly zones?: readonly DnsZone[];
  readonly resolver?: Partial<ResolverOptions>;
}

export const port = 53;
const at = (host: string) => ({ host, port });

/** Runs the client's story in the town, and fails as it does. */
export async function inDnsTown(options: DnsTownOptions, story: (town: DnsTown) => Promise<void>): Promise<void> {
  const world = new World({ seed: 'dns town' });
  const { records = '', negativeTtl = 60, zones: others = [] } = options;
  const nameServers = { ns1: addresses.ns1, ns2: addresses.ns2 };
  const example = new DnsZone('example.com', { nameServers, negativeTtl, records });
  const root = new DnsZone('.', { nameServers: { ns: addresses.root } });
  root.delegate('example.com.', { 'ns1.example.com.': addresses.ns1, 'ns2.example.com.': addresses.ns2 });
  for (const { apex } of others) root.delegate(apex, { 'ns1.example.com.': [], 'ns2.example.com.': [] });
  const start = (name: keyof typeof addresses, served: Omit<DnsServerOptions, 'ports'>) =>
    startServer(world, name, () => served);
  const servers = await Promise.all([
    start('root', { zones: [root] }),
    start('ns1', { zones: [{ ...options.ns1, zone: example }, ...others] }),
    start('ns2', { zones: [{ ...options.ns2, zone: example }, ...others] }),
    startServer(world, 'recursor', (ports) => ({
      recursor: new DnsRecursor({ ports, roots: addresses.root.map(at) }),
    })),
  ]);
  const [rootServer, ns1, ns2, recursor] = servers;
  const main = async (ports: Ports): Promise<void> => {
    const resolver = createResolver({ ports, servers: addresses.recursor.map(at), ...options.resolver });
    const { signal } = new AbortController();
    await story({ world, ports, resolver, root: rootServer, ns1, ns2, recursor, example, signal });
  };
  const exit = await world.drive(
    world.boot({ machine: world.machine({ name: 'client' }), name: 'client', main }).exited,
  );
  if (exit.how === 'failed') throw exit.error;
}

function startServer(
  world: World,
  name: keyof typeof addresses,
  options: (ports: Ports) => Omit<DnsServerOptions, 'ports'>,
): Promise<DnsServer> {
  const machine = world.machine({ name, addresses: addresses[name] });
  const started = new Promise<DnsServer>((resolve) => {
    const main = async (ports: Ports): Promise<void> => {
      const server = new DnsServer({ ports, ...options(ports) });
      await server.serve(ports.net, { host: '', port });
      resolve(server);
      await new Promise(() => undefined);
    };
    world.boot({ machine, name, main });
  });
  return world.drive(started);
}
