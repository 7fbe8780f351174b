/** `everseal doctor`: what would make a CA refuse the names. */
import { type Parsed, parseCommand, urfave } from '../../argv/index.ts';
import { isClear, preflight, preflightJson, preflightText } from '../../challenges/preflight/index.ts';
import type { PreflightName } from '../../challenges/preflight/index.ts';
import type { ChallengeType } from '../../challenges/solver.ts';
import { EversealError, isWildcard, type Ports, type SocketAddress } from '../../core/index.ts';
import { caTrust } from '../../faces/lego/ca-trust.ts';
import { parseListenAddress } from '../../faces/lego/listen-address.ts';
import { resolveServer } from '../../faces/lego/servers.ts';
import { networkOf } from '../ca-network.ts';
import { doctorCommand } from '../doctor-flags.ts';
import { openProbes } from '../doctor-probes.ts';
import { exitCodes, failureText } from '../failure.ts';
import type { CommandMain, Invocation } from '../invocation.ts';
import { identifiersOf } from '../name-words.ts';
import { openProgress } from '../progress.ts';
import { resolverOf } from '../solvers.ts';

type Flags = Parsed<(typeof doctorCommand)['flags']>;

/** For one question to one resolver: several fit into the whole time. */
const queryMs = 4_000;

export const doctorMain: CommandMain = async (invocation, words) => {
  const flags = parseCommand(doctorCommand, words, invocation.environment, urfave);
  const { values } = flags;
  if (values.dns) (await import('../../providers/index.ts')).findProvider(values.dns);
  const names = (await namesOf(flags.words)).map((name) => withMethods(flags, name));
  const directory = values.server === undefined ? undefined : resolveServer(values.server);
  const listen = listenAddresses(
    flags,
    names.flatMap(({ methods }) => methods),
  );
  const { log, warn } = await openProgress(invocation);
  const ports = await invocation.ports(log);
  const resolver = await resolverOf({ resolvers: values['dns.resolvers'], timeoutMs: queryMs }, ports);
  const ca = await askCa(invocation, ports, directory);
  const probes = await openProbes(ports, listen, warn);
  try {
    const options = {
      ports,
      resolver,
      names,
      ca: { caaIdentities: ca.caaIdentities, accountUrl: values['account-url'] || undefined },
      http: { port: values['http.port'], ...(probes.http === undefined ? {} : { probe: probes.http }) },
      tls: { port: values['tls.port'] },
      timeoutMs: values.timeout,
      specialUse: values['dns.resolvers'].length > 0 ? 'check' : 'skip',
      caNetwork: ca.network,
    } as const;
    const findings = await preflight(options, invocation.signal);
    const unicode = ports.terminal.stdoutIsTty && speaksUnicode(invocation);
    invocation.print(values.json ? preflightJson(findings, names) : preflightText(findings, names, { unicode }));
    return isClear(findings) && ca.answered ? exitCodes.ok : exitCodes.failure;
  } finally {
    await probes.close();
  }
};

async function namesOf(words: readonly string[]): Promise<readonly PreflightName[]> {
  const identifiers = await identifiersOf(words, 'doctor');
  return identifiers.map((identifier) => ({ identifier, wildcard: isWildcard(identifier) }));
}

/** Without a flag: how `run` would most likely prove the name. */
function withMethods(
  { values }: Flags,
  name: PreflightName,
): PreflightName & { readonly methods: readonly ChallengeType[] } {
  const selected: ChallengeType[] = [];
  if (values.tls) selected.push('tls-alpn-01');
  if (values.http) selected.push('http-01');
  if (values.dns) selected.push('dns-01');
  if (selected.length > 0) return { ...name, methods: selected };
  return { ...name, methods: name.wildcard ? ['dns-01'] : ['http-01'] };
}

function listenAddresses({ values }: Flags, methods: readonly ChallengeType[]) {
  const http = checkPort(values['http.port'], '--http.port');
  const tls = checkPort(values['tls.port'], '--tls.port');
  const httpAddress: SocketAddress = values['http.address']
    ? parseListenAddress(values['http.address'], '--http.address')
    : { host: '', port: http };
  return {
    http: methods.includes('http-01') ? httpAddress : undefined,
    tls: methods.includes('tls-alpn-01') ? { host: '', port: tls } : undefined,
  };
}

function checkPort(port: number, flag: string): number {
  if (port >= 1 && port <= 65_535) return port;
  throw new EversealError('usage', `Flag ${flag} cannot be ${port}`, { next: 'Give a port from 1 to 65535.' });
}

interface CaAnswer {
  readonly caaIdentities: readonly string[] | undefined;
  readonly network: 'public' | 'private';
  /** Nobody was asked, or the CA answered. */
  readonly answered: boolean;
}

/** By what names the CA goes. One that does not answer is a finding of its own: the names are looked at all the same. */
async function askCa(invocation: Invocation, ports: Ports, directory: string | undefined): Promise<CaAnswer> {
  if (directory === undefined) return { caaIdentities: undefined, network: 'public', answered: true };
  const { environment, workingFolder, signal } = invocation;
  const network = await networkOf(ports, directory);
  try {
    const tls = await caTrust(ports, environment, workingFolder);
    const { AcmeClient } = await import('../../acme/index.ts');
    const { meta } = await new AcmeClient({ ports, directory, tls }).fetchDirectory(signal);
    return { caaIdentities: meta.caaIdentities, network, answered: true };
  } catch (error) {
    if (signal.aborted) throw error;
    invocation.printError(failureText(error));
    return { caaIdentities: undefined, network, answered: false };
  }
}

/** By the variables of the locale (POSIX): the first that is set counts. */
function speaksUnicode({ environment }: Invocation): boolean {
  return /utf-?8/i.test(environment.LC_ALL || environment.LC_CTYPE || environment.LANG || '');
}
