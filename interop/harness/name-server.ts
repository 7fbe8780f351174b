/** What the suites know of a real DNS server that they started. */
import { DnsUpdater, createResolver, type DnsResolver, type TsigKey } from '../../src/dns/index.ts';
import { nodePorts } from '../../src/node/index.ts';

export interface Zone {
  /** Without the final dot. */
  readonly apex: string;
  /** Lines of a zone file beyond SOA. */
  readonly records: readonly string[];
  /** Whether the server's key may update it. Default true. */
  readonly updates?: boolean;
}

export interface NameServer {
  /** An address of loopback, port 53: name servers cannot be told other ports. */
  readonly address: string;
  /** The key that may update its zones. */
  readonly key: TsigKey;
  /** Everything it printed. */
  log(): string;
  stop(): Promise<void>;
}

const ports = nodePorts();

/** Asks this server alone. */
export function resolverAt(address: string, port = 53): DnsResolver {
  return createResolver({ ports, servers: [{ host: address, port }], timeoutMs: 2_000, cache: false });
}

/** The TXT values that the server shows at the name, sorted, with their TTL. */
export async function textsAt(server: string, name: string): Promise<readonly string[]> {
  const signal = AbortSignal.timeout(5_000);
  const answer = await resolverAt(server).ask({ host: server, port: 53 }, name, 'TXT', { signal });
  return answer.answers
    .flatMap((record) =>
      record.type === 'TXT' ? `${record.ttl} ${Buffer.concat(record.strings.map((text) => Buffer.from(text)))}` : [],
    )
    .sort();
}

/** The TXT records that the server shows at the name as they are: TTL, and the octets of each string in hex; sorted. */
export async function rawTextsAt(server: string, name: string): Promise<readonly string[]> {
  const signal = AbortSignal.timeout(5_000);
  const answer = await resolverAt(server).ask({ host: server, port: 53 }, name, 'TXT', { signal });
  return answer.answers
    .flatMap((record) =>
      record.type === 'TXT' ? `${record.ttl} ${record.strings.map((text) => Buffer.from(text).toString('hex'))}` : [],
    )
    .sort();
}

/** Puts a value of somebody else's there. */
export async function putForeign(server: NameServer, zone: string, name: string, value: string, ttl: number) {
  const updater = new DnsUpdater({ ports, server: { host: server.address, port: 53 }, key: server.key });
  await updater.add(zone, [{ name, value, ttl }], AbortSignal.timeout(5_000));
}

/** A zone file's head: serial 1, everything short. */
export function zoneFile({ apex, records }: Zone): string {
  return [`$ORIGIN ${apex}.`, '$TTL 60', `@ SOA ns1 hostmaster 1 5 1 86400 1`, ...records, ''].join('\n');
}

/** Whether it answers for its zones. */
export async function isReady(address: string, apex: string): Promise<true | undefined> {
  const signal = AbortSignal.timeout(1_000);
  const server = { host: address, port: 53 };
  const answer = await resolverAt(address).ask(server, `${apex}.`, 'SOA', {
    signal,
    timeoutMs: 500,
    recursionDesired: true,
  });
  return answer.answers.length > 0 ? true : undefined;
}
