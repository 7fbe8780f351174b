/** What can be wrong with a server on purpose. */
import type { Clock, Random } from '../../core/index.ts';
import type { DnsMessage, QueryType, Rcode } from '../message.ts';
import { isWithin } from '../name.ts';

/** A question as a server sees it. */
export interface DnsQuery {
  /** Milliseconds on the server's monotonic clock. */
  readonly at: number;
  readonly transport: 'udp' | 'tcp';
  readonly opcode: DnsMessage['opcode'];
  /** As asked. In an UPDATE, name and type are the zone's and SOA. */
  readonly name: string;
  readonly type: QueryType;
}

/** Every member is off by default. */
export interface DnsFaults {
  /** Questions that get no answer: with this probability (needs the random port), or those chosen. */
  readonly drop?: number | ((query: DnsQuery) => boolean);
  /** No answer by UDP. */
  readonly silentUdp?: boolean;
  /** Each answer by UDP is empty and truncated. */
  readonly truncate?: boolean;
  /** Milliseconds before an answer leaves; what an UPDATE changes is changed before. */
  readonly delayMs?: number | ((query: DnsQuery) => number);
  /** Names (and all below) for which the answer is SERVFAIL. */
  readonly servfail?: readonly string[];
  /** Another answer: the code alone, and nothing is changed; undefined answers as usual. */
  readonly rcode?: (query: DnsQuery) => Rcode | undefined;
}

export function isDropped(faults: DnsFaults, query: DnsQuery, random: Pick<Random, 'fraction'> | undefined): boolean {
  if (faults.silentUdp === true && query.transport === 'udp') return true;
  const { drop = 0 } = faults;
  if (typeof drop === 'function') return drop(query);
  if (drop === 0) return false;
  if (random === undefined) throw new TypeError('a server that drops questions by chance needs the random port');
  return random.fraction() < drop;
}

export function forcedRcode(faults: DnsFaults, query: DnsQuery): Rcode | undefined {
  if (faults.servfail?.some((name) => isWithin(query.name, name)) === true) return 'SERVFAIL';
  return faults.rcode?.(query);
}

export async function delay(faults: DnsFaults, query: DnsQuery, clock: Pick<Clock, 'sleep'>): Promise<void> {
  const { delayMs = 0 } = faults;
  const ms = typeof delayMs === 'function' ? delayMs(query) : delayMs;
  if (ms > 0) await clock.sleep(ms);
}
