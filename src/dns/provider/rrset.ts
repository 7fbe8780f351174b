/** APIs that replace all values of a name at once: read, merge, write. */
import type { ApiReply, ApiRequest } from './api-request.ts';
import { isNotFound } from './api-error.ts';
import {
  isValue,
  type LockScope,
  type RrsetTarget,
  type RrsetWork,
  type WriteSession,
  type WriteShape,
} from './write-shape.ts';
import type { ApiZone } from './zone-lookup.ts';

export interface StoredRrset {
  /** As the API shows them; they go back as they came. */
  readonly values: readonly string[];
  readonly ttl?: number | undefined;
}

export interface RrsetChange extends RrsetTarget {
  /** All that the RRset is to hold; none: it is to go. */
  readonly values: readonly string[];
  /** That of the RRset when there is one. */
  readonly ttl: number;
  /** Whether the API has this RRset now. */
  readonly existed: boolean;
  /** What the API said when it was read; undefined when that was that there is none. */
  readonly reply: ApiReply | undefined;
}

export interface RrsetApi {
  readonly read: (target: RrsetTarget) => ApiRequest;
  /** undefined: there is none. */
  readonly rrset: (reply: ApiReply, target: RrsetTarget) => StoredRrset | undefined;
  /** Whether a refusal of the reading means that there is none. By default 404 and 410. */
  readonly isAbsent?: (error: unknown) => boolean;
  /** One request an RRset, or one for all of them in a zone. */
  readonly write:
    | ((change: RrsetChange) => ApiRequest)
    | { readonly all: (zone: ApiZone, changes: readonly RrsetChange[]) => ApiRequest };
  /** Default `rrset`. */
  readonly lock?: LockScope;
}

/**
 * Foreign values stay, whatever is added or removed; nothing is written when nothing changes.
 *
 * @example
 * ```ts
 * import { path, pickList, rrset } from 'everseal/dns';
 * const shape = rrset({
 *   read: ({ zone, name }) => ({ method: 'GET', path: path`/${zone.name}/${name}/TXT` }),
 *   rrset: ({ data }) => ({ values: pickList(data, 'values').map(String) }),
 *   write: ({ zone, name, values, ttl }) => ({ method: 'PUT', path: path`/${zone.name}/${name}/TXT`, body: { values, ttl } }),
 * });
 * console.log(shape.lock); // rrset
 * ```
 */
export function rrset(api: RrsetApi): WriteShape {
  const { write } = api;
  return {
    shape: 'rrset',
    values: 'many',
    lock: api.lock ?? 'rrset',
    unit: typeof write === 'function' ? 'rrset' : 'zone',
    add: (rrsets, session) => change(api, rrsets, session, withValues),
    remove: (rrsets, session) => change(api, rrsets, session, withoutValues),
  };
}

type Merge = (stored: readonly string[], work: RrsetWork) => readonly string[];

const withValues: Merge = (stored, { values }) => {
  const missing = values.filter(({ target }) => !stored.some((shown) => isValue(shown, target)));
  return [...stored, ...missing.map(({ target }) => target.value)];
};

const withoutValues: Merge = (stored, { values }) =>
  stored.filter((shown) => !values.some(({ target }) => isValue(shown, target)));

async function change(api: RrsetApi, rrsets: readonly RrsetWork[], session: WriteSession, merge: Merge): Promise<void> {
  const changes: RrsetChange[] = [];
  for (const work of rrsets) {
    const reply = await readRrset(api, work.target, session);
    const stored = reply && api.rrset(reply, work.target);
    const before = stored?.values ?? [];
    const values = merge(before, work);
    // Both merges change the length whenever they change anything.
    if (values.length === before.length) continue;
    changes.push({ ...work.target, values, ttl: stored?.ttl ?? work.target.ttl, existed: before.length > 0, reply });
  }
  const [first] = changes;
  if (first === undefined) return;
  const { write } = api;
  const requests = typeof write === 'function' ? changes.map(write) : [write.all(first.zone, changes)];
  // The same content once more changes nothing, whatever the method; a definition may know better.
  for (const request of requests) await session.write({ repeatable: request.method !== 'POST', ...request });
}

async function readRrset(api: RrsetApi, target: RrsetTarget, session: WriteSession): Promise<ApiReply | undefined> {
  const { isAbsent = isNotFound } = api;
  try {
    return await session.read(api.read(target));
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
