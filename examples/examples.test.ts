import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

function runExample(file: string, temporary = tmpdir()): Promise<Ended> {
  const env = { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary };
  const child = spawn(process.execPath, [`examples/${file}`], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => {
      output += data.toString();
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

describe('the demo, away from a terminal', () => {
  it('ends by itself with a certificate obtained, served and verified, and leaves nothing behind', async () => {
    expect(existsSync('dist/bin/everseal.js')).toBe(true);
    const temporary = mkdtempSync(join(tmpdir(), 'everseal-demo-test-'));
    const { code, output } = await runExample('demo.mjs', temporary);
    const leftovers = readdirSync(temporary);
    rmSync(temporary, { recursive: true, force: true });
    expect(code, output).toBe(0);
    expect(output).toMatch(/200 over TLSv1\.3, chain verified/);
    expect(output).toContain('certificates/demo.localhost.crt');
    expect(output).toMatch(/Names\s+demo\.localhost/);
    expect(output).not.toContain('\u001b');
    expect(leftovers).toEqual([]);
  });
});

describe('the external signer', () => {
  it('registers and orders with a key that only a function can use', async () => {
    const { code, output } = await runExample('external-signer.mjs');
    expect(code, output).toBe(0);
    expect(output).toMatch(/account +https:.*\/account\//);
    expect(output).toMatch(/challenge +demo\.localhost http-01/);
  });
});
