/** The contract between whoever wants TXT records (a solver) and whoever can write them (a DNS provider). */

/** Additional facts that cleanup can use beyond the record itself (an id in an API), as plain JSON. */
export type ProviderReceipt = Readonly<Record<string, string | number | boolean | null>>;

/** One TXT value at one name. */
export interface TxtRecord {
  /** Where it stands, CNAMEs followed: absolute, lower case, with the final dot. */
  readonly name: string;
  /** Apex of the zone it stands in, with the final dot; empty for providers that do not ask (see {@link DnsProvider.zones}). */
  readonly zone: string;
  /** The whole text: up to 255 octets is one character-string, longer ones are cut by the provider. */
  readonly value: string;
  /** Seconds. undefined: the provider's own default. */
  readonly ttl?: number;
  /** The challenge behind it, for programs that compute the record by themselves. */
  readonly challenge?: {
    /** Without `*.`, without the final dot. */
    readonly domain: string;
    readonly token: string;
    readonly keyAuthorization: string;
  };
}

/** A lock that a write needs, across orders, processes and machines. */
export interface ProviderLock {
  readonly key: string;
  /** `write`: for the one call; `order`: from before `present` until after `cleanup` (a slot that holds one value only). */
  readonly hold: 'write' | 'order';
}

/** Milliseconds. */
export interface PropagationTiming {
  /** How long to wait until all servers show the records. */
  readonly timeoutMs: number;
  /** Between two looks. */
  readonly intervalMs: number;
}

/**
 * Writes and removes TXT records.
 *
 * - Both calls take everything at once, so that an RRset costs one read and one write however many values it gets.
 * - Foreign values are never changed or removed; neither is the TTL of an RRset that exists.
 * - `remove` works from the records alone: a receipt may be missing after a crash. Removing what is not there succeeds, so
 *   does removing twice; adding what is there already succeeds.
 * - A failed `add` may leave some of its records in place; `remove` with the same records removes those.
 * - Both heed the signal, and fail with an `EversealError` that names the record, the server and what it said. Nothing in it is secret.
 */
export interface DnsProvider {
  readonly code: string;
  /** Whether the records' `zone` is needed: then the caller finds it by SOA. */
  readonly zones: 'needed' | 'not-needed';
  /** Whether one name can hold several values at once (apex and wildcard in one order need two). */
  readonly values: 'many' | 'one';
  readonly timing: PropagationTiming;
  /** Asked once an order, before `add`, by providers whose timing is not known beforehand. */
  askTiming?(signal: AbortSignal): Promise<PropagationTiming>;
  locks(records: readonly TxtRecord[]): readonly ProviderLock[];
  /** One receipt a record, in order. */
  add(records: readonly TxtRecord[], signal: AbortSignal): Promise<readonly ProviderReceipt[]>;
  remove(
    records: readonly { readonly record: TxtRecord; readonly receipt?: ProviderReceipt | undefined }[],
    signal: AbortSignal,
  ): Promise<void>;
  /** Ends sessions. Idempotent. */
  close?(): Promise<void>;
}
