/** APIs that only know whole zones: read all records, write all records. */
import type { ApiReply, ApiRequest } from './api-request.ts';
import {
  isNameOf,
  isValue,
  type RrsetWork,
  type ValueTarget,
  type WriteSession,
  type WriteShape,
} from './write-shape.ts';
import type { ApiZone } from './zone-lookup.ts';

export interface TxtView {
  readonly name: string;
  readonly value: string;
  readonly ttl?: number | undefined;
}

export interface ZoneRewriteApi {
  readonly read: (zone: ApiZone) => ApiRequest;
  /** All records of the zone, of every type; they go back as they came. */
  readonly records: (reply: ApiReply) => readonly unknown[];
  /** What a record says if it is a TXT record. */
  readonly txt: (record: unknown) => TxtView | undefined;
  readonly make: (target: ValueTarget) => unknown;
  /** @param reply to `read`: what else the zone holds */
  readonly write: (zone: ApiZone, records: readonly unknown[], reply: ApiReply) => ApiRequest;
}

/**
 * One read and one write a zone; records of others stay as they are and in their order.
 *
 * @example
 * ```ts
 * import { path, pickList, pickText, zoneRewrite } from 'everseal/dns';
 * const shape = zoneRewrite({
 *   read: (zone) => ({ method: 'GET', path: path`/${zone.name}` }),
 *   records: ({ data }) => pickList(data, 'records'),
 *   txt: (record) => ({ name: pickText(record, 'name') ?? '', value: pickText(record, 'value') ?? '' }),
 *   make: ({ name, value }) => ({ name, value }),
 *   write: (zone, records) => ({ method: 'PUT', path: path`/${zone.name}`, body: { records } }),
 * });
 * console.log(shape.lock); // zone
 * ```
 */
export function zoneRewrite(api: ZoneRewriteApi): WriteShape {
  return {
    shape: 'zone-rewrite',
    values: 'many',
    lock: 'zone',
    unit: 'zone',
    add: (rrsets, session) => rewrite(api, rrsets, session, withRecords),
    remove: (rrsets, session) => rewrite(api, rrsets, session, withoutRecords),
  };
}

type Merge = (api: ZoneRewriteApi, records: readonly unknown[], rrsets: readonly RrsetWork[]) => readonly unknown[];

const withRecords: Merge = (api, records, rrsets) => {
  const targets = rrsets.flatMap(({ values }) => values.map(({ target }) => target));
  const missing = targets.filter((target) => !records.some((record) => isRecordOf(api, record, target)));
  return [...records, ...missing.map((target) => api.make({ ...target, ttl: ttlAt(api, records, target) }))];
};

const withoutRecords: Merge = (api, records, rrsets) =>
  records.filter(
    (record) => !rrsets.some(({ values }) => values.some(({ target }) => isRecordOf(api, record, target))),
  );

async function rewrite(
  api: ZoneRewriteApi,
  rrsets: readonly RrsetWork[],
  session: WriteSession,
  merge: Merge,
): Promise<void> {
  const zone = rrsets[0]?.target.zone;
  if (zone === undefined) return;
  const reply = await session.read(api.read(zone));
  const before = api.records(reply);
  const after = merge(api, before, rrsets);
  if (after.length !== before.length) await session.write(api.write(zone, after, reply));
}

function isRecordOf(api: ZoneRewriteApi, record: unknown, target: ValueTarget): boolean {
  const view = api.txt(record);
  return view !== undefined && isNameOf(view.name, target) && isValue(view.value, target);
}

/** All records of an RRset have one TTL (RFC 2181 §5.2): that of those which are there. */
function ttlAt(api: ZoneRewriteApi, records: readonly unknown[], target: ValueTarget): number {
  const there = records
    .map((record) => api.txt(record))
    .find((view) => view !== undefined && isNameOf(view.name, target));
  return there?.ttl ?? target.ttl;
}
