/** Issuing as a loop of orders: the next challenge type after one that failed, the next CA after one that cannot. */
import { AcmeProblemError } from '../acme/index.ts';
import { EversealError, hasCode, type Identifier, messageOf, printable } from '../core/index.ts';
import type { EngineContext } from './context.ts';
import { attemptOrder } from './order-attempt.ts';
import { replacedAt } from './plan.ts';
import { FailedChallenges } from './failed-challenges.ts';
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
    'program-not-found',
    'program-failed',
    'provider-failed',
    'dns-refused',
    'not-propagated',
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

/** A name that fails only after others were given up is given up in its turn; beyond this many rounds it is not worth it. */
const mostRounds = 20;

/**
 * Order after order at one CA. Each that fails must have ended some (identifier, challenge type) for good, or the next would
 * end the same way.
 */
async function issueFrom(options: IssueOptions, issuer: IssuerSpec, signal: AbortSignal): Promise<StoredCertificate> {
  const { context, spec, stored } = options;
  const failed = new FailedChallenges();
  const replaces = stored && replacedAt(issuer, stored);
  let identifiers = spec.identifiers;
  let omitted: StoredCertificate['omitted'] = [];
  for (let round = 1; ; round += 1) {
    const known = failed.size;
    const requested = spec.identifiers;
    const attempt = { ...options, spec: { ...spec, identifiers }, issuer, requested, omitted, replaces, failed };
    try {
      return await attemptOrder(attempt, signal);
    } catch (error) {
      noteRefusals(failed, error);
      if (signal.aborted || failed.size === known || round >= mostRounds) throw error;
      const hopeless = identifiers.filter((identifier) => failed.firstChoice(spec.solvers, identifier) === undefined);
      if (hopeless.length > 0 && !mayOmit(spec, identifiers, hopeless)) throw error;
      identifiers = identifiers.filter((identifier) => !hopeless.includes(identifier));
      omitted = [...omitted, ...hopeless.map((identifier) => ({ identifier, reason: failed.reasonFor(identifier) }))];
      if (hopeless.length > 0) tellOmitted(context, spec.name, hopeless, failed);
    }
  }
}

/** A signing request fixes its names. */
function mayOmit(spec: CertificateSpec, all: readonly Identifier[], hopeless: readonly Identifier[]): boolean {
  return spec.partial === true && spec.key.kind !== 'csr' && hopeless.length < all.length;
}

/** Names that the CA refused by a subproblem of their own (RFC 8555 §6.7.1): no challenge can help them. */
function noteRefusals(failed: FailedChallenges, error: unknown): void {
  if (!(error instanceof AcmeProblemError)) return;
  for (const { identifier, detail } of error.problem.subproblems) {
    if (identifier !== undefined) failed.refuse(identifier, printable(detail));
  }
}

function tellOmitted(
  context: EngineContext,
  certificate: string,
  identifiers: readonly Identifier[],
  failed: FailedChallenges,
): void {
  const reason = [...new Set(identifiers.map((identifier) => failed.reasonFor(identifier)))].join('; ');
  context.events({ type: 'names.omitted', certificate, identifiers, reason });
}
