/** From the challenges that were selected to what answers them. Nothing is loaded that was not selected. */
import type { Solver } from '../challenges/solver.ts';
import type { Answers, Environment, EventSink, Ports } from '../core/index.ts';
import type { DnsProvider } from '../dns/provider/provider.ts';
import type { DnsResolver } from '../dns/resolver.ts';
import type { Challenges, DnsLook, HttpChallenge, PersistChallenge, TlsChallenge } from '../faces/lego/challenges.ts';

export interface SolverSettings {
  readonly ports: Ports;
  readonly environment: Environment;
  /** What relative paths start from. */
  readonly workingFolder: string;
  readonly answers: Answers;
  readonly events: EventSink;
}

/** One solver for each selected challenge, in the order in which they are tried. */
export async function solversOf(challenges: Challenges, settings: SolverSettings): Promise<readonly Solver[]> {
  const { tls, http, dns, dnsAccount, look, persist } = challenges;
  const solvers = [
    tls && tlsSolver(tls, settings),
    http && httpSolver(http, settings),
    dns && dnsSolver('dns-01', dns, look, settings),
    dnsAccount && dnsSolver('dns-account-01', dnsAccount, look, settings),
    persist && persistSolver(persist, settings),
  ];
  const made = await Promise.all(solvers);
  return made.filter((solver) => solver !== undefined && solver !== '');
}

async function tlsSolver({ address, delayMs }: TlsChallenge, { ports }: SolverSettings): Promise<Solver> {
  const { tlsAlpnListenerSolver } = await import('../challenges/tls-alpn-01-listener.ts');
  return tlsAlpnListenerSolver({ ports, addresses: [address], delayMs });
}

async function httpSolver(http: HttpChallenge, settings: SolverSettings): Promise<Solver> {
  const { ports, answers, workingFolder, events } = settings;
  const { address, delayMs, proxyHeader, webroot } = http;
  if (webroot !== undefined) {
    const { webrootSolver } = await import('../challenges/webroot.ts');
    const { absolutePath } = await import('../argv/index.ts');
    return webrootSolver({ ports, roots: [{ folder: absolutePath(webroot, workingFolder) }], delayMs });
  }
  const { httpListenerSolver } = await import('../challenges/http-01-listener.ts');
  return httpListenerSolver({ ports, answers, addresses: [address], delayMs, match: { header: proxyHeader }, events });
}

async function dnsSolver(
  type: 'dns-01' | 'dns-account-01',
  code: string,
  look: DnsLook,
  settings: SolverSettings,
): Promise<Solver> {
  const { dnsSolver } = await import('../challenges/dns-01.ts');
  const { ports, events } = settings;
  const resolver = await resolverOf(look, ports);
  const provider = await providerOf(code, resolver, settings);
  const { checks, followCname } = look;
  return dnsSolver({ type, ports, provider, resolver, checks, followCname, events });
}

async function persistSolver(persist: PersistChallenge, settings: SolverSettings): Promise<Solver> {
  const { dnsPersistSolver } = await import('../challenges/dns-persist-01.ts');
  const { persistByHand } = await import('./persist-by-hand.ts');
  const { ports, events } = settings;
  const { issuerDomainName, persistUntil, look } = persist;
  const resolver = await resolverOf(look, ports);
  const provider = persist.provider === undefined ? undefined : await providerOf(persist.provider, resolver, settings);
  return dnsPersistSolver({
    ...(await persistByHand(settings)),
    ports,
    resolver,
    events,
    checks: look.checks,
    followCname: look.followCname,
    ...(provider === undefined ? {} : { provider }),
    ...(issuerDomainName === undefined ? {} : { issuerDomainName }),
    ...(persistUntil === undefined ? {} : { persistUntil }),
  });
}

export async function providerOf(
  code: string,
  resolver: DnsResolver,
  settings: Omit<SolverSettings, 'answers'>,
): Promise<DnsProvider> {
  const { openProvider } = await import('../providers/index.ts');
  return openProvider(code, { ...settings, resolver });
}

/** The resolvers that were named, else this machine's, else public ones. */
export async function resolverOf(
  { resolvers, timeoutMs }: Pick<DnsLook, 'resolvers' | 'timeoutMs'>,
  ports: Pick<Ports, 'net' | 'clock' | 'random' | 'fs'>,
): Promise<DnsResolver> {
  const { createResolver, parseResolverAddress, publicResolvers, systemResolvers } = await import('../dns/index.ts');
  const named = resolvers.map((text) => parseResolverAddress(text));
  const servers = named.length > 0 ? named : ((await systemResolvers(ports.fs)) ?? publicResolvers);
  return createResolver({ ports, servers, timeoutMs });
}
