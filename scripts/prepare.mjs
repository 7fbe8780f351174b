#!/usr/bin/env node
// Makes the tree ready to run: the locked dependencies installed, the sources built. Does nothing, quickly, when both
// are there already; two of it at once wait for each other.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { withLock } from './lib/lock.mjs';
import { capture, captureNpm } from './lib/run.mjs';
import { cache, filesUnder, fromRoot, hashFiles, readIfExists, readJson, root } from './lib/tree.mjs';

const modules = fromRoot('node_modules');
const installStamp = fromRoot('node_modules', '.everseal-lock-hash');
const dist = fromRoot('dist');
const buildStamp = fromRoot('dist', '.source-hash');

export async function prepare() {
  if (isInstalled() && isBuilt()) return;
  await withLock(fromRoot('.cache', 'prepare.lock'), () => {
    if (!isInstalled()) install();
    if (!isBuilt()) build();
  });
}

function isInstalled() {
  const stamp = readIfExists(installStamp);
  return stamp !== undefined && stamp === lockHash();
}

function lockHash() {
  return hashFiles([fromRoot('package-lock.json')]);
}

function install() {
  if (holdsTheLock()) {
    writeFileSync(installStamp, lockHash());
    return;
  }
  console.log('prepare: installing the locked dependencies (npm ci)');
  const { code, output } = captureNpm(['ci', '--no-fund', '--no-audit', '--loglevel=error']);
  if (code !== 0) fail('npm ci failed. Is the npm registry reachable?', output);
  writeFileSync(installStamp, lockHash());
}

// Installed by hand: npm keeps its own account of what it laid down. Packages for other systems are rightly missing.
function holdsTheLock() {
  const hidden = fromRoot('node_modules', '.package-lock.json');
  if (!existsSync(modules) || !existsSync(hidden)) return false;
  const wanted = Object.entries(readJson(fromRoot('package-lock.json')).packages).filter(([path]) => path !== '');
  const present = readJson(hidden).packages;
  const laidDown = wanted.every(([path, entry]) => present[path]?.version === entry.version || entry.optional === true);
  return laidDown && Object.keys(present).length > 0;
}

function isBuilt() {
  const stamp = readIfExists(buildStamp);
  return stamp !== undefined && stamp === sourceHash();
}

function sourceHash() {
  const sources = filesUnder(fromRoot('src')).filter((path) => !/\.(test|conformance|testing)\.ts$|\.md$/.test(path));
  const recipe = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/build.mjs'];
  return hashFiles([...recipe.map((path) => fromRoot(path)), ...sources]);
}

// Built aside and swapped in, so that a reader never meets half a build.
function build() {
  const hash = sourceHash();
  console.log('prepare: building dist');
  mkdirSync(cache, { recursive: true });
  const fresh = fromRoot('.cache', `dist-${process.pid}`);
  const old = fromRoot('.cache', `dist-old-${process.pid}`);
  const { code, output } = capture(process.execPath, [fromRoot('scripts', 'build.mjs'), '--out', fresh]);
  if (code !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    fail('The build failed.', output);
  }
  writeFileSync(`${fresh}/.source-hash`, hash);
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(fresh, dist);
  rmSync(old, { recursive: true, force: true });
}

function fail(message, output) {
  console.error(`${output.trimEnd()}\n\nprepare: ${message} (in ${root})`);
  process.exit(1);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await prepare();
