/** Prerequisites of an update (RFC 2136 §2.4, §3.2): what must be true of the zone for anything to happen. */
import { canonicalName, isWithin } from '../name.ts';
import type { Rcode, ResourceRecord } from '../message.ts';
import { codeOf, codes, contentKey } from './rrset.ts';
import type { ZoneContent } from './zone-content.ts';

/** NOERROR, or the code of the first prerequisite that fails or makes no sense. */
export function checkPrerequisites(zone: ZoneContent, prerequisites: readonly ResourceRecord[]): Rcode {
  for (const record of prerequisites) {
    const verdict = checkOne(zone, record);
    if (verdict !== 'NOERROR') return verdict;
  }
  const values = prerequisites.filter((record) => record.class === 'IN');
  return values.every((record) => hasExactly(zone, record, values)) ? 'NOERROR' : 'NXRRSET';
}

/** No content at all, as in prerequisites and deletions of whole RRsets. */
export function isEmpty(record: ResourceRecord): boolean {
  return record.type === 'unknown' && record.data.length === 0;
}

function checkOne(zone: ZoneContent, record: ResourceRecord): Rcode {
  if (record.ttl !== 0) return 'FORMERR';
  if (!isWithin(record.name, zone.apex)) return 'NOTZONE';
  if (record.class === 'IN') return 'NOERROR';
  if (!isEmpty(record) || (record.class !== 'ANY' && record.class !== 'NONE')) return 'FORMERR';
  const code = codeOf(record);
  const isThere =
    code === codes.ANY ? zone.rrsets(record.name).length > 0 : zone.rrset(record.name, code) !== undefined;
  if (isThere === (record.class === 'ANY')) return 'NOERROR';
  if (code === codes.ANY) return isThere ? 'YXDOMAIN' : 'NXDOMAIN';
  return isThere ? 'YXRRSET' : 'NXRRSET';
}

/** Whether the zone's RRset holds the values listed for it and no others (RFC 2136 §2.4.2). */
function hasExactly(zone: ZoneContent, record: ResourceRecord, listed: readonly ResourceRecord[]): boolean {
  const name = canonicalName(record.name);
  const code = codeOf(record);
  const wanted = listed.filter((other) => codeOf(other) === code && canonicalName(other.name) === name);
  const found = zone.rrset(name, code)?.records ?? [];
  return sorted(wanted) === sorted(found);
}

function sorted(records: readonly ResourceRecord[]): string {
  return [...new Set(records.map(contentKey))].sort().join('\n');
}
