import type { DnsAnswer, NameServer } from '../../dns/index.ts';
import { canonicalName, isWithin, labelsOf, parentOf, sameName } from '../../dns/index.ts';
import type { PreflightContext } from './context.ts';

/** What the parent zone says of a zone: who has it. */
export interface Referral {
  readonly zone: string;
  readonly servers: readonly NameServer[];
}

/**
 * Whom the name is delegated to, by the servers of the closest zone above it that can be looked up: for zones that no
 * resolver can look up, since none of their own servers has them. undefined when nobody above knows a delegation.
 */
export async function parentReferral(context: PreflightContext, name: string): Promise<Referral | undefined> {
  for (let at = parentOf(canonicalName(name)); at !== undefined && at !== '.'; at = parentOf(at)) {
    const parent = await context.resolver.findZone(at).catch(() => undefined);
    if (parent !== undefined) return askParent(context, parent, name);
  }
  return undefined;
}

async function askParent(context: PreflightContext, parent: string, name: string): Promise<Referral | undefined> {
  const { resolver, exchangeMs: timeoutMs } = context;
  const servers = await resolver.nameServers(parent).catch(() => []);
  // Two of them, one after the other: those of a parent seldom fail.
  for (const host of servers.flatMap(({ addresses }) => addresses.slice(0, 1)).slice(0, 2)) {
    const server = { host, port: resolver.nameServerPort };
    const answer = await resolver.ask(server, name, 'NS', { timeoutMs }).catch(() => undefined);
    if (answer?.rcode === 'NOERROR') return readReferral(context, answer, parent, name);
  }
  return undefined;
}

async function readReferral(
  { resolver }: PreflightContext,
  answer: DnsAnswer,
  parent: string,
  name: string,
): Promise<Referral | undefined> {
  const records = [...answer.authorities, ...answer.answers].flatMap((record) =>
    record.type === 'NS' ? [record] : [],
  );
  const zone = records.map((record) => canonicalName(record.name)).find((owner) => isBetween(owner, parent, name));
  if (zone === undefined) return undefined;
  const hosts = records.filter((record) => sameName(record.name, zone)).map(({ host }) => canonicalName(host));
  const servers = [...new Set(hosts)].map(async (host): Promise<NameServer> => {
    const glue = addressesIn(answer.additionals, host);
    if (glue.length > 0) return { name: host, addresses: glue };
    const types = ['A', 'AAAA'] as const;
    const found = await Promise.all(types.map((type) => resolver.query(host, type).catch(() => undefined)));
    return { name: host, addresses: found.flatMap((reply) => addressesIn(reply?.answers ?? [])) };
  });
  return { zone, servers: await Promise.all(servers) };
}

function isBetween(owner: string, parent: string, name: string): boolean {
  return isWithin(name, owner) && isWithin(owner, parent) && labelsOf(owner).length > labelsOf(parent).length;
}

/** Those of one owner, or all. */
function addressesIn(records: DnsAnswer['answers'], owner?: string): readonly string[] {
  return records.flatMap((record) =>
    (record.type === 'A' || record.type === 'AAAA') && (owner === undefined || sameName(record.name, owner))
      ? [record.address]
      : [],
  );
}
