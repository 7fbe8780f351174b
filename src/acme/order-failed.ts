import { EversealError, type Identifier, printable } from '../core/index.ts';
import type { Authorization } from './authorization.ts';
import { type AcmeProblem, problemText } from './problem.ts';

const longestMessage = 600;

/** What stopped one name of an order. */
export interface OrderFailure {
  readonly identifier: Identifier;
  /** The challenge type that failed, when one did. */
  readonly challenge: string | undefined;
  readonly problem: AcmeProblem;
}

/**
 * An order that ended without a certificate (RFC 8555 §7.1.6). `code` is `order-failed`. Each name that failed is in
 * `failures`; the others may be ordered again without it.
 *
 * @example
 * ```ts
 * import { OrderFailedError } from 'everseal/acme';
 * const problem = { type: 'urn:ietf:params:acme:error:dns', detail: 'no such name', status: 400, subproblems: [] };
 * const failures = [{ identifier: { type: 'dns' as const, value: 'a.example' }, challenge: 'http-01', problem }];
 * console.log(new OrderFailedError('https://ca.example/order/1', failures, undefined).message);
 * ```
 */
export class OrderFailedError extends EversealError {
  readonly url: string;
  readonly failures: readonly OrderFailure[];
  /** The order's own error. */
  readonly problem: AcmeProblem | undefined;

  constructor(url: string, failures: readonly OrderFailure[], problem: AcmeProblem | undefined) {
    super('order-failed', printable(`The order failed: ${describe(failures, problem)}`, longestMessage), {
      next: 'Mend what is named and order again: a failed order cannot be continued.',
    });
    this.url = url;
    this.failures = failures;
    this.problem = problem;
  }
}

/** What went wrong, name by name: from the authorizations, then from the order's subproblems. */
export function failuresOf(
  authorizations: readonly Authorization[],
  problem: AcmeProblem | undefined,
): readonly OrderFailure[] {
  const seen = authorizations.flatMap(failureOf);
  const named = new Set(seen.map(({ identifier }) => identifier.value));
  const others = (problem?.subproblems ?? []).flatMap(({ identifier, type, detail }) =>
    identifier === undefined || named.has(identifier.value)
      ? []
      : { identifier, challenge: undefined, problem: { type, detail, status: 0, subproblems: [] } },
  );
  return [...seen, ...others];
}

/** Whether this authorization can no longer become valid. */
export function hasFailed(authorization: Authorization): boolean {
  return failureOf(authorization).length > 0;
}

function failureOf(authorization: Authorization): readonly OrderFailure[] {
  const { failure, orderedIdentifier: identifier, status } = authorization;
  if (status === 'valid' || (status === 'pending' && failure === undefined)) return [];
  if (failure !== undefined) return [{ identifier, challenge: failure.challenge.type, problem: failure.problem }];
  const detail = `the authorization is ${status}`;
  return [{ identifier, challenge: undefined, problem: { type: 'about:blank', detail, status: 0, subproblems: [] } }];
}

function describe(failures: readonly OrderFailure[], problem: AcmeProblem | undefined): string {
  if (failures.length === 0) return problem === undefined ? 'the CA does not say why' : problemText(problem);
  const named = failures.slice(0, 5).map((failure) => {
    const method = failure.challenge === undefined ? '' : ` (${failure.challenge})`;
    return `${failure.identifier.value}${method}: ${problemText(failure.problem)}`;
  });
  return failures.length > named.length
    ? `${named.join('; ')}; and ${failures.length - named.length} more`
    : named.join('; ');
}
