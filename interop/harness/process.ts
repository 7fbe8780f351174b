import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly timeoutMs?: number;
}

/** The environment of children: ours without the variables that would change what they trust or do. */
export function cleanEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(LEGO_|PEBBLE_|NODE_EXTRA_CA_CERTS$|VITEST|NODE_OPTIONS$)/.test(name),
  );
  return { ...Object.fromEntries(kept), ...extra };
}

/** Runs a program to its end, without a terminal. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: cleanEnvironment(options.env),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? 90_000,
    });
    const output = collect(child);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, ...output(), ms: performance.now() - started }));
  });
}

function collect(child: ChildProcess): () => { readonly stdout: string; readonly stderr: string } {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (data: Buffer) => {
    stdout += data.toString();
  });
  child.stderr?.on('data', (data: Buffer) => {
    stderr += data.toString();
  });
  return () => ({ stdout, stderr });
}

export interface Server {
  readonly pid: number;
  /** Everything printed so far. */
  output(): string;
  /** Whether it still runs. */
  running(): boolean;
  /** Its exit code, once it has ended; -1 when a signal ended it. */
  readonly ended: Promise<number>;
  signal(name: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): void;
  stop(): Promise<void>;
}

/** Starts a program that stays. */
export function startServer(program: string, args: readonly string[], options: RunOptions = {}): Server {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: cleanEnvironment(options.env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collect(child);
  const ended = new Promise<number>((resolve) => {
    child.once('close', (code) => resolve(code ?? -1));
    child.once('error', () => resolve(-1));
  });
  const running = () => child.exitCode === null && child.signalCode === null;
  return {
    pid: child.pid ?? -1,
    output: () => Object.values(output()).join(''),
    running,
    ended,
    signal: (name) => {
      child.kill(name);
    },
    async stop() {
      if (running()) child.kill('SIGTERM');
      const hard = new AbortController();
      sleep(5_000, undefined, { signal: hard.signal }).then(
        () => child.kill('SIGKILL'),
        () => undefined,
      );
      await ended;
      hard.abort();
    },
  };
}

/** Asks until there is an answer; fails with the server's output when it dies, or after 20 s. */
export async function waitFor<T>(server: Server, ask: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + 20_000;
  let last: unknown;
  while (performance.now() < end) {
    if (!server.running()) throw new Error(`The server ended early:\n${server.output()}`);
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      last = error;
    }
    await sleep(25);
  }
  throw new Error(`The server did not answer in time:\n${server.output()}`, { cause: last });
}
