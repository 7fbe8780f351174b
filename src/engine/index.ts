/**
 * From what is wanted to certificates in a store: plan, issue, renew, report.
 *
 * @module
 */
export { deactivateAccount, ensureAccount, recoverAccount, updateAccount, withAccount } from './accounts.ts';
export { certificateFacts } from './certificate-facts.ts';
export { acmeClients, type ClientOptions, ClientPool, type EngineContext } from './context.ts';
export type { Failures } from './failures.ts';
export { normaliseIdentifier, normaliseIdentifiers } from './identifiers.ts';
export { rollOverAccountKey } from './key-rollover.ts';
export { type Decision, type IssueReason, type PlanFacts, plan } from './plan.ts';
export type { Preflight, PreflightTarget } from './preflight.ts';
export { renewalDate } from './renewal-time.ts';
export { type CertificateReport, isSuccess, type Report, reportToJson } from './report.ts';
export { type CertificateRequest, type Question, type Resolution, resolve, specsOf } from './resolve.ts';
export { type RevokeOptions, revoke } from './revoke.ts';
export { type RunContext, run } from './run.ts';
export type * from './spec.ts';
export { presentStanding } from './standing-answers.ts';
export type * from './stores.ts';
