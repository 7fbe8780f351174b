import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../interop/harness/process.ts';

export interface Cost {
  readonly wallMs: number;
  /** User and system time of the program and all it started. */
  readonly cpuMs: number;
  /** Peak of the largest of its processes. */
  readonly rssMb: number;
}

/** Node tells no resource usage of children; Python's `wait4` does, and costs the child nothing. */
const observer = `
import json, resource, subprocess, sys, time
t = time.monotonic()
code = subprocess.call(sys.argv[2:], stdin=subprocess.DEVNULL)
wall = time.monotonic() - t
u = resource.getrusage(resource.RUSAGE_CHILDREN)
json.dump({"wallMs": wall * 1000, "cpuMs": (u.ru_utime + u.ru_stime) * 1000, "rssMb": u.ru_maxrss / 1024}, open(sys.argv[1], "w"))
sys.exit(code)
`;

/** Runs a program to its end. @throws with its output when it fails */
export async function measure(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Cost> {
  const folder = mkdtempSync(join(tmpdir(), 'everseal-bench-'));
  const file = join(folder, 'cost.json');
  try {
    const result = await run('python3', ['-c', observer, file, program, ...args], { env, timeoutMs: 900_000 });
    if (result.code !== 0) throw new Error(`${program} ended with ${result.code}:\n${result.stdout}${result.stderr}`);
    const cost: Cost = JSON.parse(readFileSync(file, 'utf8'));
    return cost;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
