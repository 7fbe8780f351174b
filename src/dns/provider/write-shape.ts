/** What all ways of writing have in common. */
import type { ApiReply, ApiRequest } from './api-request.ts';
import type { PagedList } from './pager.ts';
import type { ProviderReceipt } from './provider.ts';
import { valueOfTxt } from './txt-text.ts';
import type { ApiZone } from './zone-lookup.ts';

/** A name's TXT records as a definition sees them. */
export interface RrsetTarget {
  readonly zone: ApiZone;
  /** As the API wants it. */
  readonly name: string;
  /** Absolute, with the final dot. */
  readonly fqdn: string;
  /** Seconds, as the API takes them. */
  readonly ttl: number;
}

export interface ValueTarget extends RrsetTarget {
  /** As the API wants it: quoted when the definition says so. */
  readonly value: string;
  /** The text itself. */
  readonly text: string;
  /** The domain that is validated, where it is known: with a CNAME on the way, `fqdn` is elsewhere. */
  readonly domain?: string | undefined;
}

export interface ValueWork {
  readonly target: ValueTarget;
  /** Of the record's creation, when it is known. */
  readonly receipt?: ProviderReceipt | undefined;
}

export interface RrsetWork {
  readonly target: RrsetTarget;
  /** No value twice. */
  readonly values: readonly ValueWork[];
}

/** One phase in one zone. */
export interface WriteSession {
  readonly signal: AbortSignal;
  read(request: ApiRequest): Promise<ApiReply>;
  write(request: ApiRequest): Promise<ApiReply>;
  list<T>(list: PagedList<T>): Promise<readonly T[]>;
  /** Before a try after the `tried`-th. */
  pause(tried: number): Promise<void>;
  keepReceipt(work: ValueWork, receipt: ProviderReceipt): void;
}

/** What two writers must not do at the same time; `slot`: from writing to clearing. */
export type LockScope = 'none' | 'rrset' | 'zone' | 'credential' | 'name-slot' | 'credential-slot';

export interface WriteShape {
  readonly shape: 'record-by-id' | 'by-value' | 'rrset' | 'zone-rewrite' | 'slot';
  readonly values: 'many' | 'one';
  readonly lock: LockScope;
  /** What one call of `add` and `remove` gets: one RRset, or all of a zone. */
  readonly unit: 'rrset' | 'zone';
  add(rrsets: readonly RrsetWork[], session: WriteSession): Promise<void>;
  remove(rrsets: readonly RrsetWork[], session: WriteSession): Promise<void>;
}

/** Whether what an API shows is this value, quoted or bare. */
export function isValue(shown: string, { text, value }: ValueTarget): boolean {
  return shown === text || shown === value || valueOfTxt(shown) === text;
}

/** Whether a name that an API shows, in whatever form, is the target's. undefined: the API was asked for this name. */
export function isNameOf(shown: string | undefined, { name, fqdn }: RrsetTarget): boolean {
  if (shown === undefined) return true;
  const given = shown.toLowerCase();
  return given === name.toLowerCase() || `${given.replace(/\.$/, '')}.` === fqdn;
}
