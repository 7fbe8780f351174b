/** What a zone holds at one moment, and how the next moment is made from it. */
import { canonicalName, isWithin, parentOf } from '../name.ts';
import type { ResourceRecord } from '../message.ts';
import { codeOf, codes, missingIn, type RRset, withoutRecord, withRecord } from './rrset.ts';

type Nodes = ReadonlyMap<string, ReadonlyMap<number, RRset>>;

/**
 * A zone's records at one moment; never changes. Names may be given in any case.
 *
 * @example
 * ```ts
 * import { DnsZone } from 'everseal/dns';
 * const zone = new DnsZone('example.com', { records: 'www A 192.0.2.1' });
 * const before = zone.content;
 * zone.add('www A 192.0.2.2');
 * console.log(before.records().length < zone.content.records().length); // true
 * ```
 */
export class ZoneContent {
  readonly apex: string;
  readonly #nodes: Nodes;
  #names: ReadonlySet<string> | undefined;

  constructor(apex: string, nodes: Nodes = new Map()) {
    this.apex = canonicalName(apex);
    this.#nodes = nodes;
  }

  rrset(name: string, code: number): RRset | undefined {
    return this.#nodes.get(canonicalName(name))?.get(code);
  }

  rrsets(name: string): readonly RRset[] {
    return [...(this.#nodes.get(canonicalName(name))?.values() ?? [])];
  }

  /** All records, in the order in which their names and RRsets came. */
  records(): readonly ResourceRecord[] {
    return [...this.#nodes.values()].flatMap((sets) => [...sets.values()].flatMap(({ records }) => records));
  }

  /** Whether the name has records, or one below it has (an empty non-terminal, RFC 4592 §2.2.2). */
  exists(name: string): boolean {
    this.#names ??= withAncestors([...this.#nodes.keys()], this.apex);
    return this.#names.has(canonicalName(name));
  }

  get soa(): (ResourceRecord & { readonly type: 'SOA' }) | undefined {
    const record = this.rrset(this.apex, codes.SOA)?.records[0];
    return record?.type === 'SOA' ? record : undefined;
  }

  /** A copy to change. */
  draft(): ZoneDraft {
    return new ZoneDraft(this.apex, new Map(this.#nodes));
  }
}

/** What one change did. A record whose TTL changed is in both. */
export interface ZoneChange {
  readonly added: readonly ResourceRecord[];
  readonly removed: readonly ResourceRecord[];
}

/**
 * The next content in the making.
 *
 * @example
 * ```ts
 * import { DnsZone } from 'everseal/dns';
 * const zone = new DnsZone('example.com', { records: 'old A 192.0.2.1' });
 * zone.change((draft) => {
 *   draft.removeRRset('old.example.com.', 1);
 *   draft.add({ name: 'new.example.com.', class: 'IN', ttl: 300, type: 'A', address: '192.0.2.2' });
 * });
 * console.log(zone.serial, zone.list('old').length); // 2 0
 * ```
 */
export class ZoneDraft {
  readonly apex: string;
  /** The RRsets that were touched, as they were before. */
  readonly #before = new Map<
    string,
    { readonly name: string; readonly code: number; readonly set: RRset | undefined }
  >();
  readonly #nodes: Map<string, ReadonlyMap<number, RRset>>;

  constructor(apex: string, nodes: Map<string, ReadonlyMap<number, RRset>>) {
    this.apex = apex;
    this.#nodes = nodes;
  }

  rrset(name: string, code: number): RRset | undefined {
    return this.#nodes.get(canonicalName(name))?.get(code);
  }

  rrsets(name: string): readonly RRset[] {
    return [...(this.#nodes.get(canonicalName(name))?.values() ?? [])];
  }

  /** @throws TypeError for a record outside of the zone */
  add(record: ResourceRecord): void {
    if (!isWithin(record.name, this.apex)) throw new TypeError(`${record.name} is not in the zone ${this.apex}`);
    const code = codeOf(record);
    this.#put(record.name, code, withRecord(this.rrset(record.name, code), record));
  }

  /** Removes this value; fine when it is not there. */
  remove(record: ResourceRecord): void {
    const set = this.rrset(record.name, codeOf(record));
    if (set !== undefined) this.#put(record.name, set.code, withoutRecord(set, record));
  }

  removeRRset(name: string, code: number): void {
    this.#put(name, code, undefined);
  }

  /** What is different now. */
  get change(): ZoneChange {
    const touched = [...this.#before.values()].map(({ name, code, set }) => ({ set, now: this.rrset(name, code) }));
    return {
      added: touched.flatMap(({ set, now }) => missingIn(now, set)),
      removed: touched.flatMap(({ set, now }) => missingIn(set, now)),
    };
  }

  content(): ZoneContent {
    return new ZoneContent(this.apex, new Map(this.#nodes));
  }

  #put(name: string, code: number, set: RRset | undefined): void {
    const key = canonicalName(name);
    const sets = new Map(this.#nodes.get(key));
    const before = `${code} ${key}`;
    if (!this.#before.has(before)) this.#before.set(before, { name: key, code, set: sets.get(code) });
    if (set === undefined) sets.delete(code);
    else sets.set(code, set);
    if (sets.size === 0) this.#nodes.delete(key);
    else this.#nodes.set(key, sets);
  }
}

function withAncestors(names: readonly string[], apex: string): ReadonlySet<string> {
  const all = new Set<string>();
  for (const name of names) {
    for (let at: string | undefined = name; at !== undefined && !all.has(at); at = parentOf(at)) {
      all.add(at);
      if (at === apex) break;
    }
  }
  return all;
}
