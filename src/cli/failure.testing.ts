import { expect } from 'vitest';
import type { Outcome } from './simulated-cli.testing.ts';

/** One error with its cure below it at the end of standard error, nothing on standard output. */
export function expectFailure(
  outcome: Outcome,
  expected: { readonly code: number; readonly message: string | RegExp; readonly next: string | RegExp },
): void {
  const [cause, cure, ...more] = outcome.stderr.slice(outcome.stderr.indexOf('Error: ')).split('\n');
  expect(cause).toMatch(expected.message);
  expect(cure).toMatch(expected.next);
  expect(cure).toMatch(/^ {7}\S/);
  expect(more).toEqual(['']);
  expect(outcome.code).toBe(expected.code);
  expect(outcome.stdout).toBe('');
}
