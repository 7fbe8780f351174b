#!/usr/bin/env node
// Runs `npm test` on other Node versions, which npm installs aside: `node scripts/node-matrix.mjs 24 26`.
import { existsSync, mkdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { withLock } from './lib/lock.mjs';
import { captureNpm, run } from './lib/run.mjs';
import { fromRoot } from './lib/tree.mjs';

const versions = process.argv.slice(2).length > 0 ? process.argv.slice(2) : ['24', '26'];

/** The program of that Node version, installed in a folder of its own: among the project's it would shadow the caller's. */
async function nodeBinary(version) {
  const folder = fromRoot('.cache', `node-${version}`);
  const binary = join(folder, 'node_modules', 'node', 'bin', 'node');
  await withLock(fromRoot('.cache', `node-${version}.lock`), () => {
    if (existsSync(binary)) return;
    mkdirSync(folder, { recursive: true });
    console.log(`node-matrix: installing Node ${version}`);
    const { code, output } = captureNpm([
      'install',
      '--prefix',
      folder,
      '--no-save',
      '--loglevel=error',
      `node@${version}`,
    ]);
    if (code !== 0 || !existsSync(binary)) throw new Error(`Node ${version} cannot be installed:\n${output}`);
  });
  return binary;
}

let failed = 0;
for (const version of versions) {
  try {
    const binary = await nodeBinary(version);
    console.log(`\nnpm test on Node ${version}`);
    const env = { ...process.env, PATH: `${dirname(binary)}${delimiter}${process.env.PATH}` };
    if ((await run('npm', ['test'], { env })) !== 0) failed += 1;
  } catch (error) {
    failed += 1;
    console.error(`${error.message}\n\n0 passed, 1 failed`);
  }
}
process.exitCode = failed > 0 ? 1 : 0;
