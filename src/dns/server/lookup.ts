/** What a zone says to a name and type (RFC 1034 §4.3.2, RFC 4592, RFC 6672). */
import { canonicalName, parentOf, parseName, relativeName } from '../name.ts';
import type { ResourceRecord } from '../message.ts';
import { codes, type RRset } from './rrset.ts';
import type { ZoneContent } from './zone-content.ts';

export type Finding =
  | { readonly kind: 'records'; readonly records: readonly ResourceRecord[] }
  /** To be asked again for `target`. */
  | { readonly kind: 'alias'; readonly records: readonly ResourceRecord[]; readonly target: string }
  | { readonly kind: 'referral'; readonly records: readonly ResourceRecord[] }
  /** The name exists and has nothing of that type. */
  | { readonly kind: 'no-data' }
  | { readonly kind: 'no-name' }
  /** A DNAME led to a name that is too long. */
  | { readonly kind: 'too-long' };

/** The name must be within the zone. Owners of the records are spelled as in the question. */
export function lookUp(zone: ZoneContent, name: string, code: number): Finding {
  const canonical = canonicalName(name);
  for (const ancestor of fromApexTo(zone.apex, canonical)) {
    const isName = ancestor === canonical;
    const cut = ancestor === zone.apex ? undefined : zone.rrset(ancestor, codes.NS);
    // A DS record belongs to the parent's side of the cut (RFC 4035 §3.1.4.1).
    if (cut !== undefined && !(isName && code === codes.DS)) return { kind: 'referral', records: cut.records };
    const dname = isName ? undefined : zone.rrset(ancestor, codes.DNAME);
    if (dname !== undefined) return throughDname(dname, ancestor, name);
  }
  if (zone.exists(name)) return fromNode(zone.rrsets(name), name, code);
  const source = wildcardFor(zone, canonical);
  return zone.exists(source) ? fromNode(zone.rrsets(source), name, code) : { kind: 'no-name' };
}

/** The zone's apex, then each name on the way down, the name itself last. */
function fromApexTo(apex: string, name: string): readonly string[] {
  const path: string[] = [];
  for (let at: string | undefined = name; at !== undefined && at !== apex; at = parentOf(at)) path.unshift(at);
  return [apex, ...path];
}

/** RFC 4592 §3.3.1: `*` below the closest name that exists. */
function wildcardFor(zone: ZoneContent, name: string): string {
  const encloser = fromApexTo(zone.apex, name).findLast((ancestor) => zone.exists(ancestor)) ?? zone.apex;
  return encloser === '.' ? '*.' : `*.${encloser}`;
}

function fromNode(sets: readonly RRset[], name: string, code: number): Finding {
  const owned = (set: RRset): readonly ResourceRecord[] => set.records.map((record) => ({ ...record, name }));
  // RFC 8482 §4.1: one RRset is answer enough to ANY.
  const wanted = code === codes.ANY ? sets[0] : sets.find((set) => set.code === code);
  if (wanted !== undefined) return { kind: 'records', records: owned(wanted) };
  const alias = sets.find((set) => set.code === codes.CNAME);
  const [target] = alias?.records ?? [];
  if (alias === undefined || target?.type !== 'CNAME') return { kind: 'no-data' };
  return { kind: 'alias', records: owned(alias), target: target.target };
}

/** RFC 6672 §2.2, §3.1: the DNAME and the CNAME that it stands for. */
function throughDname(set: RRset, owner: string, name: string): Finding {
  const [dname] = set.records;
  if (dname.type !== 'DNAME') return { kind: 'no-data' };
  if (octetsOf(name) - octetsOf(owner) + octetsOf(dname.target) > 255) return { kind: 'too-long' };
  const target = `${relativeName(name, owner)}.${dname.target === '.' ? '' : dname.target}`;
  const alias: ResourceRecord = { type: 'CNAME', name, class: 'IN', ttl: dname.ttl, target };
  return { kind: 'alias', records: [dname, alias], target };
}

/** Length on the wire (RFC 1035 §3.1). */
function octetsOf(name: string): number {
  return parseName(name).reduce((sum, label) => sum + 1 + label.length, 1);
}
