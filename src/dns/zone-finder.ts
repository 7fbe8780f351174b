/** Which zone a name is in. */
import { EversealError } from '../core/index.ts';
import { canonicalName, isWithin, parentOf, sameName } from './name.ts';
import type { DnsAnswer, DnsResolver } from './resolver.ts';

/**
 * From the name upwards, the first that has an SOA record. A negative answer carries the SOA record of the zone it is from
 * (RFC 2308 §3), so mostly the second question is the last.
 *
 * @throws EversealError `name-not-found` when only the root is left; what `query` fails with
 */
export async function findZone(
  resolver: Pick<DnsResolver, 'query'>,
  name: string,
  signal: AbortSignal,
): Promise<string> {
  let at = canonicalName(name);
  while (at !== '.') {
    const answer = await resolver.query(at, 'SOA', signal);
    if (isApex(answer, at)) return at;
    at = enclosingZone(answer, at) ?? parentOf(at) ?? '.';
  }
  throw new EversealError(
    'name-not-found',
    `No zone found for ${canonicalName(name)}: no name above it has an SOA record`,
    {
      next: 'Check the spelling of the domain, and that it is registered and delegated.',
    },
  );
}

/** An alias is no apex (RFC 1034 §3.6.2), whatever else a server shows beside it. */
function isApex(answer: DnsAnswer, name: string): boolean {
  if (answer.rcode !== 'NOERROR' || hasAlias(answer)) return false;
  return answer.answers.some((record) => record.type === 'SOA' && sameName(record.name, name));
}

/** Behind an alias, the authority section is about the target. */
function enclosingZone(answer: DnsAnswer, name: string): string | undefined {
  if (hasAlias(answer)) return undefined;
  const soa = answer.authorities.find((record) => record.type === 'SOA');
  if (soa === undefined || !isWithin(name, soa.name) || sameName(name, soa.name)) return undefined;
  return canonicalName(soa.name);
}

function hasAlias(answer: DnsAnswer): boolean {
  return answer.answers.some(({ type }) => type === 'CNAME' || type === 'DNAME');
}
