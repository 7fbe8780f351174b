/** When a certificate should be renewed: by its own lifetime, and by what the CA suggests (RFC 9773). */
import type { Random } from '../core/index.ts';
import type { RenewalPolicy } from './spec.ts';

interface Lifetime {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/**
 * The date rule: a fixed time before expiry when the policy has one, else with a third of the real lifetime left, or a half
 * for short-lived certificates. Never inferred from configuration: CAs shorten lifetimes without asking.
 *
 * @example
 * ```ts
 * import { renewalDate } from 'everseal/engine';
 * const lifetime = { notBefore: new Date('2027-01-01'), notAfter: new Date('2027-04-01') };
 * console.log(renewalDate(lifetime, { shortLifetimeMs: 864_000_000, ari: true, ariWaitMs: 0 })); // 2027-03-02
 * ```
 */
export function renewalDate(lifetime: Lifetime, policy: RenewalPolicy): Date {
  const end = lifetime.notAfter.getTime();
  if (policy.beforeExpiryMs !== undefined) return new Date(end - policy.beforeExpiryMs);
  const length = end - lifetime.notBefore.getTime();
  return new Date(end - length / (length <= policy.shortLifetimeMs ? 2 : 3));
}

/** One moment of a suggested window, uniformly (RFC 9773 §4.2). */
export function pointInWindow(window: { readonly start: Date; readonly end: Date }, random: Random): Date {
  const start = window.start.getTime();
  return new Date(start + random.fraction() * (window.end.getTime() - start));
}
