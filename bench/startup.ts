/** How long the program takes to say its version, beside a Node that does nothing. */
import { spawnSync } from 'node:child_process';
import { cleanEnvironment } from '../interop/harness/process.ts';
import { program } from '../interop/harness/root.ts';
import { median, printTable } from './table.ts';

const rounds = 21;
const commands: Readonly<Record<string, readonly string[]>> = {
  'node -e 0': ['-e', '0'],
  'everseal --version': [program, '--version'],
  'everseal --help': [program, '--help'],
  'everseal run --help': [program, 'run', '--help'],
};
/** Milliseconds above `node -e 0`. */
const goals: Readonly<Record<string, number>> = { 'everseal --version': 10, 'everseal --help': 25 };

function time(args: readonly string[]): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, {
    env: cleanEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return performance.now() - started;
}

// In turns, so that a busy moment of the machine meets all of them.
const times = new Map(Object.keys(commands).map((name) => [name, [] as number[]]));
for (const args of Object.values(commands)) time(args);
for (let round = 0; round < rounds; round += 1) {
  for (const [name, args] of Object.entries(commands)) times.get(name)?.push(time(args));
}

const bare = median(times.get('node -e 0') ?? []);
printTable(
  `Start-up on Node ${process.versions.node}, median of ${rounds} (ms)`,
  ['command', 'median', 'least', 'above node', 'goal'],
  [...times].map(([name, values]) => [
    name,
    median(values).toFixed(1),
    Math.min(...values).toFixed(1),
    name === 'node -e 0' ? '–' : (median(values) - bare).toFixed(1),
    goals[name] === undefined ? '–' : `≤ ${goals[name]}`,
  ]),
);
