/** What is wanted, as plain data that was normalised once: the engine's input. */
import type { Identifier, KeyAlgorithm, Secret, Signer, TlsClientOptions } from '../core/index.ts';
import type { Solver } from '../challenges/solver.ts';

export interface CertificateSpec {
  /** The key of its record in the store: unique among all specs of a Run. */
  readonly name: string;
  /** Several specs for the same names (ECDSA and RSA) share a group; shown in reports. */
  readonly group?: string;
  /** At least one, normalised, without duplicates; the first is the main name. */
  readonly identifiers: readonly Identifier[];
  readonly key: KeySpec;
  /** Tried in order until one issues. At least one. */
  readonly issuers: readonly IssuerSpec[];
  /** For each identifier the first that fits is used. */
  readonly solvers: readonly Solver[];
  /** Issue for those names that can be proved, when some cannot. Default: all or nothing. */
  readonly partial?: boolean;
  readonly renewal: RenewalPolicy;
  readonly order?: OrderOptions;
  /** One total deadline for issuing, in milliseconds, handed down to everything below. */
  readonly deadlineMs: number;
}

export type KeySpec =
  /** A new key each time, or with `reuse` the stored one where its algorithm still fits. */
  | { readonly kind: 'generate'; readonly algorithm: KeyAlgorithm; readonly reuse: boolean }
  /** A key of the user's. `pkcs8` undefined: it lives in a device, and only the certificate is stored. */
  | { readonly kind: 'given'; readonly key: Signer & { readonly pkcs8: Secret | undefined } }
  /** A signing request of the user's (DER): only the certificate is stored. */
  | { readonly kind: 'csr'; readonly der: Uint8Array };

export interface OrderOptions {
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** RFC 7633: the TLS feature extension in the CSR. */
  readonly mustStaple?: boolean;
  /** Put the first DNS name of at most 64 octets into the subject as well. */
  readonly commonName?: boolean;
}

export interface IssuerSpec {
  /** Directory URL. */
  readonly directory: string;
  readonly account: AccountSpec;
  /** A profile the CA advertises (draft-ietf-acme-profiles). */
  readonly profile?: string;
  /** Common name of the issuer of the top certificate of the wanted chain. */
  readonly preferredChain?: string;
  readonly tls?: TlsClientOptions;
  /** Speak to the CA over this IP family only. */
  readonly family?: 4 | 6;
}

export interface AccountSpec {
  /** The key of its record in the store, unique within one directory. */
  readonly id: string;
  readonly email?: string;
  readonly keyAlgorithm: KeyAlgorithm;
  readonly externalAccount?: ExternalAccount;
  /** Whether the user agrees to the terms; with `ask` it is called with their URL when the CA has any. */
  readonly terms: 'agreed' | { readonly ask: (url: string) => Promise<boolean> };
}

/** RFC 8555 §7.3.4. */
export interface ExternalAccount {
  readonly kid: string;
  /** base64url, padded or not, also plain base64. */
  readonly macKey: Secret;
}

export interface RenewalPolicy {
  /** Renew this long before expiry; undefined: by the ratio of the real lifetime. */
  readonly beforeExpiryMs?: number;
  /** Lifetimes up to this many milliseconds renew at half their life, longer ones with a third left. */
  readonly shortLifetimeMs: number;
  /** Ask the CA when to renew (RFC 9773). */
  readonly ari: boolean;
  /** Wait at most this long for an ARI point in the near future, instead of leaving it to the next run. */
  readonly ariWaitMs: number;
}
