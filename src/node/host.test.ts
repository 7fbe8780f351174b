import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { nodeClock } from './clock.ts';
import { nodeHost, parseProcessStat } from './host.ts';

describe('parseProcessStat', () => {
  const tail = `S 1 ${Array.from({ length: 30 }, (_, index) => index).join(' ')}`;

  it.each(['node', 'tmux: server', 'a) S 7 (b', ''])('finds the start time behind the name %j', (name) => {
    // Field 22 of proc_pid_stat(5): the state is field 3, so eighteen fields lie between.
    expect(parseProcessStat(`42 (${name}) ${tail}\n`)).toEqual({ startTime: '17', ended: false });
  });

  it('knows a process that only waits to be asked for its exit code', () => {
    expect(parseProcessStat(`42 (sh) ${tail.replace('S', 'Z')}`)?.ended).toBe(true);
  });

  it('gives nothing for what it cannot read', () => {
    expect(parseProcessStat('')).toBeUndefined();
    expect(parseProcessStat('42 (sh) S 1 2')).toBeUndefined();
  });
});

describe('nodeHost', () => {
  it('sees another process while it lives, and not any more when it is dead', async () => {
    const host = nodeHost(nodeClock());
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume(); console.log(1)'], { stdio: 'pipe' });
    await once(child.stdout, 'data');
    const own = await host.identity();
    const started = { ...own, pid: child.pid ?? 0 };
    expect(await host.isAlive(started)).toBe(started.startTime === '' ? 'alive' : 'dead'); // our start time, not its own
    child.stdin.end();
    await once(child, 'close');
    expect(await host.isAlive(started)).toBe('dead');
  });

  it('says what it runs on', () => {
    expect(nodeHost(nodeClock())).toMatchObject({ platform: process.platform, architecture: process.arch });
  });
});
