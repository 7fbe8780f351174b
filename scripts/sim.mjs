#!/usr/bin/env node
// Runs the simulated world for a while: every crash point, then random seeds. `npm run sim -- --minutes 10`.
import { fromRoot } from './lib/tree.mjs';
import { runTypeScript } from './lib/typescript.mjs';

process.exitCode = await runTypeScript(fromRoot('sim', 'run.ts'), process.argv.slice(2));
