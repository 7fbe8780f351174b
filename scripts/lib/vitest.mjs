// One vitest run, counted from its own JSON report.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { nodeProgram, run } from './run.mjs';
import { cache, readIfExists } from './tree.mjs';

/**
 * @returns passed and failed; what vitest reports besides failed tests (a file that does not load, an unhandled
 *   error, no test at all) counts as one failure
 */
export async function runVitest(args, env = {}) {
  mkdirSync(cache, { recursive: true });
  const report = join(cache, `vitest-${process.pid}.json`);
  const [program, argv] = nodeProgram('vitest/vitest.mjs', [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...args,
  ]);
  const code = await run(program, argv, { env: { ...process.env, ...env } });
  const text = readIfExists(report);
  rmSync(report, { force: true });
  return count(text === undefined ? undefined : JSON.parse(text), code);
}

function count(report, code) {
  if (report === undefined) return { passed: 0, failed: 1 };
  const unloaded = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  const failed = report.numFailedTests + unloaded.length;
  return { passed: report.numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed };
}
