import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeClock } from './clock.ts';
import { nodeSpawn } from './spawn.ts';

const clock = nodeClock();
const spawn = nodeSpawn(clock);

/** A program that starts another one, which shares its output and stays. */
const parent = (end: string): string => `
  const { spawn } = require('node:child_process');
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'inherit' });
  child.unref();
  console.log(child.pid);
  ${end}
`;

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function gone(pid: number): Promise<boolean> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    if (!isRunning(pid) || / Z /.test(state)) return true;
    await clock.sleep(10);
  }
  return false;
}

describe('nodeSpawn', () => {
  let folder = '';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'everseal-'));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('kills what the program started as well', async () => {
    let pid = 0;
    const stop = new AbortController();
    const running = spawn({
      argv: [process.execPath, '-e', parent('setInterval(() => {}, 1e6)')],
      env: {},
      timeoutMs: 30_000,
      signal: stop.signal,
      onLine: (line) => {
        pid = Number(line);
        stop.abort(new TypeError('stopped by the test'));
      },
    });
    await expect(running).rejects.toThrow('stopped by the test');
    expect(await gone(pid)).toBe(true);
  });

  it('does not wait for a daemon that holds the output open, and leaves it alone', async () => {
    let pid = 0;
    const result = await spawn({
      argv: [process.execPath, '-e', parent('')],
      env: {},
      timeoutMs: 30_000,
      onLine: (line) => {
        pid = Number(line);
      },
    });
    expect(result).toEqual({ exitCode: 0, timedOut: false });
    expect(isRunning(pid)).toBe(true);
    process.kill(pid, 'SIGKILL');
  });

  it('does not mind a program that leaves its input unread', async () => {
    const input = 'x'.repeat(5_000_000);
    const result = await spawn({ argv: [process.execPath, '-e', '0'], env: {}, input, timeoutMs: 30_000 });
    expect(result.exitCode).toBe(0);
  });

  it('has no exit code for a program that a signal ended', async () => {
    const argv = [process.execPath, '-e', 'process.kill(process.pid, "SIGTERM")'] as const;
    expect(await spawn({ argv, env: {}, timeoutMs: 30_000 })).toEqual({ exitCode: undefined, timedOut: false });
  });

  it('tells a missing folder, a missing program and one that may not run apart', async () => {
    const plain = join(folder, 'plain');
    await writeFile(plain, '#!/bin/sh\n', { mode: 0o644 });
    const codeOf = (argv: readonly [string], cwd?: string): Promise<unknown> =>
      spawn({ argv, env: {}, timeoutMs: 5_000, ...(cwd !== undefined && { cwd }) }).catch(
        (error: unknown) => error instanceof Error && 'code' in error && error.code,
      );
    expect(await codeOf([process.execPath], join(folder, 'missing'))).toBe('file-not-found');
    expect(await codeOf([join(folder, 'missing')], folder)).toBe('program-not-found');
    expect(await codeOf([plain])).toBe('permission');
  });
});
