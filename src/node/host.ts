import { readFile, readlink } from 'node:fs/promises';
import { hostname, uptime } from 'node:os';
import type { Clock, Host, ProcessIdentity } from '../core/index.ts';

/** What is read of one process. */
interface ProcessFacts {
  readonly startTime: string;
  /** It ended, and only its parent has not asked for its exit code yet. */
  readonly ended: boolean;
}

/** This machine and the processes on it. */
export function nodeHost(clock: Clock): Host {
  let own: Promise<ProcessIdentity> | undefined;
  const identity = (): Promise<ProcessIdentity> => {
    own ??= readIdentity(clock);
    return own;
  };
  return {
    platform: process.platform,
    architecture: process.arch,
    identity,
    async isAlive(other) {
      const here = await identity();
      if (other.bootId !== here.bootId || other.pidNamespace !== here.pidNamespace) return 'unknown';
      const facts = await readProcess(other.pid);
      return facts !== undefined && !facts.ended && facts.startTime === other.startTime ? 'alive' : 'dead';
    },
  };
}

async function readIdentity(clock: Clock): Promise<ProcessIdentity> {
  const [bootId, pidNamespace, facts] = await Promise.all([
    readBootId(clock),
    readPidNamespace(),
    readProcess(process.pid),
  ]);
  return { bootId, pidNamespace, pid: process.pid, startTime: facts?.startTime ?? '' };
}

async function readBootId(clock: Clock): Promise<string> {
  if (process.platform === 'linux') {
    const id = await readText('/proc/sys/kernel/random/boot_id');
    if (id !== undefined) return id.trim();
  }
  if (process.platform === 'darwin') {
    const seconds = /sec = (\d+)/.exec((await outputOf('sysctl', ['-n', 'kern.boottime'])) ?? '')?.[1];
    if (seconds !== undefined) return `boot-${seconds}`;
  }
  // To the minute: both clocks drift. Where it flips, a lease is waited for instead of taken over.
  return `boot-${Math.round((clock.now().getTime() / 1000 - uptime()) / 60)}`;
}

/** Where there are no PID namespaces, or none can be seen, the host name stands in: containers have one each. */
async function readPidNamespace(): Promise<string> {
  if (process.platform !== 'linux') return `host:${hostname()}`;
  return readlink('/proc/self/ns/pid').catch(() => `host:${hostname()}`);
}

async function readProcess(pid: number): Promise<ProcessFacts | undefined> {
  if (process.platform === 'linux') {
    const stat = await readText(`/proc/${pid}/stat`);
    return stat === undefined ? undefined : parseProcessStat(stat);
  }
  if (!existsByTable(pid)) return undefined;
  if (process.platform === 'win32') return { startTime: '', ended: false };
  const started = (await outputOf('ps', ['-o', 'lstart=', '-p', String(pid)]))?.trim();
  return started ? { startTime: started, ended: false } : undefined;
}

/**
 * Reads `/proc/<pid>/stat` (proc_pid_stat(5)): field 3 is the state, field 22 the start time in ticks since boot. The
 * name in field 2 may hold spaces and parentheses, so counting begins behind the last one.
 */
export function parseProcessStat(stat: string): ProcessFacts | undefined {
  const fields = stat
    .slice(stat.lastIndexOf(')') + 1)
    .trim()
    .split(/\s+/);
  const [state, startTime] = [fields[0], fields[22 - 3]];
  if (state === undefined || startTime === undefined) return undefined;
  return { startTime, ended: state === 'Z' || state === 'X' };
}

function existsByTable(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

async function outputOf(program: string, argv: readonly string[]): Promise<string | undefined> {
  const { execFile } = await import('node:child_process');
  return new Promise((resolve) => {
    execFile(program, argv, { timeout: 5_000 }, (error, stdout) => resolve(error === null ? stdout : undefined));
  });
}
