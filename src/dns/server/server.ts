/** An authoritative DNS server on the ports. */
import type { Listener, Net, Ports, SocketAddress } from '../../core/index.ts';
import type { DnsMessage, Question, Rcode, ResourceRecord } from '../message.ts';
import { canonicalName } from '../name.ts';
import type { TsigKey, TsigVerdict } from '../tsig.ts';
import { type Answer, answerFrom, zoneFor } from './answer.ts';
import { delay, type DnsFaults, type DnsQuery, forcedRcode, isDropped } from './faults.ts';
import type { DnsRecursor } from './recursor.ts';
import { fitted, isRequest, malformed, replyTo, truncated } from './reply.ts';
import { codeOfType } from './rrset.ts';
import { type ServedZone, ZoneOfServer } from './served-zone.ts';
import { type OpenedRequest, openRequest } from './signature.ts';
import type { DnsZone } from './zone.ts';
import { type UpdatePolicy, updateZone } from './zone-update.ts';

export interface DnsServerOptions {
  readonly ports: Pick<Ports, 'clock'> & Partial<Pick<Ports, 'random'>>;
  readonly zones?: readonly (DnsZone | ServedZone)[];
  /** Whose signatures are accepted. Given, updates must be signed unless a zone says otherwise. */
  readonly keys?: readonly TsigKey[];
  /** Asked about each update once its prerequisites hold. Default: all are taken that the zone's `updates` lets through. */
  readonly policy?: UpdatePolicy;
  /** Answers for names outside of the zones, to those who ask for recursion. Default: REFUSED. */
  readonly recursor?: Pick<DnsRecursor, 'resolve'>;
  readonly faults?: DnsFaults;
}

/** A question and what became of it. */
export interface DnsQueryEntry extends DnsQuery {
  /** What the signature is worth; a request that is refused for it has the rcode NOTAUTH. */
  readonly signature: TsigVerdict['status'];
  /** Name of the key whose signature holds, in lower case; undefined: none. */
  readonly key: string | undefined;
  /** undefined: dropped on purpose. */
  readonly rcode: Rcode | undefined;
}

/** An update that was taken. */
export interface DnsUpdateEntry {
  /** Milliseconds on the server's monotonic clock. */
  readonly at: number;
  readonly zone: string;
  readonly key: string | undefined;
  readonly added: readonly ResourceRecord[];
  readonly removed: readonly ResourceRecord[];
  /** The zone's, after the update. */
  readonly serial: number;
}

/** Entries of a log that are kept. */
const logLength = 10_000;

/**
 * A server for zones: queries (RFC 1034 §4.3.2), updates (RFC 2136), signatures (RFC 8945), EDNS, and on demand the faults
 * that real servers have. Everything it does comes from its zones and ports, so that it runs in virtual time as well.
 *
 * @example
 * ```ts
 * import { DnsServer, DnsZone } from 'everseal/dns';
 * import { nodePorts } from 'everseal/node';
 * const ports = nodePorts();
 * const zone = new DnsZone('example.com', { records: 'www A 192.0.2.1' });
 * const server = new DnsServer({ ports, zones: [zone] });
 * const listener = await server.serve(ports.net, { host: '127.0.0.1', port: 0 });
 * console.log(listener.addresses[0]?.port);
 * await listener.close();
 * ```
 */
export class DnsServer {
  /** May be replaced while the server runs. */
  faults: DnsFaults;
  /** The last questions, oldest first. */
  readonly queries: DnsQueryEntry[] = [];
  /** The last updates that were taken, oldest first. */
  readonly updates: DnsUpdateEntry[] = [];
  readonly #options: DnsServerOptions;
  readonly #zones = new Map<string, ZoneOfServer>();

  constructor(options: DnsServerOptions) {
    this.#options = options;
    this.faults = options.faults ?? {};
    for (const zone of options.zones ?? []) this.host(zone);
  }

  /** Serves the zone from now on, in place of an older one of the same apex. */
  host(served: DnsZone | ServedZone): void {
    const zone = new ZoneOfServer(served, this.#options.ports.clock);
    this.unhost(zone.apex);
    this.#zones.set(zone.apex, zone);
  }

  /** Knows nothing more of the zone. */
  unhost(apex: string): void {
    const key = canonicalName(apex);
    this.#zones.get(key)?.close();
    this.#zones.delete(key);
  }

  /**
   * Listens by UDP and TCP.
   *
   * @throws EversealError as {@link Net.serveDns}
   */
  serve(net: Pick<Net, 'serveDns'>, address: SocketAddress): Promise<Listener> {
    return net.serveDns({ address, handler: this.handler });
  }

  /** One message in, one out; undefined stays silent. */
  readonly handler = async (data: Uint8Array, transport: 'udp' | 'tcp'): Promise<Uint8Array | undefined> => {
    if (!isRequest(data)) return undefined;
    const { ports, keys = [] } = this.#options;
    const opened = openRequest(data, keys, ports.clock);
    if (opened === undefined) return malformed(data);
    const { message: request, seal } = opened;
    const query = describe(request, transport, ports.clock.monotonic());
    const entry = { ...query, key: opened.key, signature: opened.signature };
    const { faults } = this;
    if (isDropped(faults, query, ports.random)) {
      this.#note({ ...entry, rcode: undefined });
      return undefined;
    }
    const reply = replyTo(request, await this.#answer(opened, query));
    this.#note({ ...entry, rcode: reply.rcode });
    await delay(faults, query, ports.clock);
    return fitted(faults.truncate === true && transport === 'udp' ? truncated(reply) : reply, request, transport, seal);
  };

  async #answer({ message, signature, key }: OpenedRequest, query: DnsQuery): Promise<Partial<DnsMessage>> {
    if (signature !== 'valid' && signature !== 'missing') {
      return { rcode: signature === 'FORMERR' ? 'FORMERR' : 'NOTAUTH' };
    }
    const forced = forcedRcode(this.faults, query);
    if (forced !== undefined) return { rcode: forced };
    if (message.opcode === 'QUERY') return this.#resolve(message);
    if (message.opcode === 'UPDATE') return this.#update(message, query, key);
    return { rcode: 'NOTIMP' };
  }

  // -------------------------------------------------------------- queries

  async #resolve(request: DnsMessage): Promise<Partial<DnsMessage>> {
    const [question, ...more] = request.questions;
    if (question === undefined || more.length > 0) return { rcode: 'FORMERR' };
    if (question.class !== 'IN' || isTransfer(question)) return { rcode: 'REFUSED' };
    const zones = [...this.#zones.values()];
    const lame = zoneFor(zones, question.name)?.options.lame;
    if (lame === 'refused') return { rcode: 'REFUSED' };
    if (lame === 'servfail') return { rcode: 'SERVFAIL' };
    const contents = zones.filter(({ options }) => isLoaded(options)).map(({ content }) => content);
    const answer = await this.#recurse(answerFrom(contents, question), request, question);
    return lame === undefined ? answer : { ...answer, authoritative: false };
  }

  /** Where the zones do not lead, the recursor goes on, if there is one and the client wants it. */
  async #recurse(
    own: Answer | undefined,
    { recursionDesired }: DnsMessage,
    question: Question,
  ): Promise<Partial<DnsMessage>> {
    const { recursor } = this.#options;
    const recursionAvailable = recursor !== undefined;
    const { onward, ...sections } = own ?? { onward: question.name, rcode: 'REFUSED' as const, answers: [] };
    if (recursor === undefined || !recursionDesired || onward === undefined) return { ...sections, recursionAvailable };
    const { rcode, answers, authorities } = await recursor.resolve(onward, question.type);
    return { ...sections, rcode, answers: [...sections.answers, ...answers], authorities, recursionAvailable };
  }

  // -------------------------------------------------------------- updates

  #update(request: DnsMessage, query: DnsQuery, key: string | undefined): Partial<DnsMessage> {
    const [section, ...more] = request.questions;
    if (section === undefined || more.length > 0 || section.type !== 'SOA') return { rcode: 'FORMERR' };
    const served = this.#zones.get(canonicalName(section.name));
    if (served === undefined || section.class !== 'IN') return { rcode: 'NOTAUTH' };
    if (!this.#takesUpdates(served.options, key)) return { rcode: 'REFUSED' };
    const { zone } = served;
    const { rcode, change } = updateZone(zone, request, key, this.#options.policy);
    if (change !== undefined) this.#noteUpdate({ at: query.at, zone: zone.apex, key, serial: zone.serial, ...change });
    return { rcode };
  }

  #takesUpdates({ updates, lagMs, lame }: ServedZone, key: string | undefined): boolean {
    if (lagMs !== undefined || lame !== undefined || updates === 'refused') return false;
    const isSignatureNeeded = (updates ?? (this.#options.keys ? 'signed' : 'open')) === 'signed';
    return key !== undefined || !isSignatureNeeded;
  }

  // -------------------------------------------------------------- logs

  #note(entry: DnsQueryEntry): void {
    this.queries.push(entry);
    if (this.queries.length > logLength) this.queries.shift();
  }

  #noteUpdate(entry: DnsUpdateEntry): void {
    this.updates.push(entry);
    if (this.updates.length > logLength) this.updates.shift();
  }
}

function describe({ opcode, questions }: DnsMessage, transport: 'udp' | 'tcp', at: number): DnsQuery {
  const [{ name, type } = { name: '.', type: 'ANY' } as const] = questions;
  return { at, transport, opcode, name, type };
}

function isLoaded({ lame }: ServedZone): boolean {
  return lame === undefined || lame === 'not-authoritative';
}

/** AXFR and IXFR: zones are not handed out. */
function isTransfer({ type }: Question): boolean {
  return codeOfType(type) === 252 || codeOfType(type) === 251;
}
