// Child processes of the scripts.
import { spawn, spawnSync } from 'node:child_process';
import { root } from './tree.mjs';

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const viaShell = process.platform === 'win32';

/** Runs a program with our output; its exit code (128 + n for a signal). */
export function run(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: 'inherit', ...options });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? (signal ? 128 : 1)));
  });
}

/** Runs a program to its end: exit code and everything it printed. */
export function capture(program, args, options = {}) {
  const result = spawnSync(program, args, { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20, ...options });
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error ? `${result.error.message}\n` : ''}`;
  return { code: result.status ?? 1, output, stdout: result.stdout ?? '' };
}

export function captureNpm(args, options = {}) {
  return capture(npm, args, { shell: viaShell, ...options });
}

/** A dependency's program, run by this Node (never through `.bin`, which Windows cannot start). */
export function nodeProgram(packagePath, args) {
  return [process.execPath, [`${root}/node_modules/${packagePath}`, ...args]];
}

/** As `capture`, beside others. */
export function captureAside(program, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let stdout = '';
    let output = '';
    child.stdout.on('data', (data) => {
      stdout += data;
      output += data;
    });
    child.stderr.on('data', (data) => {
      output += data;
    });
    child.on('error', (error) => resolve({ code: 1, output: `${error.message}\n`, stdout }));
    child.on('close', (code) => resolve({ code: code ?? 1, output, stdout }));
  });
}
