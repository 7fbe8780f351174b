import {
  EversealError,
  type Identifier,
  isWildcard,
  mapAll,
  messageOf,
  type Ports,
  printable,
  Semaphore,
  type SocketAddress,
  withDeadline,
} from '../../core/index.ts';
import type { DnsResolver } from '../../dns/index.ts';
import type { ChallengeType } from '../solver.ts';
import { checkAddress } from './address-check.ts';
import { AddressBook } from './address-book.ts';
import { checkCaa } from './caa-check.ts';
import { checkChallengeName } from './challenge-name-check.ts';
import { type CaFacts, type Check, type HttpProbe, isDnsType, listed, shownServer } from './context.ts';
import type { PreflightContext, Target } from './context.ts';
import { checkDelegation } from './delegation-check.ts';
import { bySeverity, type Finding, type PreflightCheck, type Problem } from './finding.ts';
import { checkHttp } from './http-check.ts';
import { isSpecialUse } from './special-use.ts';
import { checkTls } from './tls-check.ts';
import { WatchedResolver } from './watched-resolver.ts';

/** A name to look at. The identifier may have its `*.` or not. */
export interface PreflightName {
  readonly identifier: Identifier;
  readonly wildcard: boolean;
  /** Instead of those for all names. */
  readonly methods?: readonly ChallengeType[];
}

export interface PreflightOptions {
  readonly ports: Pick<Ports, 'http' | 'net' | 'clock' | 'random' | 'log'>;
  readonly resolver: DnsResolver;
  readonly names: readonly PreflightName[];
  /** Configured challenge types, the preferred first; a name may have its own. */
  readonly methods?: readonly ChallengeType[];
  readonly ca?: CaFacts;
  readonly http?: {
    /** Where the CA knocks. Default 80. */
    readonly port?: number;
    /** Where redirects to HTTPS lead. Default 443. */
    readonly httpsPort?: number;
    /** What is served now at the token's path. Without it any answer is good. */
    readonly probe?: HttpProbe;
  };
  readonly tls?: {
    /** Default 443. */
    readonly port?: number;
  };
  /** For everything together. Default 10 000. */
  readonly timeoutMs?: number;
  /** Host name → address that is used instead of asking DNS; `*` stands for all others. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** Names that the public DNS does not know (`.test`, `.internal`, one label). Default `skip`. */
  readonly specialUse?: 'skip' | 'check';
  /** Where the CA is: a `private` one may visit private addresses. Default `public`. */
  readonly caNetwork?: 'public' | 'private';
}

/** Without a word from any resolver in this time the machine is offline, and nothing more is asked. */
const patienceMs = 3_000;
const namesAtOnce = 64;
const checksByMethod: Readonly<Partial<Record<ChallengeType, Check>>> = {
  'http-01': checkHttp,
  'tls-alpn-01': checkTls,
};
const dnsChecks: ReadonlySet<PreflightCheck> = new Set([
  'caa',
  'address',
  'delegation',
  'challenge-name',
  'dnssec',
  'time',
]);

/**
 * Looks for what would make a CA refuse the names, without asking the CA: CAA records, addresses, what answers on the ports
 * that a CA visits, the name servers, the name of the TXT record. Changes nothing anywhere.
 *
 * Takes no longer than `timeoutMs`; what was not looked at to the end by then is a note.
 *
 * @returns the findings of each name, the worst first
 * @throws whatever the signal was aborted with
 *
 * @example
 * ```ts
 * import { preflight, preflightText } from 'everseal/challenges';
 * import { createResolver } from 'everseal/dns';
 * import { nodePorts } from 'everseal/node';
 * const ports = nodePorts();
 * const resolver = createResolver({ ports, servers: [{ host: '127.0.0.1', port: 9 }], timeoutMs: 100 });
 * const names = [{ identifier: { type: 'dns', value: 'www.example.org' }, wildcard: false }] as const;
 * const options = { ports, resolver, names, methods: ['http-01'], timeoutMs: 300 } as const;
 * console.log(preflightText(await preflight(options, new AbortController().signal), names)); // No resolver answers …
 * ```
 */
export async function preflight(options: PreflightOptions, signal: AbortSignal): Promise<readonly Finding[]> {
  signal.throwIfAborted();
  const timeoutMs = options.timeoutMs ?? 10_000;
  const deadline = { clock: options.ports.clock, ms: timeoutMs, what: 'the preflight', signal };
  const run = await withDeadline(deadline, (untilThen) => lookAtAll(options, timeoutMs, untilThen));
  signal.throwIfAborted();
  return run;
}

async function lookAtAll(
  options: PreflightOptions,
  timeoutMs: number,
  deadline: AbortSignal,
): Promise<readonly Finding[]> {
  const impatience = new AbortController();
  const done = new AbortController();
  const signal = AbortSignal.any([deadline, impatience.signal]);
  const resolver = new WatchedResolver(options.resolver, signal);
  options.ports.clock.sleep(Math.min(patienceMs, timeoutMs), done.signal).then(
    () => {
      if (resolver.isSilent) impatience.abort(new EversealError('timeout', 'No resolver answers'));
    },
    () => undefined,
  );
  const context = contextOf(options, resolver, timeoutMs, signal);
  try {
    const findings = (
      await mapAll(options.names, new Semaphore(namesAtOnce), (name) => lookAtName(options, context, name))
    ).flat();
    return resolver.isSilent ? offline(resolver.servers, findings) : findings;
  } finally {
    done.abort();
  }
}

function contextOf(
  options: PreflightOptions,
  resolver: WatchedResolver,
  timeoutMs: number,
  signal: AbortSignal,
): PreflightContext {
  const { ports, ca, http, tls, hosts, caNetwork } = options;
  return {
    ports,
    resolver,
    addresses: new AddressBook(resolver, hosts ?? {}, signal),
    ca: ca ?? { caaIdentities: undefined },
    http: { port: http?.port ?? 80, httpsPort: http?.httpsPort ?? 443, probe: http?.probe },
    tls: { port: tls?.port ?? 443 },
    caIsPublic: caNetwork !== 'private',
    // Two exchanges one after the other still fit.
    exchangeMs: Math.min(5_000, Math.round(timeoutMs / 2.5)),
    signal,
  };
}

async function lookAtName(
  options: PreflightOptions,
  context: PreflightContext,
  asked: PreflightName,
): Promise<readonly Finding[]> {
  const methods = asked.methods ?? options.methods ?? [];
  const target = targetOf(asked, methods);
  const { identifier, wildcard } = target;
  const problems = await problemsOf(options, context, target, methods);
  return bySeverity(settle(causes(problems), target.methods)).map((problem) => ({ identifier, wildcard, ...problem }));
}

async function problemsOf(
  options: PreflightOptions,
  context: PreflightContext,
  target: Target,
  configured: readonly ChallengeType[],
): Promise<readonly Problem[]> {
  const { name, identifier, methods } = target;
  if (identifier.type === 'dns' && isSpecialUse(name) && options.specialUse !== 'check') {
    const cause = `${name} is a name that only private networks know, so nothing was looked at.`;
    return [{ check: 'name', severity: 'note', cause, cure: 'Order it from a private CA; public ones refuse it.' }];
  }
  if (methods.length === 0) return [noMethod(target, configured)];
  const checks = checksFor(target);
  const outcomes = await Promise.allSettled(checks.map((check) => check(context, target)));
  const finished = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
  // One that was cut short says as much as several.
  return [...finished, ...outcomes.flatMap((outcome) => unfinished(outcome, context.signal)).slice(0, 1)];
}

function targetOf({ identifier, wildcard }: PreflightName, methods: readonly ChallengeType[]): Target {
  const isWild = wildcard || isWildcard(identifier);
  const name = identifier.value.replace(/^\*\./, '').replace(/\.$/, '').toLowerCase();
  const fitting = methods.filter((method) =>
    identifier.type === 'ip' ? !isDnsType(method) : !isWild || isDnsType(method),
  );
  return { identifier, name, wildcard: isWild, methods: fitting };
}

function checksFor({ identifier, methods }: Target): readonly Check[] {
  const visits = methods.flatMap((method) => checksByMethod[method] ?? []);
  const addresses = methods.some((method) => !isDnsType(method)) ? [checkAddress] : [];
  if (identifier.type === 'ip') return [...addresses, ...visits];
  const names = methods.some(isDnsType) ? [checkChallengeName] : [];
  return [checkCaa, checkDelegation, ...addresses, ...visits, ...names];
}

/** Wildcards are proved by DNS alone (RFC 8555 §8.3), addresses never (RFC 8738 §7). */
function noMethod({ identifier, name }: Target, methods: readonly ChallengeType[]): Problem {
  const given = methods.length === 0 ? 'no challenge is configured' : `only ${listed(methods)} is configured`;
  if (identifier.type === 'ip') {
    const cause = `The address ${name} can be proved by http-01 and tls-alpn-01 alone, and ${given}.`;
    return { check: 'method', severity: 'certain', cause, cure: 'Configure http-01 or tls-alpn-01 for it.' };
  }
  const cause = `The wildcard *.${name} can be proved by DNS alone, and ${given}.`;
  if (methods.length > 0) {
    return { check: 'method', severity: 'certain', cause, cure: 'Configure a DNS provider and dns-01 for it.' };
  }
  return { check: 'method', severity: 'certain', cause: `For ${name} ${given}.`, cure: 'Configure a challenge.' };
}

/** Where the name servers of the zone are broken, every failed lookup is a consequence of that. */
function causes(problems: readonly Problem[]): readonly Problem[] {
  const broken = problems.some(({ check, severity }) => check === 'delegation' && severity === 'certain');
  return broken
    ? problems.filter(
        ({ check, severity }) => check === 'delegation' || severity === 'certain' || !dnsChecks.has(check),
      )
    : problems;
}

/** What hinders one challenge type only is certain where every other one is hindered, too. */
function settle(problems: readonly Problem[], methods: readonly ChallengeType[]): readonly Problem[] {
  const certain = problems.filter(({ severity }) => severity === 'certain');
  const hopeless = methods.every((type) => certain.some(({ method }) => method === undefined || method === type));
  return problems.map((problem) =>
    problem.severity === 'certain' && problem.method !== undefined && !hopeless
      ? { ...problem, severity: 'likely' as const }
      : problem,
  );
}

/** @throws what is no failure of a lookup: a defect */
function unfinished(outcome: PromiseSettledResult<unknown>, signal: AbortSignal): readonly Problem[] {
  if (outcome.status === 'fulfilled') return [];
  if (!signal.aborted && !(outcome.reason instanceof EversealError)) throw outcome.reason;
  const cause = `Not all could be looked at: ${printable(messageOf(outcome.reason), 200)}.`;
  return [{ check: 'time', severity: 'note', cause, cure: 'Allow more time, or look again later.' }];
}

/** Nobody answers questions about names: that says nothing about them. */
function offline(servers: readonly SocketAddress[], findings: readonly Finding[]): readonly Finding[] {
  const who = servers.length === 0 ? 'none is known' : `asked ${listed(servers.map(shownServer))}`;
  return [
    {
      wildcard: false,
      check: 'resolver',
      severity: 'note',
      cause: `No resolver answers (${who}), so nothing about the names could be looked up.`,
      cure: 'Check the network connection, or name a resolver that this machine reaches.',
    },
    ...findings.filter(({ check }) => !dnsChecks.has(check)),
  ];
}
