/** What the CA remembers. Records are changed in place, by the file that is named after them only. */
import type { KeyObject } from 'node:crypto';
import type { Identifier } from '../core/index.ts';
import type { ChallengeType } from './challenge-types.ts';
import type { Profile } from './profiles.ts';
import type { ProblemDocument, Subproblem } from './problem.ts';

export interface AccountRecord {
  readonly id: string;
  key: KeyObject;
  thumbprint: string;
  /** Of the keys that it had before, oldest first. */
  readonly formerThumbprints: string[];
  status: 'valid' | 'deactivated';
  contacts: readonly string[];
  /** URL of the terms that were agreed to last. */
  agreedTerms: string | undefined;
  /** The binding as the client sent it (RFC 8555 §7.3.4). */
  readonly externalAccountBinding: unknown;
  /** Secret part of the page where a human agrees to changed terms. */
  readonly termsToken: string;
  readonly orders: OrderRecord[];
}

export interface OrderRecord {
  readonly id: string;
  readonly account: AccountRecord;
  status: 'pending' | 'ready' | 'processing' | 'valid' | 'invalid';
  readonly expires: Date;
  readonly identifiers: readonly Identifier[];
  readonly authorizations: readonly AuthorizationRecord[];
  readonly profileName: string;
  readonly profile: Profile;
  readonly notBefore: Date | undefined;
  readonly notAfter: Date | undefined;
  /** The certID of the predecessor (RFC 9773 §5). */
  readonly replaces: string | undefined;
  error: ProblemDocument | undefined;
  certificate: CertificateRecord | undefined;
}

export interface AuthorizationRecord {
  readonly id: string;
  readonly account: AccountRecord;
  /** Without `*.`. */
  readonly identifier: Identifier;
  /** It is for `*.` and the identifier. */
  readonly wildcard: boolean;
  readonly profile: Profile;
  status: 'pending' | 'valid' | 'invalid' | 'deactivated' | 'expired';
  expires: Date;
  readonly challenges: ChallengeRecord[];
}

export interface ChallengeRecord {
  readonly id: string;
  readonly type: ChallengeType;
  /** undefined for dns-persist-01. */
  readonly token: string | undefined;
  status: 'pending' | 'processing' | 'valid' | 'invalid';
  validated: Date | undefined;
  error: Subproblem | undefined;
}

export interface CertificateRecord {
  readonly id: string;
  readonly der: Uint8Array;
  /** The certificate alone, in PEM. */
  readonly pem: string;
  readonly publicKey: KeyObject;
  readonly account: AccountRecord;
  readonly identifiers: readonly Identifier[];
  /** Lower-case hexadecimal of the DER content octets. */
  readonly serial: string;
  /** RFC 9773 §4.1. */
  readonly certId: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  revocation: Revocation | undefined;
  /** The latest order that names it in `replaces`. */
  replacedBy: OrderRecord | undefined;
}

export interface Revocation {
  readonly revokedAt: Date;
  /** RFC 5280 §5.3.1. */
  readonly reason: number;
}
