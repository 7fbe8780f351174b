/** A small internet in virtual time: a root, `com`, `shop.com` on two name servers, a resolver, and a web server. */
import { World } from '../../../sim/index.ts';
import type { FetchHandler, Ports, ServeTlsOptions } from '../../core/index.ts';
import { createResolver, type DnsFaults, DnsRecursor, DnsServer, DnsZone, type ServedZone } from '../../dns/index.ts';
import type { Finding } from './finding.ts';
import { preflight, type PreflightOptions } from './preflight.ts';

export const web4 = '9.1.1.1';
export const web6 = '2a00::1';
export const probe = { token: 'a-token', expected: 'a-text' };

export interface Internet {
  /** Lines of the zone shop.com. */
  readonly records?: string;
  /** Of its first and second name server. */
  readonly faults?: readonly [DnsFaults, DnsFaults];
  readonly lame?: readonly [ServedZone['lame'], ServedZone['lame']];
  /** What listens on the web server: `host:port`, or `:port` for all. */
  readonly http?: Readonly<Record<string, FetchHandler>>;
  readonly tls?: Readonly<Record<string, ServeTlsOptions['select']>>;
  readonly resolverFaults?: DnsFaults;
}

export interface Looking extends Partial<Omit<PreflightOptions, 'names'>> {
  /** `*.` in front for a wildcard. */
  readonly names?: readonly string[];
}

export interface Seen {
  readonly findings: readonly Finding[];
  /** One line a finding: severity, check and cause. */
  readonly lines: readonly string[];
  readonly elapsedMs: number;
}

/** Answers the probe's path, and 404 elsewhere. */
export const rightAnswer: FetchHandler = async (request) =>
  new URL(request.url).pathname === `/.well-known/acme-challenge/${probe.token}`
    ? new Response(probe.expected)
    : new Response('not here', { status: 404 });

/** Runs a preflight on the web server. Default: http-01 for www.shop.com. */
export async function look(internet: Internet, looking: Looking = {}): Promise<Seen> {
  const world = new World({ seed: 'preflight' });
  const ready: Promise<void>[] = [];
  const serve = (name: string, addresses: readonly string[], start: (ports: Ports) => Promise<unknown>) => {
    const machine = world.machine({ name, addresses, hostNames: [] });
    ready.push(
      new Promise((resolve) => {
        const main = async (ports: Ports) => {
          await start(ports);
          resolve();
          await new Promise(() => undefined);
        };
        world.boot({ machine, name, main });
      }),
    );
  };
  startDns(internet, serve);
  let seen: Seen | undefined;
  const main = async (ports: Ports) => {
    await startWeb(internet, ports);
    seen = await run(ports, looking);
  };
  const machine = world.machine({ name: 'web', addresses: [web4, web6], hostNames: [] });
  const tell = async (): Promise<void> => {
    await Promise.all(ready);
    const exit = await world.boot({ machine, name: 'web', main }).exited;
    if (exit.how === 'failed') throw exit.error;
  };
  await world.drive(tell());
  if (seen === undefined) throw new TypeError('nothing was seen');
  return seen;
}

type Serve = (name: string, addresses: readonly string[], start: (ports: Ports) => Promise<unknown>) => void;

function startDns(
  { records = '', faults = [{}, {}], lame = [undefined, undefined], resolverFaults = {} }: Internet,
  serve: Serve,
) {
  const root = new DnsZone('.', { nameServers: { 'a.root.': ['9.0.0.1'] } });
  root.delegate('com', { 'ns.com': ['9.0.0.2'] });
  const com = new DnsZone('com', { nameServers: { ns: ['9.0.0.2'] } });
  com.delegate('shop', { 'ns1.shop': ['9.0.0.3'], 'ns2.shop': ['9.0.0.4'] });
  const shop = new DnsZone('shop.com', { nameServers: { ns1: ['9.0.0.3'], ns2: ['9.0.0.4'] }, records });
  const authority = (address: string, served: readonly (DnsZone | ServedZone)[], serverFaults: DnsFaults = {}) => {
    serve(address, [address], async (ports) => {
      const server = new DnsServer({ ports, zones: served, faults: serverFaults });
      await server.serve(ports.net, { host: address, port: 53 });
    });
  };
  authority('9.0.0.1', [root]);
  authority('9.0.0.2', [com]);
  for (const index of [0, 1] as const) {
    const state = lame[index];
    authority(`9.0.0.${3 + index}`, [state === undefined ? shop : { zone: shop, lame: state }], faults[index]);
  }
  serve('resolver', ['9.9.9.9'], async (ports) => {
    const recursor = new DnsRecursor({ ports, roots: [{ host: '9.0.0.1', port: 53 }], timeoutMs: 500 });
    const server = new DnsServer({ ports, recursor, faults: resolverFaults });
    await server.serve(ports.net, { host: '9.9.9.9', port: 53 });
  });
}

async function startWeb({ http = {}, tls = {} }: Internet, ports: Ports): Promise<void> {
  for (const [where, handler] of Object.entries(http))
    await ports.net.serveHttp({ address: addressIn(where), handler });
  for (const [where, select] of Object.entries(tls)) await ports.net.serveTls({ address: addressIn(where), select });
}

function addressIn(where: string) {
  const colon = where.lastIndexOf(':');
  return { host: where.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(where.slice(colon + 1)) };
}

async function run(ports: Ports, { names = ['www.shop.com'], ...options }: Looking): Promise<Seen> {
  const before = ports.clock.monotonic();
  const findings = await preflight(
    {
      ports,
      resolver: createResolver({ ports, servers: [{ host: '9.9.9.9', port: 53 }] }),
      names: names.map((name) => ({
        identifier: { type: /^[\d.]+$|:/.test(name) ? 'ip' : 'dns', value: name.replace(/^\*\./, '') },
        wildcard: name.startsWith('*.'),
      })),
      methods: ['http-01'],
      http: { probe },
      ...options,
    },
    new AbortController().signal,
  );
  const lines = findings.map(({ severity, check, cause }) => `${severity} ${check}: ${cause}`);
  return { findings, lines, elapsedMs: ports.clock.monotonic() - before };
}
