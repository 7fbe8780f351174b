/** `everseal ca start`: a certificate authority for development and tests, until it is interrupted. */
import { absolutePath, parseCommand, urfave } from '../../argv/index.ts';
import { type ChallengeType, challengeTypes } from '../../ca/challenge-types.ts';
import { type PersistDraft, persistDrafts } from '../../ca/persist-draft.ts';
import { EversealError, type Ports, replaceFile, type SocketAddress, utf8 } from '../../core/index.ts';
import { parseResolverAddress } from '../../dns/resolver-addresses.ts';
import { type RunningCa, startCa } from '../../entry/start-ca.ts';
import { parseListenAddress } from '../../faces/lego/listen-address.ts';
import { caStartCommand } from '../ca-start-flags.ts';
import { exitCodes } from '../failure.ts';
import type { CommandMain } from '../invocation.ts';
import { openProgress } from '../progress.ts';

export const caStartMain: CommandMain = async (invocation, words) => {
  const { values } = parseCommand(caStartCommand, words, invocation.environment, urfave);
  const settings = {
    address: parseListenAddress(values.address, '--address'),
    httpPort: checkPort('--http-port', values['http-port']),
    tlsPort: checkPort('--tls-port', values['tls-port']),
    resolvers: values['dns-resolver'].map((text) => parseResolverAddress(text)),
    challenges: someOf('--challenges', challengeTypes, values.challenges),
    persist: someOf('--persist', persistDrafts, values.persist),
    caa: values.caa,
    externalAccounts: externalAccounts(values['eab-kid'], values['eab-hmac']),
  };
  const rootFile = absolutePath(values['root-file'] || 'everseal-ca.pem', invocation.workingFolder);
  const { log } = await openProgress(invocation);
  const ports = await invocation.ports({ ...log, info: () => undefined });
  const ca = await listen(ports, settings);
  try {
    await writeRoot(ports, rootFile, ca.root);
    const { httpPort, tlsPort } = settings;
    const ready: Ready = { directory: ca.directory, rootFile, httpPort, tlsPort };
    invocation.print(values.json ? `${JSON.stringify(ready)}\n` : readyText(ready));
    await interrupted(invocation.signal);
  } finally {
    await ca.close();
  }
  return exitCodes.ok;
};

interface Settings {
  readonly address: SocketAddress;
  readonly httpPort: number;
  readonly tlsPort: number;
  /** Empty: those of the system. */
  readonly resolvers: readonly SocketAddress[];
  /** Empty: the usual ones, as with the drafts. */
  readonly challenges: readonly ChallengeType[];
  readonly persist: readonly PersistDraft[];
  readonly caa: boolean;
  readonly externalAccounts: Readonly<Record<string, string>>;
}

interface Ready {
  readonly directory: string;
  readonly rootFile: string;
  readonly httpPort: number;
  readonly tlsPort: number;
}

async function listen(ports: Ports, settings: Settings): Promise<RunningCa> {
  const { address, httpPort, tlsPort, resolvers, challenges, persist, caa, externalAccounts } = settings;
  try {
    return await startCa({
      ports,
      host: urlHost(address.host),
      address: address.host,
      port: address.port,
      validation: { httpPort, httpsPort: tlsPort, tlsPort, caa, ...(resolvers.length > 0 && { resolvers }) },
      ...(challenges.length > 0 && { challenges }),
      ...(persist.length > 0 && { persist }),
      externalAccounts,
      externalAccountRequired: Object.keys(externalAccounts).length > 0,
    });
  } catch (error) {
    throw explained(error, 'The CA cannot listen', 'Choose another address with --address; port 0 takes a free one.');
  }
}

/** All addresses are no name: those of loopback are tried first by whoever runs a CA for tests. */
function urlHost(host: string): string {
  return host === '' || host === '0.0.0.0' || host === '::' ? 'localhost' : host;
}

async function writeRoot(ports: Ports, file: string, root: string): Promise<void> {
  try {
    await replaceFile(ports, file, utf8(root), 0o644);
  } catch (error) {
    throw explained(error, 'The root certificate cannot be written', 'Choose another place with --root-file.');
  }
}

function explained(error: unknown, what: string, next: string): unknown {
  if (!(error instanceof EversealError)) return error;
  return new EversealError(error.code, `${what}: ${error.message}`, { cause: error, next });
}

function readyText({ directory, rootFile, httpPort, tlsPort }: Ready): string {
  const trust = `LEGO_CA_CERTIFICATES=${rootFile}`;
  const flags = `run -a -m you@example.com -d demo.localhost --http --http.address :${httpPort} -s ${directory}`;
  return [
    'The CA is running until Ctrl-C. It forgets everything then.',
    '',
    `  directory    ${directory}`,
    `  root         ${rootFile}`,
    `  http-01      port ${httpPort}`,
    `  tls-alpn-01  port ${tlsPort}`,
    '',
    'Get a certificate from it:',
    '',
    `  ${trust} everseal ${flags}`,
    `  ${trust} lego ${flags}`,
    '',
  ].join('\n');
}

function checkPort(flag: string, port: number): number {
  if (port >= 1 && port <= 65_535) return port;
  throw new EversealError('usage', `Flag ${flag} cannot be ${port}`, { next: 'Give a port from 1 to 65535.' });
}

function someOf<T extends string>(flag: string, known: readonly T[], words: readonly string[]): readonly T[] {
  return words.map((word) => {
    const found = known.find((candidate) => candidate === word);
    if (found !== undefined) return found;
    throw new EversealError('usage', `Flag ${flag} does not know "${word}"`, {
      next: `Choose from ${known.join(', ')}.`,
    });
  });
}

function externalAccounts(kid: string | undefined, hmac: string | undefined): Readonly<Record<string, string>> {
  if (!kid && !hmac) return {};
  if (kid && hmac) return { [kid]: hmac };
  throw new EversealError('usage', 'Only one of --eab-kid and --eab-hmac was given', { next: 'Give both or none.' });
}

async function interrupted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
