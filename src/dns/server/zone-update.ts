/** UPDATE as a server does it (RFC 2136 §3): all of it or nothing. */
import { canonicalName, isWithin } from '../name.ts';
import type { DnsMessage, Rcode, ResourceRecord } from '../message.ts';
import { checkPrerequisites, isEmpty } from './prerequisites.ts';
import { codeOf, codes, isMetaType } from './rrset.ts';
import type { DnsZone } from './zone.ts';
import type { ZoneChange, ZoneDraft } from './zone-content.ts';

/** An update that is well-formed and whose prerequisites hold: for deciding whether to take it. */
export interface UpdateRequest {
  readonly zone: string;
  /** Name of the key that signed it; undefined: nobody signed. */
  readonly key: string | undefined;
  /** Class IN adds, NONE deletes a value, ANY deletes RRsets (RFC 2136 §2.5). */
  readonly updates: readonly ResourceRecord[];
}

/** Refuses an update by an rcode; undefined takes it. */
export type UpdatePolicy = (update: UpdateRequest) => Rcode | undefined;

export type UpdateResult = { readonly rcode: Rcode; readonly change?: ZoneChange };

/** Checks and makes the changes of a message to a zone. */
export function updateZone(
  zone: DnsZone,
  message: DnsMessage,
  key: string | undefined,
  policy: UpdatePolicy = () => undefined,
): UpdateResult {
  const updates = message.authorities;
  const prerequisites = checkPrerequisites(zone.content, message.answers);
  const verdicts = [prerequisites, ...updates.map((record) => scan(zone.apex, record))];
  const failure = verdicts.find((verdict) => verdict !== 'NOERROR');
  if (failure !== undefined) return { rcode: failure };
  const refusal = policy({ zone: zone.apex, key, updates });
  if (refusal !== undefined) return { rcode: refusal };
  const change = zone.change((draft) => {
    for (const record of updates) apply(draft, record);
  });
  return { rcode: 'NOERROR', change };
}

/** RFC 2136 §3.4.1. */
function scan(apex: string, record: ResourceRecord): Rcode {
  if (!isWithin(record.name, apex)) return 'NOTZONE';
  const code = codeOf(record);
  const isMeta = isMetaType(code);
  switch (record.class) {
    case 'IN':
      return isMeta || isEmpty(record) ? 'FORMERR' : 'NOERROR';
    case 'ANY':
      return record.ttl !== 0 || !isEmpty(record) || (isMeta && code !== codes.ANY) ? 'FORMERR' : 'NOERROR';
    case 'NONE':
      return record.ttl !== 0 || isMeta ? 'FORMERR' : 'NOERROR';
    default:
      return 'FORMERR';
  }
}

/** RFC 2136 §3.4.2. */
function apply(draft: ZoneDraft, record: ResourceRecord): void {
  if (record.class === 'IN') add(draft, record);
  if (record.class === 'NONE') removeValue(draft, record);
  if (record.class === 'ANY') removeSets(draft, record.name, codeOf(record));
}

/** What makes no sense beside what is there is ignored, as §3.4.2.2 wants it. */
function add(draft: ZoneDraft, record: ResourceRecord): void {
  const code = codeOf(record);
  const isAlias = code === codes.CNAME;
  if (draft.rrsets(record.name).some((set) => (set.code === codes.CNAME) !== isAlias)) return;
  if (record.type === 'SOA' && !isNewer(draft, record)) return;
  draft.add(record);
}

/** §3.4.2.3. */
function removeSets(draft: ZoneDraft, name: string, code: number): void {
  const chosen = draft.rrsets(name).filter((set) => code === codes.ANY || code === set.code);
  for (const set of chosen) {
    if (!isHeld(draft, name, set.code)) draft.removeRRset(name, set.code);
  }
}

/** §3.4.2.4: the SOA and the last name server stay. */
function removeValue(draft: ZoneDraft, record: ResourceRecord): void {
  const code = codeOf(record);
  const isLast = (draft.rrset(record.name, code)?.records.length ?? 0) <= 1;
  if (isLast && isHeld(draft, record.name, code)) return;
  draft.remove(record);
}

/** What an apex cannot be without. */
function isHeld(draft: ZoneDraft, name: string, code: number): boolean {
  return canonicalName(name) === draft.apex && (code === codes.SOA || code === codes.NS);
}

/** Only at the apex, and with a serial that comes after the present one (RFC 1982 §3.2). */
function isNewer(draft: ZoneDraft, soa: ResourceRecord & { readonly type: 'SOA' }): boolean {
  const now = draft.rrset(soa.name, codes.SOA)?.records[0];
  if (now?.type !== 'SOA') return false;
  const ahead = (soa.serial - now.serial) >>> 0;
  return ahead > 0 && ahead < 0x80000000;
}
