/** The look itself: what a CA would find, seen from here. */
import { preflight, preflightRefusal } from '../challenges/preflight/index.ts';
import type { Finding, HttpProbe, PreflightName } from '../challenges/preflight/index.ts';
import type { ChallengeType, Solver } from '../challenges/solver.ts';
import { EversealError, isWildcard, type SocketAddress } from '../core/index.ts';
import type { PreflightTarget } from '../engine/index.ts';
import type { DnsLook } from '../faces/lego/challenges.ts';
import { newProbe } from './http-probe.ts';
import type { RunPreflightOptions } from './run-preflight.ts';
import { resolverOf } from './solvers.ts';

export interface LookOptions extends RunPreflightOptions {
  readonly look: DnsLook;
  readonly caNetwork: 'public' | 'private';
  readonly warn: (message: string) => void;
}

const wholeMs = 8_000;
/** For one question to one resolver: several fit into the whole time. */
const queryMs = 3_000;

/** @throws BatchError `preflight-failed`, by identifier of the target */
export async function lookBeforeOrder(
  options: LookOptions,
  target: PreflightTarget,
  signal: AbortSignal,
): Promise<void> {
  const silent = await closedListeners(options.solvers, target, signal);
  const names = target.identifiers.map(
    ({ identifier, methods }): PreflightName => ({
      identifier,
      wildcard: isWildcard(identifier),
      methods: methods.filter((method) => !silent.has(method)),
    }),
  );
  const findings = await withProbe(options, (probe) => lookAt(options, target, names, probe, signal));
  for (const finding of findings.filter((one) => isWorthTelling(one, options.look)))
    options.warn(`${finding.cause} ${finding.cure}`);
  const refusal = preflightRefusal(findings, names);
  if (refusal !== undefined) throw refusal;
}

async function lookAt(
  { ports, look, caNetwork, challenges }: LookOptions,
  { caaIdentities, accountUrl }: PreflightTarget,
  names: readonly PreflightName[],
  probe: HttpProbe | undefined,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { resolvers } = look;
  const visited = (address: SocketAddress | undefined, usual: number): number =>
    caNetwork === 'private' && address !== undefined ? address.port : usual;
  const options = {
    ports,
    resolver: await resolverOf({ resolvers, timeoutMs: Math.min(look.timeoutMs, queryMs) }, ports),
    names,
    ca: { caaIdentities, accountUrl },
    http: { port: visited(listenerOf(challenges), 80), ...(probe === undefined ? {} : { probe }) },
    tls: { port: visited(challenges.tls?.address, 443) },
    timeoutMs: wholeMs,
    specialUse: resolvers.length > 0 ? 'check' : 'skip',
    caNetwork,
  } as const;
  return preflight(options, signal);
}

/** A public CA visits ports 80 and 443; one for tests, where the listener is. */
function listenerOf({ http }: LookOptions['challenges']): SocketAddress | undefined {
  return http === undefined || http.webroot !== undefined ? undefined : http.address;
}

/**
 * Types whose listener cannot be opened: no use in visiting those. The first choice of each name is open already, and that
 * another one cannot be is told when it is needed.
 */
async function closedListeners(
  solvers: readonly Solver[],
  { identifiers }: PreflightTarget,
  signal: AbortSignal,
): Promise<ReadonlySet<ChallengeType>> {
  const wanted = new Set(identifiers.flatMap(({ methods }) => methods));
  const closed = new Set<ChallengeType>();
  for (const solver of solvers) {
    if (!wanted.has(solver.type) || (solver.type !== 'http-01' && solver.type !== 'tls-alpn-01')) continue;
    try {
      await solver.prepare(signal);
    } catch (error) {
      if (!(error instanceof EversealError)) throw error;
      closed.add(solver.type);
    }
  }
  return closed;
}

/** While `work` runs, our listener answers to a token of our own; a web server's folder is left alone. */
async function withProbe<T>(
  { ports, answers, challenges }: LookOptions,
  work: (probe: HttpProbe | undefined) => Promise<T>,
): Promise<T> {
  if (listenerOf(challenges) === undefined) return work(undefined);
  const probe = newProbe(ports);
  await answers.put('http-01', probe.token, probe.expected);
  try {
    return await work(probe);
  } finally {
    await answers.delete('http-01', probe.token);
  }
}

/** Who does not want authoritative servers to be asked knows that they cannot be. */
function isWorthTelling({ severity, check }: Finding, { checks }: DnsLook): boolean {
  return severity === 'likely' && (checks.authoritative || check !== 'delegation');
}
