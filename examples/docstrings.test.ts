import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve as absolute } from 'node:path';
import { transform } from 'esbuild';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Example {
  /** `src/core/secret.ts:12`. */
  readonly place: string;
  readonly code: string;
}

const skipped = /\.(test|conformance|testing|d)\.ts$/;

function sources(): readonly string[] {
  const entries = readdirSync('src', { recursive: true, encoding: 'utf8' });
  return entries.filter((name) => name.endsWith('.ts') && !skipped.test(name)).map((name) => join('src', name));
}

/** The ```ts blocks that follow `@example` in the file's doc comments, without the comment's stars. */
function examplesIn(path: string): readonly Example[] {
  const text = readFileSync(path, 'utf8');
  const comments = text.matchAll(/\/\*\*[\s\S]*?\*\//g);
  return [...comments].flatMap((comment) => {
    const after = comment[0].split('@example').slice(1);
    const blocks = after.flatMap((part) => /```ts\n([\s\S]*?)```/.exec(part)?.[1] ?? []);
    const line = text.slice(0, comment.index).split('\n').length;
    return blocks.map((block) => ({
      place: `${path.replaceAll('\\', '/')}:${line}`,
      code: block.replaceAll(/^\s*\* ?/gm, ''),
    }));
  });
}

/**
 * Runs each example as a module of its own, in a process shared by a batch: what they hold open or exit with would be
 * seen by the rest, so each has its own time limit and the process its own verdict a line.
 */
const runner = `
import { pathToFileURL } from 'node:url';
for (const file of process.argv.slice(2)) {
  let verdict = 'ok';
  const limit = new Promise((_, reject) => setTimeout(() => reject(new Error('did not end in 20 s')), 20_000).unref());
  try {
    await Promise.race([import(pathToFileURL(file).href), limit]);
  } catch (error) {
    verdict = error?.stack ?? String(error);
  }
  process.stderr.write('\\n@@' + JSON.stringify({ file, verdict }) + '\\n');
}
`;

function runAll(
  folder: string,
  files: readonly string[],
): Promise<{ readonly verdicts: ReadonlyMap<string, string>; readonly output: string; readonly ended: boolean }> {
  const child = spawn(process.execPath, [join(folder, 'runner.mjs'), ...files], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr.on('data', (data: Buffer) => {
    output += data.toString();
  });
  const killer = setTimeout(() => child.kill('SIGKILL'), 60_000);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(killer);
      const lines = output.split('\n').filter((line) => line.startsWith('@@'));
      const verdicts = lines.map((line): { file: string; verdict: string } => JSON.parse(line.slice(2)));
      resolve({ verdicts: new Map(verdicts.map(({ file, verdict }) => [file, verdict])), output, ended: code === 0 });
    });
  });
}

/** The entry points of `package.json` as sources: `./core` is built from `src/core/index.ts`. */
function entryPoints(): readonly string[] {
  const { exports }: { exports: Record<string, string | { default: string }> } = JSON.parse(
    readFileSync('package.json', 'utf8'),
  );
  return Object.values(exports).flatMap((target) =>
    typeof target === 'string' ? [] : target.default.replace('./dist/lib/', 'src/').replace(/\.js$/, '.ts'),
  );
}

interface Exported {
  /** `src/core/index.ts: hasCode`. */
  readonly place: string;
  readonly hasExample: boolean;
}

/** The functions and classes that a module exports, its own and those of other modules. */
function callablesOf(program: ts.Program, path: string): readonly Exported[] {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(path);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${path} is not a module`);
  const real = (symbol: ts.Symbol): ts.Symbol =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  return checker
    .getExportsOfModule(module)
    .map(real)
    .filter(({ flags }) => flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Class))
    .map((symbol) => ({
      place: `${path}: ${symbol.name}`,
      hasExample: symbol.getJsDocTags(checker).some(({ name, text }) => name === 'example' && isBlock(text)),
    }));
}

function isBlock(text: readonly ts.SymbolDisplayPart[] | undefined): boolean {
  return ts.displayPartsToString([...(text ?? [])]).includes('```ts\n');
}

const examples = sources().flatMap(examplesIn);
// Inside the tree, so that `everseal/…` is found as this package itself.
const folder = absolute('.cache', `examples-${process.pid}`);
const fileOf = (index: number) => join(folder, `example-${index}.mjs`);
let result: Awaited<ReturnType<typeof runAll>>;

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'runner.mjs'), runner);
  for (const [index, { code }] of examples.entries()) {
    const { code: javascript } = await transform(code, { loader: 'ts', format: 'esm', target: 'node20' });
    writeFileSync(fileOf(index), javascript);
  }
  result = await runAll(
    folder,
    examples.map((_, index) => fileOf(index)),
  );
}, 90_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the examples of the docstrings', () => {
  it('are there', () => expect(examples.length).toBeGreaterThan(20));

  it('are there for each function and class of each entry point', () => {
    const paths = entryPoints();
    const { options } = ts.parseJsonConfigFileContent(
      ts.readConfigFile('tsconfig.json', ts.sys.readFile).config,
      ts.sys,
      '.',
    );
    const program = ts.createProgram(paths, options);
    const exported = paths.map((path) => callablesOf(program, path));
    expect(exported.filter((callables) => callables.length === 0)).toEqual([]);
    const missing = exported.flat().filter(({ hasExample }) => !hasExample);
    expect(missing.map(({ place }) => place)).toEqual([]);
  });

  it.each(examples.map((example, index) => [example.place, index] as const))('%s runs', (_place, index) => {
    expect(result.verdicts.get(fileOf(index)) ?? `never ran:\n${result.output.slice(-2000)}`).toBe('ok');
  });

  it('let go of everything in the end', () => expect(result.ended, result.output.slice(-2000)).toBe(true));
});
