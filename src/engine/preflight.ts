/** Looking before ordering: what is sure to fail costs no failed validation at the CA (its limits on those are narrow). */
import type { Account } from '../acme/index.ts';
import type { ChallengeType } from '../challenges/solver.ts';
import { BatchError, hasCode, type Identifier } from '../core/index.ts';
import type { EngineContext } from './context.ts';
import type { FailedChallenges } from './failed-challenges.ts';
import { failuresIn } from './failed-challenges.ts';
import type { CertificateSpec, IssuerSpec } from './spec.ts';

/** What an order would be about. */
export interface PreflightTarget {
  readonly certificate: string;
  /** Each identifier as it would be ordered, with the challenge types that could prove it, in the order they are tried. */
  readonly identifiers: readonly { readonly identifier: Identifier; readonly methods: readonly ChallengeType[] }[];
  /** URL of the CA's directory. */
  readonly directory: string;
  /** Names that the CA accepts in CAA records; empty when it does not say. */
  readonly caaIdentities: readonly string[];
  readonly accountUrl: string;
}

/**
 * Looks at the world as the CA will. Warnings are its own affair; it fails only for what the CA is sure to refuse.
 *
 * @throws BatchError `preflight-failed` saying which identifiers
 */
export type Preflight = (target: PreflightTarget, signal: AbortSignal) => Promise<void>;

interface PreflightOptions {
  readonly context: EngineContext;
  readonly spec: CertificateSpec;
  readonly issuer: IssuerSpec;
  readonly failed: FailedChallenges;
}

/** Identifiers that cannot be proved are noted in `failed` before the failure is thrown. */
export async function runPreflight(options: PreflightOptions, account: Account, signal: AbortSignal): Promise<void> {
  const { context, spec, issuer, failed } = options;
  if (context.preflight === undefined) return;
  const { meta } = await (await context.clients.for(issuer)).fetchDirectory(signal);
  const identifiers = spec.identifiers.map((identifier) => ({
    identifier,
    methods: failed.methodsFor(spec.solvers, identifier),
  }));
  const { caaIdentities } = meta;
  const target = {
    certificate: spec.name,
    identifiers,
    directory: issuer.directory,
    caaIdentities,
    accountUrl: account.url,
  };
  try {
    await context.preflight(target, signal);
  } catch (error) {
    if (!hasCode(error, 'preflight-failed') || !(error instanceof BatchError)) throw error;
    for (const { item, reason } of failuresIn(spec.identifiers, error)) failed.refuse(item, reason);
    throw error;
  }
}
