// Runs a TypeScript program of the tree: Node 20 does not read it, so it is bundled first.
import { rmSync } from 'node:fs';
import { basename } from 'node:path';
import { build } from 'esbuild';
import { run } from './run.mjs';
import { fromRoot, root } from './tree.mjs';

/** Packages stay outside the bundle, so that everybody loads the same files. @returns the exit code */
export async function runTypeScript(entry, args, env = {}) {
  const folder = fromRoot('.cache', `run-${process.pid}`);
  const outfile = `${folder}/${basename(entry, '.ts')}.mjs`;
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    sourcemap: 'inline',
    logLevel: 'error',
  });
  try {
    return await run(process.execPath, ['--enable-source-maps', outfile, ...args], { env: { ...process.env, ...env } });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
