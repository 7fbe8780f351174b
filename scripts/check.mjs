#!/usr/bin/env node
// Types, style, forbidden globals, the import table, dead code; then the proof that each of these can turn red.
import { checkDeadCode, checkStyle, checkTypes, importGraph } from './lib/checkers.mjs';
import { proveCheckers } from './lib/proof.mjs';
import { close } from './lib/summary.mjs';
import { filesUnder, fromRoot, root } from './lib/tree.mjs';

/** Fewer modules than this means that dependency-cruiser has gone blind, as it does under a TypeScript it cannot read. */
const fewestModules = 150;

const counts = { passed: 0, failed: 0 };

function report(name, problem) {
  counts[problem === undefined ? 'passed' : 'failed'] += 1;
  console.log(problem === undefined ? `ok      ${name}` : `FAILED  ${name}\n${indent(problem)}`);
}

function indent(text) {
  return text.trimEnd().replaceAll(/^/gm, '        ');
}

function complaint({ code, output }) {
  return code === 0 ? undefined : output;
}

function importComplaint({ modules, violations, output }) {
  const lines = violations.map(({ rule, from, to }) => `${rule}: ${from} -> ${to}`);
  return lines.length === 0 && modules.length > 0 ? undefined : [...lines, output ?? ''].join('\n');
}

function blindness(modules) {
  const seen = new Set(modules);
  const unseen = filesUnder(fromRoot('src'))
    .map((path) => path.slice(root.length + 1).replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts') && !seen.has(path));
  if (unseen.length > 0) return `not seen: ${unseen.join(', ')}`;
  return modules.length >= fewestModules ? undefined : `only ${modules.length} modules seen, not ${fewestModules}`;
}

const [types, style, graph, deadCode] = await Promise.all([
  checkTypes(root),
  checkStyle(root),
  importGraph(root, ['src']),
  checkDeadCode(root),
]);
report('tsc: types', complaint(types));
report('biome: style, lint, forbidden globals', complaint(style));
report('dependency-cruiser: the import table', importComplaint(graph));
report(`dependency-cruiser: saw every module (${graph.modules.length})`, blindness(graph.modules));
report('knip: no dead code', complaint(deadCode));
for (const [what, problem] of await proveCheckers()) report(what, problem);
close(counts);
