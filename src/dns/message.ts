/** DNS messages as data (RFC 1035 §4.1, RFC 2136 §2, RFC 6891). */

/** Names are absolute, in presentation form: `www.example.com.`, `a\.b.example.`; the root is `.`. See `name.ts`. */
export type RecordClass = 'IN' | 'CH' | 'HS' | 'NONE' | 'ANY' | number;

/** Content of a record by type; a type without an entry, and rdata without octets (RFC 2136 §2.5), is `unknown`. */
export type RecordData =
  | { readonly type: 'A'; readonly address: string }
  | { readonly type: 'AAAA'; readonly address: string }
  | { readonly type: 'NS'; readonly host: string }
  | { readonly type: 'CNAME'; readonly target: string }
  | { readonly type: 'DNAME'; readonly target: string }
  | { readonly type: 'PTR'; readonly target: string }
  | {
      readonly type: 'SOA';
      readonly primary: string;
      readonly mailbox: string;
      readonly serial: number;
      /** Seconds, as are the other three. */
      readonly refresh: number;
      readonly retry: number;
      readonly expire: number;
      readonly minimum: number;
    }
  | { readonly type: 'MX'; readonly preference: number; readonly exchange: string }
  | {
      readonly type: 'SRV';
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: string;
    }
  /** Each string has 0 to 255 octets. */
  | { readonly type: 'TXT'; readonly strings: readonly Uint8Array[] }
  /** RFC 8659 §4. */
  | { readonly type: 'CAA'; readonly flags: number; readonly tag: string; readonly value: string }
  /** RFC 8945 §4.2. */
  | {
      readonly type: 'TSIG';
      readonly algorithm: string;
      /** Seconds since 1970. */
      readonly timeSigned: number;
      readonly fudge: number;
      readonly mac: Uint8Array;
      readonly originalId: number;
      readonly error: number;
      readonly other: Uint8Array;
    }
  /** RFC 3597. */
  | { readonly type: 'unknown'; readonly code: number; readonly data: Uint8Array };

export type KnownType = Exclude<RecordData['type'], 'unknown'>;

/** What can be asked for. */
export type QueryType = KnownType | 'ANY' | 'AXFR' | number;

export type ResourceRecord = RecordData & {
  readonly name: string;
  readonly class: RecordClass;
  /** Seconds. */
  readonly ttl: number;
};

export interface Question {
  readonly name: string;
  readonly type: QueryType;
  readonly class: RecordClass;
}

export const opcodes = { QUERY: 0, STATUS: 2, NOTIFY: 4, UPDATE: 5 } as const;
export type Opcode = keyof typeof opcodes;

/** Names of the codes that are met; others are `RCODEn`. The last four come in extended codes and TSIG (RFC 8945 §3). */
export const rcodes = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
  BADSIG: 16,
  BADKEY: 17,
  BADTIME: 18,
  BADTRUNC: 22,
} as const;
export type Rcode = keyof typeof rcodes | `RCODE${number}`;

/** RFC 6891 §6.1.3. */
export interface Edns {
  /** Octets that the sender can take by UDP. */
  readonly udpSize: number;
  readonly dnssecOk: boolean;
  readonly options: readonly { readonly code: number; readonly data: Uint8Array }[];
}

/**
 * A message. In an UPDATE the sections are zone, prerequisites, updates and additional (RFC 2136 §2): `questions`, `answers`,
 * `authorities`, `additionals`. An OPT record is `edns` and not among the additionals.
 */
export interface DnsMessage {
  readonly id: number;
  readonly response: boolean;
  readonly opcode: Opcode | number;
  readonly authoritative: boolean;
  readonly truncated: boolean;
  readonly recursionDesired: boolean;
  readonly recursionAvailable: boolean;
  readonly authenticData: boolean;
  readonly checkingDisabled: boolean;
  readonly rcode: Rcode;
  readonly edns: Edns | undefined;
  readonly questions: readonly Question[];
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
  readonly additionals: readonly ResourceRecord[];
}
