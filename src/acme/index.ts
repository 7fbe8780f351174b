/**
 * A client for ACME (RFC 8555) and its extensions: renewal information (RFC 9773), IP identifiers (RFC 8738), profiles,
 * external account binding, key rollover. {@link AcmeClient} is where to start.
 *
 * @module
 */
export { Account } from './account.ts';
export type { AccountState } from './account-state.ts';
export { Authorization, type AuthorizationStatus } from './authorization.ts';
export type { CertificateOptions, IssuedChain } from './certificate-download.ts';
export { Challenge, type ChallengeStatus } from './challenge.ts';
export { AcmeClient, type AcmeClientOptions } from './client.ts';
export { checkContacts } from './contact.ts';
export type { Directory, DirectoryMeta } from './directory.ts';
export type { DirectoryCache } from './directory-source.ts';
export { type ExternalAccountCredentials, externalAccountBinding } from './external-account-binding.ts';
export { type Link, parseLinks } from './link-header.ts';
export type { NewOrderOptions } from './new-order.ts';
export { Order } from './order.ts';
export { type OrderFailure, OrderFailedError } from './order-failed.ts';
export type { OrderStatus } from './order-state.ts';
export { type AcmeProblem, type AcmeProblemType, type AcmeSubproblem, isProblem } from './problem.ts';
export { AcmeProblemError, type ProblemContext, RateLimitedError, UserActionRequiredError } from './problem-error.ts';
export type { CreateAccountOptions, FindAccountOptions } from './registration.ts';
export type { RenewalInfo } from './renewal-info.ts';
export { retryAfterMs } from './retry-after.ts';
export type { CertificateKeyRevocationOptions, RevocationOptions } from './revocation.ts';
