/** What the hostile-server catalogue is made of: rows of plain data, each a lie that some server may tell. */
import type { CaOptions } from '../../ca/index.ts';
import type { ErrorCode, HttpRequest, HttpResponse } from '../../core/index.ts';
import type { Client, Town } from '../../../sim/town.ts';
import type { CertificateSpec, IssuerSpec } from '../spec.ts';

export type Resource =
  | 'directory'
  | 'newNonce'
  | 'newAccount'
  | 'account'
  | 'newOrder'
  | 'order'
  | 'finalize'
  | 'authorization'
  | 'challenge'
  | 'certificate'
  | 'alternate'
  | 'revokeCert'
  | 'keyChange'
  | 'renewalInfo'
  | 'elsewhere';

/** One request on its way to the CA. */
export interface Seen {
  readonly resource: Resource;
  readonly request: HttpRequest;
  /** How often this resource was asked for in this run, from 1. */
  readonly nth: number;
  readonly town: Town;
  /** DER of the signing request that was sent last. */
  readonly csr: Uint8Array;
  /** What the CA itself says, having done what it was asked to. The same reply each time it is called. */
  honest(): Promise<HttpResponse>;
  /** Virtual time passes for the client. */
  sleep(ms: number): Promise<void>;
}

/** Stands between client and CA: what it returns is what the client gets; undefined leaves the reply to the next one. */
export type Tamper = (seen: Seen) => Promise<HttpResponse | undefined>;

/** What differs from a forced renewal of `www.example` with a stored account. */
export interface Setting {
  readonly ca?: CaOptions;
  readonly names?: readonly string[];
  readonly issuer?: Partial<IssuerSpec>;
  readonly spec?: (client: Client) => Promise<Partial<CertificateSpec>>;
  /** Use an account that is not registered yet. */
  readonly newAccount?: boolean;
  /** Age of the stored certificate, in milliseconds. Default 36 hours: the cached directory is stale by then. */
  readonly ageMs?: number;
  /** Renew only what is due. */
  readonly unforced?: boolean;
  /** Happens between the first issuance and the hostile run. */
  readonly before?: (town: Town) => void | Promise<void>;
  /** Happens between the hostile run and the honest one. */
  readonly after?: (town: Town) => void;
  /** Done instead of a run; without a failure it counts as `done`. */
  readonly operation?: (client: Client) => Promise<unknown>;
}

export type Expectation = 'issued' | 'kept' | 'done' | ErrorCode;

export interface HostileRow {
  /** The input, in words. */
  readonly input: string;
  readonly server?: Tamper | readonly Tamper[];
  readonly expect: Expectation;
  /** Why, where another outcome could be argued for. */
  readonly reason?: string;
  /** What the message of the error must say. */
  readonly message?: RegExp;
  readonly setting?: Setting;
  /** At most so many requests. Default 60. */
  readonly requests?: number;
  /** At most so many virtual milliseconds. Default: the deadline of the certificate and the time to clean up. */
  readonly withinMs?: number;
  /** What must hold beyond what always must. */
  readonly check?: (town: Town) => void;
  /** Requests may go to other hosts than the CA's. */
  readonly elsewhere?: boolean;
  /** Why an honest server does not make everything good again afterwards. */
  readonly lasting?: string;
}

export interface HostileTable {
  readonly area: string;
  readonly rows: readonly HostileRow[];
}
