/** A zone that a server answers from: records that come and go, with a serial that counts the changes. */
import { textOfTxt } from '../codec/index.ts';
import { absoluteName, canonicalName } from '../name.ts';
import type { KnownType, ResourceRecord } from '../message.ts';
import { nameBelow, parseRecordLines } from './record-lines.ts';
import { codeOfType, codes } from './rrset.ts';
import { type ZoneChange, ZoneContent, type ZoneDraft } from './zone-content.ts';

export interface DnsZoneOptions {
  /**
   * Name servers with their addresses, which become A and AAAA records and must then be names within the zone; a server
   * outside of it has none here. Names without a final dot are below the apex. Default: `ns` without an address.
   */
  readonly nameServers?: Readonly<Record<string, readonly string[]>>;
  /** Seconds, for records that do not say it. Default 300. */
  readonly ttl?: number;
  /** Seconds that a resolver may remember that something is not there (RFC 2308 §4). Default 60. */
  readonly negativeTtl?: number;
  /** Default 1. */
  readonly serial?: number;
  /** Records to begin with, as for {@link DnsZone.add}. */
  readonly records?: string;
}

/**
 * A zone. Each call that changes something is one change: it raises the serial by one and is seen whole or not at all.
 * Records are written as in a zone file, and a name without a final dot is below the apex.
 *
 * @example
 * ```ts
 * import { DnsZone } from 'everseal/dns';
 * const zone = new DnsZone('example.com', { nameServers: { ns1: ['192.0.2.53'] } });
 * zone.add('www 300 IN A 192.0.2.1');
 * zone.add('_acme-challenge TXT "first value"');
 * zone.delegate('sub', { 'ns.sub': ['192.0.2.54'] });
 * console.log(zone.serial, zone.list('www').length); // 4 1
 * ```
 */
export class DnsZone {
  /** Absolute, in lower case. */
  readonly apex: string;
  readonly #ttl: number;
  readonly #listeners = new Set<(content: ZoneContent) => void>();
  #content: ZoneContent;

  constructor(apex: string, options: DnsZoneOptions = {}) {
    this.apex = canonicalName(absoluteName(apex));
    this.#ttl = options.ttl ?? 300;
    const { nameServers = { ns: [] }, negativeTtl = 60, serial = 1, records = '' } = options;
    const [primary = 'ns'] = Object.keys(nameServers);
    const mailbox = this.apex === '.' ? 'hostmaster.' : `hostmaster.${this.apex}`;
    const soa = `@ SOA ${primary} ${mailbox} ${serial} 3600 600 86400 ${negativeTtl}`;
    const draft = new ZoneContent(this.apex).draft();
    for (const record of this.#parse(`${soa}\n${serverLines('@', nameServers)}\n${records}`)) draft.add(record);
    this.#content = draft.content();
  }

  /** What it holds now; stays as it is when the zone changes. */
  get content(): ZoneContent {
    return this.#content;
  }

  get serial(): number {
    return this.#content.soa?.serial ?? 0;
  }

  /**
   * Adds records; one that is there already is fine. The TTL of the last one becomes that of the whole RRset.
   *
   * @throws EversealError `usage` for a line that cannot be read; TypeError for a name outside of the zone
   */
  add(lines: string | readonly ResourceRecord[]): ZoneChange {
    const records = typeof lines === 'string' ? this.#parse(lines) : lines;
    return this.change((draft) => {
      for (const record of records) draft.add(record);
    });
  }

  /** Removes exactly these values (whatever their TTL); those that are not there are fine. */
  remove(lines: string | readonly ResourceRecord[]): ZoneChange {
    const records = typeof lines === 'string' ? this.#parse(lines) : lines;
    return this.change((draft) => {
      for (const record of records) draft.remove(record);
    });
  }

  /** Removes all records at the name, or those of one type. */
  removeAll(name: string, type?: KnownType | number): ZoneChange {
    const owner = this.#absolute(name);
    return this.change((draft) => {
      for (const { code } of draft.rrsets(owner)) {
        if (type === undefined || code === codeOfType(type)) draft.removeRRset(owner, code);
      }
    });
  }

  /** Hands a part of the zone to other servers: NS records, and glue for those that have addresses here. */
  delegate(child: string, nameServers: Readonly<Record<string, readonly string[]>>): ZoneChange {
    return this.add(serverLines(child, nameServers));
  }

  /** Records: all, those at a name, those of a type at a name. */
  list(name?: string, type?: KnownType | number): readonly ResourceRecord[] {
    if (name === undefined) return this.#content.records();
    const sets = this.#content.rrsets(this.#absolute(name));
    return sets.filter(({ code }) => type === undefined || code === codeOfType(type)).flatMap(({ records }) => records);
  }

  /** The texts of the TXT records at a name, strings joined. */
  texts(name: string): readonly string[] {
    return this.list(name, 'TXT').flatMap((record) => (record.type === 'TXT' ? [textOfTxt(record)] : []));
  }

  /** One change made of several steps. When `work` throws, nothing happened. */
  change(work: (draft: ZoneDraft) => void): ZoneChange {
    const draft = this.#content.draft();
    work(draft);
    const { change } = draft;
    if (change.added.length + change.removed.length === 0) return change;
    if (draft.rrset(this.apex, codes.SOA) === this.#content.rrset(this.apex, codes.SOA)) raiseSerial(draft);
    this.#content = draft.content();
    for (const listener of this.#listeners) listener(this.#content);
    return change;
  }

  /** Calls the listener after each change; returns what ends that. */
  onChange(listener: (content: ZoneContent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #parse(lines: string): readonly ResourceRecord[] {
    return parseRecordLines(lines, { origin: this.apex, ttl: this.#ttl });
  }

  #absolute(name: string): string {
    return nameBelow(name, this.apex);
  }
}

function serverLines(owner: string, nameServers: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(nameServers)
    .flatMap(([host, addresses]) => [
      `${owner} NS ${host}`,
      ...addresses.map((address) => `${host} ${address.includes(':') ? 'AAAA' : 'A'} ${address}`),
    ])
    .join('\n');
}

/** RFC 1982: after the last number comes 0, and 0 is no serial to notify about (RFC 2136 §7.11). */
function raiseSerial(draft: ZoneDraft): void {
  const soa = draft.rrset(draft.apex, codes.SOA)?.records[0];
  if (soa?.type === 'SOA') draft.add({ ...soa, serial: soa.serial === 0xffffffff ? 1 : soa.serial + 1 });
}
