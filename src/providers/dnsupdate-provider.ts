/** Records written by dynamic updates: one message a zone. */
import { mapAll, Semaphore } from '../core/index.ts';
import { type DnsProvider, DnsUpdater, type ProviderContext, type TxtRecord } from '../dns/index.ts';
import { BatchFailures } from './batch-failures.ts';
import { readKey, readNameserver, readZones } from './dnsupdate-settings.ts';
import { zoneFinder } from './dnsupdate-zone.ts';

/** Zones that are updated at the same time. */
const zonesAtOnce = 8;

interface Item {
  readonly index: number;
  readonly record: TxtRecord;
}

/** @throws EversealError `usage` for an address, a key or zones that make no sense; nothing is sent yet */
export async function openDnsUpdate(context: ProviderContext): Promise<DnsProvider> {
  const { settings, ports } = context;
  const server = readNameserver(settings);
  const key = await readKey(context);
  const timeoutMs = settings.milliseconds('DNSUPDATE_DNS_TIMEOUT', 10);
  const ttl = settings.number('DNSUPDATE_TTL', 120, 0);
  const updater = new DnsUpdater({ ports, server, timeoutMs, ...(key !== undefined && { key }) });
  const findZone = zoneFinder({ resolver: context.resolver, server, timeoutMs, zones: readZones(settings) });
  return {
    code: 'dnsupdate',
    // The server that is updated knows its zones best: it may be one that the resolvers do not see.
    zones: 'not-needed',
    values: 'many',
    timing: {
      timeoutMs: settings.milliseconds('DNSUPDATE_PROPAGATION_TIMEOUT', 60),
      intervalMs: settings.milliseconds('DNSUPDATE_POLLING_INTERVAL', 2),
    },
    // An update adds and removes single values and is carried out as a whole (RFC 2136 §3.4).
    locks: () => [],
    add: async (records, signal) => {
      await eachZone(records, findZone, signal, (zone, items) => {
        const wanted = items.map(({ record: { name, value, ttl: wish } }) => ({ name, value, ttl: wish ?? ttl }));
        return updater.add(zone, wanted, signal);
      });
      return records.map(() => ({}));
    },
    remove: async (items, signal) => {
      const records = items.map(({ record }) => record);
      await eachZone(records, findZone, signal, (zone, ours) =>
        updater.remove(
          zone,
          ours.map(({ record: { name, value } }) => ({ name, value })),
          signal,
        ),
      );
    },
  };
}

/** Works through all zones, and then says which records failed. */
async function eachZone(
  records: readonly TxtRecord[],
  findZone: (record: TxtRecord, signal: AbortSignal) => Promise<string>,
  signal: AbortSignal,
  work: (zone: string, items: readonly Item[]) => Promise<void>,
): Promise<void> {
  const failures = new BatchFailures();
  const limit = new Semaphore(zonesAtOnce);
  const zones = new Map<string, Item[]>();
  await mapAll(records, limit, (record, index) =>
    failures.gather([index], signal, async () => {
      const zone = await findZone(record, signal);
      zones.set(zone, [...(zones.get(zone) ?? []), { record, index }]);
    }),
  );
  await mapAll([...zones], limit, ([zone, items]) => {
    const indexes = items.map(({ index }) => index);
    return failures.gather(indexes, signal, () => work(zone, items));
  });
  failures.throwIfAny();
}
