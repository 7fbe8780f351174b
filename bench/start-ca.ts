/** How long a test waits for its CA: `startCa()` after import, beside Pebble from its start to its first answer. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startPebble } from '../interop/harness/pebble.ts';
import { run } from '../interop/harness/process.ts';
import { root } from '../interop/harness/root.ts';
import { median, printTable } from './table.ts';

const rounds = 11;
// Inside the tree, where `everseal` is this package.
const folder = join(root, '.cache', `bench-${process.pid}`);
const script = join(folder, 'start-ca.mjs');
const program = `
import { startCa } from 'everseal';
const started = performance.now();
const ca = await startCa();
console.log(performance.now() - started);
await ca.close();
`;

async function once(): Promise<number> {
  const { code, stdout, stderr } = await run(process.execPath, [script]);
  if (code !== 0) throw new Error(stderr);
  return Number(stdout);
}

async function oncePebble(): Promise<number> {
  const pebble = await startPebble('calm');
  await pebble.stop();
  return pebble.startMs;
}

async function times(measureOnce: () => Promise<number>): Promise<readonly number[]> {
  const values: number[] = [];
  for (let round = 0; round < rounds; round += 1) values.push(await measureOnce());
  return values;
}

mkdirSync(folder, { recursive: true });
try {
  writeFileSync(script, program);
  const rows = [
    ['startCa()', await times(once), '≤ 50'],
    ['Pebble', await times(oncePebble), '–'],
  ] as const;
  printTable(
    `A CA for a test, median of ${rounds} fresh processes (ms)`,
    ['', 'median', 'least', 'goal'],
    rows.map(([name, values, goal]) => [name, median(values).toFixed(1), Math.min(...values).toFixed(1), goal]),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
