import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Finished, type RunOptions, run, startServer, waitFor } from './process.ts';
import { program } from './root.ts';

/** Runs `everseal …` as shipped. */
export function everseal(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return run(process.execPath, [program, ...args], options);
}

export interface Target {
  readonly directory: string;
  readonly tlsRoot: string;
  readonly httpPort: number;
}

export interface Wish {
  readonly path: string;
  readonly domains: readonly string[];
  readonly email?: string;
  readonly more?: readonly string[];
}

/** The arguments of a run of everseal or lego: both speak lego v5's. */
export function runArguments(target: Target, wish: Wish): readonly string[] {
  return [
    'run',
    ...['--server', target.directory],
    ...['--email', wish.email ?? 'suite@example.com'],
    '--accept-tos',
    ...['--domains', wish.domains.join(',')],
    '--http',
    ...['--http.address', `127.0.0.1:${target.httpPort}`],
    ...['--path', wish.path],
    ...(wish.more ?? []),
  ];
}

export function obtain(target: Target, wish: Wish, options: RunOptions = {}): Promise<Finished> {
  return everseal(runArguments(target, wish), {
    ...options,
    env: { LEGO_CA_CERTIFICATES: target.tlsRoot, ...options.env },
  });
}

/** Files of one certificate in lego's layout. */
export function certificateFiles(
  path: string,
  name: string,
): { readonly crt: string; readonly key: string; readonly issuer: string; readonly json: string } {
  const base = join(path, 'certificates', name);
  return { crt: `${base}.crt`, key: `${base}.key`, issuer: `${base}.issuer.crt`, json: `${base}.json` };
}

export interface EmbeddedCa extends Target {
  stop(): Promise<void>;
}

export interface EmbeddedCaOptions {
  readonly tlsPort?: number;
  /** HOST:PORT. */
  readonly resolver?: string;
  readonly challenges?: readonly string[];
  readonly persist?: readonly string[];
}

/** `everseal ca start` as a process of its own. */
export async function startEmbeddedCa(
  folder: string,
  httpPort: number,
  { tlsPort, resolver, challenges = [], persist = [] }: EmbeddedCaOptions = {},
): Promise<EmbeddedCa> {
  const rootFile = join(folder, 'ca-root.pem');
  const args = [
    ...['ca', 'start', '--address', '127.0.0.1:0', '--http-port', String(httpPort), '--root-file', rootFile],
    ...(tlsPort === undefined ? [] : ['--tls-port', String(tlsPort)]),
    ...(resolver === undefined ? [] : ['--dns-resolver', resolver]),
    ...(challenges.length === 0 ? [] : ['--challenges', challenges.join(',')]),
    ...(persist.length === 0 ? [] : ['--persist', persist.join(',')]),
  ];
  const server = startServer(process.execPath, [program, ...args]);
  try {
    const directory = await waitFor(server, async () => {
      readFileSync(rootFile);
      return /https:\/\/[^\s"',]+/.exec(server.output())?.[0];
    });
    return { directory, tlsRoot: rootFile, httpPort, stop: () => server.stop() };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
