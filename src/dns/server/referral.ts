/** What one server's reply means to a resolver that walks down from the root. */
import type { DnsMessage, QueryType, ResourceRecord } from '../message.ts';
import { canonicalName, isWithin, sameName } from '../name.ts';
import type { RecursiveAnswer } from './recursor-cache.ts';
import { codeOf, codeOfType, codes } from './rrset.ts';

export type Meaning =
  | { readonly kind: 'knowledge'; readonly knowledge: RecursiveAnswer }
  | {
      readonly kind: 'referral';
      readonly zone: string;
      readonly servers: readonly { readonly name: string; readonly addresses: readonly string[] }[];
      readonly ttl: number;
    }
  /** The server is of no use here: refuses, fails, does not have the zone, or points elsewhere than down. */
  | { readonly kind: 'lame' };

/** `zone` is the one that the server was asked as a server of. */
export function meaningOf(reply: DnsMessage, zone: string, name: string, type: QueryType): Meaning {
  if (reply.rcode !== 'NOERROR' && reply.rcode !== 'NXDOMAIN') return { kind: 'lame' };
  if (!reply.authoritative) return referralIn(reply, zone, name);
  const code = codeOfType(type);
  const owned = reply.answers.filter((record) => sameName(record.name, name));
  const wanted = owned.filter((record) => code === codes.ANY || codeOf(record) === code);
  const answers = wanted.length > 0 ? wanted : owned.filter((record) => record.type === 'CNAME');
  if (answers.length > 0) return { kind: 'knowledge', knowledge: { rcode: 'NOERROR', answers, authorities: [] } };
  const authorities = reply.authorities.filter((record) => record.type === 'SOA');
  return { kind: 'knowledge', knowledge: { rcode: reply.rcode, answers: [], authorities } };
}

/** A referral leads further down towards the name; only addresses within the zone asked are believed. */
function referralIn({ authorities, additionals }: DnsMessage, zone: string, name: string): Meaning {
  const servers = authorities.filter((record): record is ResourceRecord & { type: 'NS' } => record.type === 'NS');
  const [first] = servers;
  if (first === undefined) return { kind: 'lame' };
  const child = canonicalName(first.name);
  if (child === zone || !isWithin(child, zone) || !isWithin(name, child)) return { kind: 'lame' };
  const addressesOf = (host: string): readonly string[] =>
    additionals.flatMap((record) => {
      const isAddress = record.type === 'A' || record.type === 'AAAA';
      return isAddress && sameName(record.name, host) && isWithin(host, zone) ? [record.address] : [];
    });
  return {
    kind: 'referral',
    zone: child,
    ttl: first.ttl,
    servers: servers
      .filter((record) => sameName(record.name, child))
      .map(({ host }) => ({ name: host, addresses: addressesOf(host) })),
  };
}
