import { BatchError, EversealError } from '../../core/index.ts';
import { concerns, type Finding, shownName } from './finding.ts';
import type { PreflightName } from './preflight.ts';

/**
 * The failure of the names that the CA is sure to refuse, to be thrown instead of asking it: `preflight-failed`, with one
 * failure a name, counted as in `names`. undefined when there is none.
 *
 * @example
 * ```ts
 * import { preflightRefusal } from 'everseal/challenges';
 * const a = { identifier: { type: 'dns', value: 'a.example' }, wildcard: false } as const;
 * const finding = { ...a, check: 'caa', severity: 'certain', cause: 'CAA forbids it.', cure: 'Remove it.' } as const;
 * console.log(preflightRefusal([finding], [a])?.message); // The CA would refuse a.example: CAA forbids it
 * ```
 */
export function preflightRefusal(
  findings: readonly Finding[],
  names: readonly PreflightName[],
): BatchError | undefined {
  const failures = names.flatMap((name, index) => {
    const finding = findings.find((candidate) => candidate.severity === 'certain' && concerns(candidate, name));
    if (finding === undefined) return [];
    const message = `The CA would refuse ${shownName(name)}: ${finding.cause.replace(/\.$/, '')}`;
    return [{ index, error: new EversealError('preflight-failed', message, { next: finding.cure }) }];
  });
  return failures.length === 0 ? undefined : new BatchError(failures);
}
