/** Issuing as a loop of orders: the next challenge type after one that failed, the next CA after one that cannot. */
import { EversealError, hasCode, messageOf } from '../core/index.ts';
import type { EngineContext } from './context.ts';
import { attemptOrder } from './order-attempt.ts';
import { replacedAt } from './plan.ts';
import { FailedChallenges } from './solving.ts';
import type { CertificateSpec, IssuerSpec } from './spec.ts';
import type { Fence, StoredCertificate } from './stores.ts';

export interface IssueOptions {
  readonly context: EngineContext;
  readonly spec: CertificateSpec;
  /** What the decision was based on. */
  readonly stored: StoredCertificate | undefined;
  /** The lease of the certificate. */
  readonly fence: Fence;
}

/**
 * Obtains a certificate from the first issuer that gives one, and stores it.
 *
 * @throws EversealError the issuer's own error when there is one issuer; `order-failed` listing all otherwise
 */
export async function issue(options: IssueOptions, signal: AbortSignal): Promise<StoredCertificate> {
  const failures: { readonly issuer: IssuerSpec; readonly error: unknown }[] = [];
  for (const issuer of options.spec.issuers) {
    try {
      return await issueFrom(options, issuer, signal);
    } catch (error) {
      if (signal.aborted || !isTheIssuers(error)) throw error;
      failures.push({ issuer, error });
    }
  }
  const [only, ...others] = failures;
  if (only !== undefined && others.length === 0) throw only.error;
  throw new EversealError(
    'order-failed',
    failures.map(({ issuer, error }) => `${issuer.directory}: ${messageOf(error)}`).join('; '),
    {
      next: 'Each configured CA was tried. Mend the first one’s cause or wait.',
      cause: only?.error,
    },
  );
}

/** Failures that another CA may not have. A full disk or a lost lock is not one of them. */
function isTheIssuers(error: unknown): boolean {
  return !hasCode(
    error,
    'usage',
    'aborted',
    'stale-lease',
    'conflict',
    'port-in-use',
    'address-not-available',
    'permission',
    'disk-full',
    'read-only-disk',
    'io',
    'corrupt',
    'newer-format',
  );
}

async function issueFrom(options: IssueOptions, issuer: IssuerSpec, signal: AbortSignal): Promise<StoredCertificate> {
  const { stored } = options;
  const failed = new FailedChallenges();
  const replaces = stored && replacedAt(issuer, stored);
  // Each round ends one (identifier, challenge type) for good, so there are no more rounds than solvers.
  for (let round = 1; ; round += 1) {
    try {
      return await attemptOrder({ ...options, issuer, replaces, failed }, signal);
    } catch (error) {
      if (!hasCode(error, 'order-failed') || round >= options.spec.solvers.length || signal.aborted) throw error;
    }
  }
}
