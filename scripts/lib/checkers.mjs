// The four checkers, each run in any copy of the tree.
import { join } from 'node:path';
import { captureAside } from './run.mjs';

function tool(path) {
  return (folder, args) =>
    captureAside(process.execPath, [join(folder, 'node_modules', path), ...args], { cwd: folder });
}

const tsc = tool('typescript/bin/tsc');
const biome = tool('@biomejs/biome/bin/biome');
const depcruise = tool('dependency-cruiser/bin/dependency-cruise.mjs');
const knip = tool('knip/bin/knip.js');

export function checkTypes(folder, project = 'tsconfig.json') {
  return tsc(folder, ['-p', project, '--noEmit', '--pretty', 'false']);
}

export function checkStyle(folder) {
  return biome(folder, [
    'ci',
    '--colors=off',
    '--diagnostic-level=warn',
    '--error-on-warnings',
    '--max-diagnostics=200',
    '.',
  ]);
}

/** Lint findings as `{ file, rule }`. */
export async function lintFindings(folder) {
  const { output } = await biome(folder, ['lint', '--max-diagnostics=none', '--reporter=github', '.']);
  return [...output.matchAll(/^::error title=([^,]+),file=([^,]+),/gm)].map(([, rule, file]) => ({ file, rule }));
}

/** What dependency-cruiser sees: modules, and violations as `{ rule, from, to }`. */
export async function importGraph(folder, roots) {
  const { stdout, output } = await depcruise(folder, [
    ...roots,
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'json',
  ]);
  try {
    const { modules, summary } = JSON.parse(stdout);
    const violations = summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to }));
    return { modules: modules.map((module) => module.source), violations };
  } catch {
    return { modules: [], violations: [], output };
  }
}

export function checkDeadCode(folder) {
  return knip(folder, ['--no-progress']);
}
