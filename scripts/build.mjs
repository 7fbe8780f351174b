#!/usr/bin/env node
// dist/lib: the typed library, by tsc, file by file. dist/bin: the program, by esbuild, one chunk a command.
// Types are checked by `npm run check`, so that a test can run while they are still wrong.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { nodeProgram, run } from './lib/run.mjs';
import { fromRoot, readJson, root } from './lib/tree.mjs';

const { values } = parseArgs({ options: { out: { type: 'string', default: fromRoot('dist') } } });

// CommonJS dependencies ask for Node's own modules by `require`, which an ES module does not have.
const requireBanner =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);\n";

async function buildLibrary(out) {
  const [program, args] = nodeProgram('typescript/bin/tsc', [
    '-p',
    fromRoot('tsconfig.build.json'),
    '--noCheck',
    '--outDir',
    out,
  ]);
  const code = await run(program, args);
  if (code !== 0) process.exit(code);
}

/** The entry has a copy of the version: shared with the commands, it would be in a chunk to load before `--version`. */
const versionOfEntry = {
  name: 'version-of-entry',
  setup({ onResolve }) {
    onResolve({ filter: /\/core\/version\.ts$/ }, ({ importer, path, resolveDir }) =>
      basename(importer) === 'main.ts' ? { path: join(resolveDir, path), suffix: '?entry' } : undefined,
    );
  },
};

async function buildProgram(out) {
  const result = await build({
    absWorkingDir: root,
    entryPoints: { everseal: 'src/cli/main.ts' },
    outdir: out,
    entryNames: '[name]',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    mainFields: ['module', 'main'],
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    // Names stay: errors carry their class's, and they cost no measurable start-up time.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    plugins: [versionOfEntry],
    logLevel: 'warning',
    metafile: true,
    write: false,
  });
  const idle = idleChunks(result.metafile);
  for (const file of result.outputFiles) {
    mkdirSync(dirname(file.path), { recursive: true });
    writeFileSync(file.path, finished(file.text, idle), { mode: file.path.includes('chunks') ? 0o644 : 0o755 });
  }
  writeFileSync(join(out, 'LICENSES.txt'), bundledLicences(Object.keys(result.metafile.inputs)));
}

// esbuild's own helpers do nothing by themselves. The entry imports them all the same, and would pay for it (4 ms) before
// it can say its version.
function idleChunks(metafile) {
  const outputs = Object.entries(metafile.outputs);
  return outputs.filter(([, { inputs }]) => Object.keys(inputs).length === 0).map(([path]) => basename(path));
}

function finished(text, idle) {
  const lean = idle.reduce((rest, name) => rest.replace(`import"./chunks/${name}";`, ''), text);
  return lean.includes('typeof require') ? requireBanner + lean : lean;
}

// What is bundled keeps its notice.
function bundledLicences(inputs) {
  const packages = new Set(inputs.flatMap((path) => path.match(/^node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0] ?? []));
  return [...packages]
    .sort()
    .map(licenceOf)
    .join(`\n${'-'.repeat(80)}\n\n`);
}

function licenceOf(folder) {
  const { name, version, license } = readJson(fromRoot(folder, 'package.json'));
  const file = readdirSync(fromRoot(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? '' : readFileSync(fromRoot(folder, file), 'utf8');
  return `${name} ${version} (${license ?? 'see text'})\n\n${text.trim()}\n`;
}

rmSync(values.out, { recursive: true, force: true });
mkdirSync(values.out, { recursive: true });
await Promise.all([
  buildLibrary(join(values.out, 'lib')),
  existsSync(fromRoot('src/cli/main.ts')) ? buildProgram(join(values.out, 'bin')) : undefined,
]);
