/**
 * The store ports: where certificates, accounts, journal, locks and state live. `store/` has them on files; a layout on
 * disk (lego's tree) is a face's. Every implementation passes the suites in `*.conformance.ts` beside this file.
 *
 * Rules for all: a promise that resolved means that the change survives a power cut; a failed call changed nothing that a
 * reader can see; reads never see half of a write. Failure codes: those of the disk, `corrupt`, `newer-format`,
 * `conflict`, `stale-lease`.
 */
import type { Identifier, KeyAlgorithm, Secret } from '../core/index.ts';

export interface Stores {
  readonly certificates: CertificateStore;
  readonly accounts: AccountStore;
  readonly journal: Journal;
  readonly locks: Locks;
  readonly state: StateStore;
}

// ---------------------------------------------------------------- certificates

/** What can be known of a certificate without its key: cached by the store, so that a renewal with nothing due parses nothing. */
export interface CertificateFacts {
  readonly identifiers: readonly Identifier[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Serial number in lower-case hexadecimal, as many octets as its DER content has. */
  readonly serial: string;
  /** RFC 9773 §4.1; undefined when the certificate has no authority key identifier. */
  readonly certId: string | undefined;
  readonly keyAlgorithm: KeyAlgorithm | undefined;
  /** SHA-256 over the DER, lower-case hexadecimal. */
  readonly fingerprint: string;
  /** Issuer distinguished name, RFC 4514. */
  readonly issuer: string;
}

/** What was asked for when the certificate was made: change means request against request. */
export interface RequestRecord {
  readonly identifiers: readonly Identifier[];
  readonly profile: string | undefined;
  readonly directory: string;
  readonly account: string;
  readonly keyAlgorithm: KeyAlgorithm | undefined;
  readonly preferredChain: string | undefined;
}

export interface StoredCertificate {
  readonly name: string;
  /** Opaque; changes with every commit, and when a stranger changes the files. */
  readonly version: string;
  readonly facts: CertificateFacts;
  /** undefined when another program made the certificate. */
  readonly requested: RequestRecord | undefined;
  /** Names that were asked for and are not in it, with the reason. */
  readonly omitted: readonly { readonly identifier: Identifier; readonly reason: string }[];
  /** Whether a private key is stored beside it. */
  readonly hasKey: boolean;
}

export interface CertificateMaterial {
  /** PEM, leaf first, as the CA gave it: byte for byte. */
  readonly chain: string;
  /** PKCS#8 PEM. */
  readonly key: Secret | undefined;
}

export interface CertificateVersion extends CertificateMaterial {
  readonly facts: CertificateFacts;
  readonly requested: RequestRecord;
  readonly omitted: StoredCertificate['omitted'];
  /** URL it was downloaded from. */
  readonly url: string;
}

/**
 * Concurrency: `load`, `read`, `list` and `due` may run at any time, also while another process commits, and see the old
 * set or the new. `commit` needs the lease of the certificate.
 */
export interface CertificateStore {
  /** What is stored under the name. Throws `corrupt` when there is something that cannot be understood. */
  load(name: string): Promise<StoredCertificate | undefined>;
  /** Key and chain that belong together. */
  read(name: string): Promise<CertificateMaterial | undefined>;
  list(): Promise<readonly string[]>;
  /**
   * Makes `version` the current one. `expected` is the version that the decision was based on (undefined: none yet).
   *
   * @throws EversealError `conflict` when something else is current by now, `stale-lease` when the fence is no longer the newest
   */
  commit(
    name: string,
    version: CertificateVersion,
    expected: string | undefined,
    fence: Fence,
  ): Promise<StoredCertificate>;
  /** Finishes what a crash left of earlier commits of this name. Call it with the lease held, before `load`. */
  recover(name: string, fence: Fence): Promise<void>;
  /** Names whose certificate expires before the date, soonest first. */
  due(before: Date, limit: number): Promise<readonly string[]>;
}

// ---------------------------------------------------------------- accounts

export interface AccountKey {
  readonly directory: string;
  readonly id: string;
}

export interface AccountRegistration {
  /** The account URL: the `kid`, byte for byte as the server's Location header had it. */
  readonly url: string;
  readonly status: string;
  readonly contacts: readonly string[];
  readonly termsAgreed: boolean;
  /** Where the server lists its orders, when it does. */
  readonly orders: string | undefined;
}

export interface StoredAccount extends AccountKey {
  readonly email: string | undefined;
  readonly keyAlgorithm: KeyAlgorithm | undefined;
  /** PKCS#8 PEM. */
  readonly key: Secret;
  /** undefined: the key was made, but the server's answer never reached the disk. */
  readonly registration: AccountRegistration | undefined;
}

export interface AccountStore {
  load(account: AccountKey): Promise<StoredAccount | undefined>;
  list(): Promise<readonly AccountKey[]>;
  /**
   * Creates or replaces. A crash in between leaves the old account or the new one, never a mixture of keys.
   *
   * @param fence of the account's lease: who lost it must not put its key over that of a later holder
   * @throws EversealError `stale-lease` when the fence is no longer the newest
   */
  save(account: StoredAccount, fence?: Fence): Promise<void>;
}

// ---------------------------------------------------------------- journal

/** Plain JSON of one step; `step` says which. Secrets in it are safe: journals are readable by their owner only. */
export type JournalRecord = { readonly step: string } & Readonly<Record<string, unknown>>;

/** An operation that is under way, or was when its process died. */
export interface JournalEntry {
  readonly id: string;
  /** What it works on: `certificate/NAME`, `account/DIRECTORY/ID`. */
  readonly subject: string;
  readonly records: readonly JournalRecord[];
  /** Durable when resolved. A torn last record, of a crash while appending, is dropped on reading. */
  append(record: JournalRecord): Promise<void>;
  /** The operation is over: forgotten, durably. */
  close(): Promise<void>;
}

/** Concurrency: entries of one subject are touched only with that subject's lease held. */
export interface Journal {
  /** Starts an operation with its first record. */
  begin(subject: string, record: JournalRecord): Promise<JournalEntry>;
  /** Operations that were begun and not closed, oldest first; of one subject, or all. */
  unfinished(subject?: string): Promise<readonly JournalEntry[]>;
}

// ---------------------------------------------------------------- locks

/** Grows with every holder of a lock: whoever shows an older one has lost it. */
export interface Fence {
  readonly lock: string;
  readonly number: number;
}

export interface Lease {
  readonly fence: Fence;
  /** Extends the lease. @throws EversealError `stale-lease` when somebody else took the lock over */
  renew(): Promise<void>;
  /** Idempotent; does nothing when the lock was lost. */
  release(): Promise<void>;
}

/**
 * Leases. A holder that is known to be dead is replaced at once, any other when its lease is over. Work must be checked
 * again after the lock is had: somebody may just have done it.
 */
export interface Locks {
  /** How long a lease lasts without renewal, in milliseconds. */
  readonly leaseMs: number;
  /** Takes the lock, or undefined when it is held. */
  tryAcquire(name: string): Promise<Lease | undefined>;
  /** @throws EversealError `stale-lease` unless the fence is the newest of its lock */
  check(fence: Fence): Promise<void>;
}

// ---------------------------------------------------------------- state

/**
 * Small JSON values by key, for what may be lost without harm to a certificate: backoff, ARI points, cached directories.
 * The one store whose writes need not survive a power cut.
 */
export interface StateStore {
  /** undefined when there is none, or when it cannot be read: state is never a reason to fail. */
  get(key: string): Promise<unknown>;
  put(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<void>;
}
