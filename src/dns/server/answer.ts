/** The sections of an answer: what the server's zones say, CNAMEs followed as far as they lead. */
import { canonicalName, isWithin, labelsOf } from '../name.ts';
import type { Question, Rcode, ResourceRecord } from '../message.ts';
import { lookUp } from './lookup.ts';
import { codeOfType, codes } from './rrset.ts';
import type { ZoneContent } from './zone-content.ts';

export interface Answer {
  readonly rcode: Rcode;
  readonly authoritative: boolean;
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
  readonly additionals: readonly ResourceRecord[];
  /** Where a CNAME led out of the server's zones: a resolver goes on from there. */
  readonly onward: string | undefined;
}

const nothing = { authorities: [], additionals: [], onward: undefined } as const;

/** Of a chain in the server's own zones; longer ones, and circles, end there (RFC 1034 §5.2.2 leaves that to the server). */
const longestChain = 16;

/** The zone with the most labels that the name is in. */
export function zoneFor<T extends { readonly apex: string }>(zones: readonly T[], name: string): T | undefined {
  const depth = (zone: T): number => labelsOf(zone.apex).length;
  return zones.filter(({ apex }) => isWithin(name, apex)).sort((a, b) => depth(b) - depth(a))[0];
}

/** Answers from the zones; undefined when the name is in none of them. */
export function answerFrom(zones: readonly ZoneContent[], question: Question): Answer | undefined {
  const code = codeOfType(question.type);
  const answers: ResourceRecord[] = [];
  const seen = new Set<string>();
  let { name } = question;
  for (;;) {
    const zone = zoneFor(zones, name);
    const isFirst = seen.size === 0;
    if (zone === undefined) return isFirst ? undefined : { ...ended(answers), onward: name };
    seen.add(canonicalName(name));
    const finding = lookUp(zone, name, code);
    if (finding.kind !== 'alias') return concluded({ zones, zone, finding, answers, isFirst });
    answers.push(...finding.records);
    name = finding.target;
    if (seen.has(canonicalName(name)) || seen.size >= longestChain) return ended(answers);
  }
}

function ended(answers: readonly ResourceRecord[]): Answer {
  return { ...nothing, rcode: 'NOERROR', authoritative: true, answers };
}

interface Conclusion {
  readonly zones: readonly ZoneContent[];
  readonly zone: ZoneContent;
  readonly finding: Exclude<ReturnType<typeof lookUp>, { readonly kind: 'alias' }>;
  /** The chain so far. */
  readonly answers: readonly ResourceRecord[];
  readonly isFirst: boolean;
}

function concluded({ zones, zone, finding, answers, isFirst }: Conclusion): Answer {
  const base = { ...nothing, rcode: 'NOERROR', authoritative: true, answers } as const;
  switch (finding.kind) {
    case 'records':
      return {
        ...base,
        answers: [...answers, ...finding.records],
        additionals: addressesFor(zones, finding.records),
      };
    case 'referral':
      return {
        ...base,
        authoritative: !isFirst,
        authorities: finding.records,
        additionals: glueFor(zone, finding.records),
      };
    case 'no-data':
      return { ...base, authorities: negative(zone) };
    // The code is about the last name of the chain (RFC 6604 §3).
    case 'no-name':
      return { ...base, rcode: 'NXDOMAIN', authorities: negative(zone) };
    case 'too-long':
      return { ...base, rcode: 'YXDOMAIN' };
  }
}

/** RFC 2308 §3: the SOA, with the time for which to remember that there is nothing. */
function negative({ soa }: ZoneContent): readonly ResourceRecord[] {
  return soa === undefined ? [] : [{ ...soa, ttl: Math.min(soa.ttl, soa.minimum) }];
}

/** Addresses of servers that a zone hands over to; below the cut as well, which is what glue is. */
function glueFor(zone: ZoneContent, servers: readonly ResourceRecord[]): readonly ResourceRecord[] {
  return servers.flatMap((record) => (record.type === 'NS' ? addressesAt(zone, record.host) : []));
}

/** RFC 1035 §3.3: what NS, MX and SRV records lead to. */
function addressesFor(zones: readonly ZoneContent[], records: readonly ResourceRecord[]): readonly ResourceRecord[] {
  const hosts = new Set(records.flatMap(hostOf).map(canonicalName));
  return [...hosts].flatMap((host) => {
    const zone = zoneFor(zones, host);
    return zone === undefined ? [] : addressesAt(zone, host);
  });
}

function hostOf(record: ResourceRecord): readonly string[] {
  if (record.type === 'NS') return [record.host];
  if (record.type === 'MX') return [record.exchange];
  return record.type === 'SRV' ? [record.target] : [];
}

function addressesAt(zone: ZoneContent, host: string): readonly ResourceRecord[] {
  return [codes.A, codes.AAAA].flatMap((code) => zone.rrset(host, code)?.records ?? []);
}
