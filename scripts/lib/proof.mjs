// A copy of the tree with planted faults: every checker must turn red on its own.
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { checkDeadCode, checkTypes, importGraph, lintFindings } from './checkers.mjs';
import { forbiddenImports, forbiddenLines, importTargets, innocentInNode, innocentLines } from './planted-faults.mjs';
import { fromRoot } from './tree.mjs';

const copied = [
  'src',
  'sim',
  'lint',
  'biome.json',
  '.dependency-cruiser.cjs',
  'knip.json',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
];

/** Findings of other rules prove nothing. */
const rules = [
  'plugin',
  'noRestrictedGlobals',
  'noRestrictedImports',
  'useNodejsImportProtocol',
  'noExplicitAny',
  'noNonNullAssertion',
  'noSkippedTests',
];

/** @returns `[what, problem | undefined]` for each thing that was planted */
export async function proveCheckers() {
  const folder = mkdtempSync(join(tmpdir(), 'everseal-check-'));
  try {
    for (const name of copied) {
      if (existsSync(fromRoot(name))) cpSync(fromRoot(name), join(folder, name), { recursive: true });
    }
    symlinkSync(fromRoot('node_modules'), join(folder, 'node_modules'), 'junction');
    return [
      ...(await proveLint(folder)),
      ...(await proveImports(folder)),
      ...(await proveTypes(folder)),
      ...(await proveDeadCode(folder)),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function plant(folder, path, content) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}

async function proveLint(folder) {
  const numbered = (prefix, lines) => lines.map((line, index) => [`${prefix}-${index}.ts`, line]);
  const guilty = numbered('src/core/planted', forbiddenLines);
  const innocent = [...numbered('src/core/innocent', innocentLines), ...numbered('src/node/innocent', innocentInNode)];
  const skipped = ['src/core/planted.test.ts', "import { it } from 'vitest';\n\nit.skip('x', () => undefined);\n"];
  const inSim = ['sim/planted-clock.ts', 'export const planted = Date.now();\n'];
  const all = [...guilty, ...innocent, skipped, inSim];
  for (const [path, content] of all) plant(folder, path, content);
  const findings = (await lintFindings(folder)).filter(({ rule }) => rules.includes(rule.split('/').at(-1)));
  const found = new Set(findings.map(({ file }) => file.replaceAll('\\', '/')));
  for (const [path] of all) rmSync(join(folder, path));
  const isFound = (path) => [...found].some((file) => file.endsWith(path));
  return [
    ...[...guilty, skipped, inSim].map(([path, line]) => [
      `lint sees ${line.trim().split('\n').at(-1)}`,
      isFound(path) ? undefined : 'not seen',
    ]),
    ...innocent.map(([path, line]) => [
      `lint lets ${line.trim().split('\n').at(-1)} be (${path.split('/')[1]})`,
      isFound(path) ? 'was an error' : undefined,
    ]),
  ];
}

async function proveImports(folder) {
  const planted = [...forbiddenImports, ...importTargets];
  for (const [path, content] of planted) plant(folder, path, content);
  const { violations, output } = await importGraph(folder, ['src']);
  for (const [path] of planted) rmSync(join(folder, path));
  return forbiddenImports.map(([path, , rule]) => [
    `the import table sees ${path} (${rule})`,
    violations.some((seen) => seen.rule === rule && seen.from === path) ? undefined : (output ?? 'not seen'),
  ]);
}

async function proveTypes(folder) {
  plant(folder, 'planted/wrong.ts', "export const planted: number = 'text';\n");
  plant(folder, 'planted/tsconfig.json', '{ "extends": "../tsconfig.json", "include": ["."], "exclude": [] }\n');
  const { code, output } = await checkTypes(folder, 'planted/tsconfig.json');
  rmSync(join(folder, 'planted'), { recursive: true });
  return [['tsc sees a wrong type', code !== 0 && output.includes('planted/wrong.ts') ? undefined : output]];
}

async function proveDeadCode(folder) {
  plant(folder, 'src/core/planted-unused.ts', 'export const planted = 1;\n');
  const { code, output } = await checkDeadCode(folder);
  return [['knip sees an unused file', code !== 0 && output.includes('planted-unused.ts') ? undefined : output]];
}
