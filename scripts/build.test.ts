import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const packageJson: { version: string; exports: Record<string, string | { types: string; default: string }> } =
  JSON.parse(readFileSync('package.json', 'utf8'));
const entry = readFileSync('dist/bin/everseal.js', 'utf8');

describe('the program', () => {
  it('says the version of package.json', () => {
    const said = execFileSync(process.execPath, ['dist/bin/everseal.js', '--version'], { encoding: 'utf8' });
    expect(said).toMatch(new RegExp(`^everseal ${packageJson.version.replaceAll('.', '\\.')} `));
  });

  it('answers --version before anything is loaded: its entry is small and imports nothing by itself', () => {
    expect(entry.length).toBeLessThan(4096);
    expect(entry.replaceAll(/import\("/g, '')).not.toMatch(/\bimport\b|\bfrom"/);
  });

  it('can be run by its name', () => {
    expect(entry.startsWith('#!/usr/bin/env node\n')).toBe(true);
    if (process.platform !== 'win32') expect(statSync('dist/bin/everseal.js').mode & 0o111).toBe(0o111);
  });

  it('has each command in a chunk of its own', () => {
    const chunks = readdirSync('dist/bin/chunks').join('\n');
    const commands = readdirSync('src/cli/commands').filter((name) => /^[a-z-]+\.ts$/.test(name));
    for (const command of commands)
      expect(chunks).toMatch(new RegExp(`^${command.replace('.ts', '')}-[A-Z0-9]+\\.js$`, 'm'));
  });

  it('carries the notices of what is bundled', () => {
    expect(readFileSync('dist/bin/LICENSES.txt', 'utf8')).toMatch(/^undici \d/m);
  });
});

describe('the library', () => {
  it.each(Object.entries(packageJson.exports))('has the files of %s', (_name, target) => {
    const files = typeof target === 'string' ? [target] : [target.types, target.default];
    for (const file of files) expect(statSync(file).isFile()).toBe(true);
  });

  it('holds no tests', () => {
    const names = readdirSync('dist/lib', { recursive: true, encoding: 'utf8' });
    expect(names.filter((name) => /\.(test|conformance|testing)\./.test(name))).toEqual([]);
  });
});
