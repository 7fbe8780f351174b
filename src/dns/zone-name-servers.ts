/** The name servers of a zone. */
import { EversealError, hasCode, Semaphore, mapAll } from '../core/index.ts';
import { canonicalName, sameName } from './name.ts';
import type { DnsAnswer, DnsResolver, NameServer } from './resolver.ts';

type Family = 4 | 6;
const addressTypes = { 4: 'A', 6: 'AAAA' } as const;
const atOnce = 16;

/**
 * By NS, with the addresses of each: those that came along, and for each family without such those that are asked for. A
 * server whose name leads nowhere has none.
 *
 * @throws EversealError `name-not-found` for a zone that does not exist, `dns-failed` for one without NS records or of whose
 * servers none has an address; what `query` fails with
 */
export async function findNameServers(
  resolver: Pick<DnsResolver, 'query'>,
  zone: string,
  families: readonly Family[],
  signal: AbortSignal,
): Promise<readonly NameServer[]> {
  const apex = canonicalName(zone);
  const answer = await resolver.query(apex, 'NS', signal);
  const names = serverNames(answer, apex);
  const wanted = names.flatMap((name) => families.map((family) => ({ name, family })));
  const found = await mapAll(wanted, new Semaphore(atOnce), ({ name, family }) =>
    findAddresses(resolver, answer, name, family, signal),
  );
  const servers = names.map((name) => ({
    name,
    addresses: [...new Set(found.filter((_, index) => wanted[index]?.name === name).flat())],
  }));
  if (servers.every(({ addresses }) => addresses.length === 0)) throw noAddresses(apex, names);
  return servers;
}

function serverNames(answer: DnsAnswer, apex: string): readonly string[] {
  const hosts = answer.answers.flatMap((record) =>
    record.type === 'NS' && sameName(record.name, apex) ? [canonicalName(record.host)] : [],
  );
  if (hosts.length > 0) return [...new Set(hosts)].sort();
  if (answer.rcode === 'NXDOMAIN') throw new EversealError('name-not-found', `The zone ${apex} does not exist`);
  throw new EversealError('dns-failed', `${apex} has no NS records: it is no zone, or its delegation is broken`);
}

async function findAddresses(
  resolver: Pick<DnsResolver, 'query'>,
  delegation: DnsAnswer,
  name: string,
  family: Family,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const glue = delegation.additionals.filter((record) => sameName(record.name, name));
  const known = addressesIn({ ...delegation, answers: glue }, family);
  if (known.length > 0) return known;
  try {
    return addressesIn(await resolver.query(name, addressTypes[family], signal), family);
  } catch (error) {
    if (!signal.aborted && hasCode(error, 'dns-failed', 'timeout')) return [];
    throw error;
  }
}

function addressesIn(answer: DnsAnswer, family: Family): readonly string[] {
  return answer.answers.flatMap((record) =>
    (record.type === 'A' || record.type === 'AAAA') && record.type === addressTypes[family] ? [record.address] : [],
  );
}

function noAddresses(apex: string, names: readonly string[]): EversealError {
  return new EversealError('dns-failed', `No name server of ${apex} has an address: ${names.join(', ')}`, {
    next: 'Give the name servers A or AAAA records, or delegate to others.',
  });
}
