import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { stat } from 'node:fs/promises';
import {
  type Clock,
  EversealError,
  hasCode,
  messageOf,
  printable,
  type Spawn,
  type SpawnOptions,
  type SpawnResult,
  withDeadline,
} from '../core/index.ts';
import { LineSplitter } from './lines.ts';
import { systemCode } from './system-error.ts';

const windows = process.platform === 'win32';

/** A daemon that the program started may hold its output open for ever: it is not waited for. */
const outputGraceMs = 500;

/** Runs programs in a process group of their own, so that a kill reaches everything they started. */
export function nodeSpawn(clock: Clock): Spawn {
  return async (options) => {
    options.signal?.throwIfAborted();
    const child = await start(options);
    const ended = endOf(child, clock);
    const { timeoutMs: ms, signal } = options;
    try {
      const what = printable(options.argv[0]);
      return await withDeadline({ clock, ms, what, signal }, (within) => untilAborted(ended, within));
    } catch (error) {
      await killGroup(child);
      await ended;
      signal?.throwIfAborted();
      if (hasCode(error, 'timeout')) return { exitCode: undefined, timedOut: true };
      throw error;
    }
  };
}

async function start(options: SpawnOptions): Promise<ChildProcessWithoutNullStreams> {
  const { spawn } = await import('node:child_process');
  const [program, ...argv] = options.argv;
  const child = spawn(program, argv, {
    env: options.env,
    stdio: 'pipe',
    detached: !windows,
    windowsHide: true,
    ...(options.cwd !== undefined && { cwd: options.cwd }),
  });
  connectOutput(child, options);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  }).catch(async (error: unknown) => {
    throw await startFailure(error, options);
  });
  child.on('error', () => undefined); // a kill that came too late
  child.stdin.on('error', () => undefined); // a program may leave its input unread
  child.stdin.end(options.input ?? '');
  return child;
}

function connectOutput(child: ChildProcessWithoutNullStreams, options: SpawnOptions): void {
  for (const from of ['stdout', 'stderr'] as const) {
    const splitter = new LineSplitter((line) => options.onLine?.(line, from));
    child[from].on('data', (chunk: Buffer) => splitter.push(chunk));
    child[from].once('close', () => splitter.end());
    child[from].on('error', () => undefined);
  }
}

function endOf(child: ChildProcessWithoutNullStreams, clock: Clock): Promise<SpawnResult> {
  return new Promise((resolve) => {
    const closed = new AbortController();
    child.once('exit', () => {
      const dropOutput = (): void => {
        child.stdout.destroy();
        child.stderr.destroy();
      };
      clock.sleep(outputGraceMs, closed.signal).then(dropOutput, () => undefined);
    });
    child.once('close', (exitCode) => {
      closed.abort();
      resolve({ exitCode: exitCode ?? undefined, timedOut: false });
    });
  });
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

async function killGroup(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.pid === undefined) return;
  if (windows) {
    const { execFile } = await import('node:child_process');
    const argv = ['/pid', String(child.pid), '/t', '/f'];
    await new Promise<void>((resolve) => execFile('taskkill', argv, () => resolve()));
    return;
  }
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended in between.
  }
}

async function startFailure(error: unknown, { argv, cwd }: SpawnOptions): Promise<EversealError> {
  const program = printable(argv[0]);
  const code = systemCode(error);
  if (code === 'ENOENT' && cwd !== undefined && !(await isFolder(cwd))) {
    return new EversealError('file-not-found', `Cannot run ${program}: there is no folder ${printable(cwd)}`, {
      cause: error,
    });
  }
  if (code === 'ENOENT') {
    const next = 'Check the spelling, give the whole path, or install the program.';
    return new EversealError('program-not-found', `Cannot run ${program}: no such program`, { cause: error, next });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    const next = 'Make the file executable, or run as a user who may run it.';
    return new EversealError('permission', `Cannot run ${program}: permission denied`, { cause: error, next });
  }
  return new EversealError('program-failed', `Cannot run ${program}: ${printable(messageOf(error))}`, { cause: error });
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
