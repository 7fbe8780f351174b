/** Dynamic updates (RFC 2136), signed by TSIG. */
import { EversealError, mapAll, type Ports, Semaphore, type SocketAddress } from '../core/index.ts';
import { newMessage, txtStrings } from './codec/index.ts';
import type { DnsMessage, ResourceRecord } from './message.ts';
import { absoluteName, canonicalName, parseName, sameName } from './name.ts';
import { formatResolverAddress } from './resolver-addresses.ts';
import { exchangeSigned } from './signed-exchange.ts';
import type { TsigKey } from './tsig.ts';
import { updateRefusal } from './update-refusal.ts';

/** A message has 65,535 octets; some are for header, zone and signature. */
const roomForRecords = 64_000;
const questionsAtOnce = 8;
const namesInTexts = 3;

export interface DnsUpdaterOptions {
  readonly ports: Pick<Ports, 'net' | 'clock' | 'random'>;
  /** The zone's primary server. */
  readonly server: SocketAddress;
  /** Without it nothing is signed, and replies are taken as they come. */
  readonly key?: TsigKey;
  /** For one message and its reply, whatever attempts it takes. Default 10 s. */
  readonly timeoutMs?: number;
}

/** A TXT value at a name. */
export interface TxtUpdate {
  readonly name: string;
  /** Texts of more than 255 octets become several strings of one record. */
  readonly value: string;
}

/**
 * Adds and removes TXT values on one server: one update for all values of a zone, after one question for each name that is
 * added to (what TTL stands there?).
 *
 * Both calls fail with an EversealError that names the names, the server and what it said: `dns-refused` (REFUSED, NOTAUTH,
 * NOTZONE, NOTIMP, and BADKEY, BADSIG, BADTIME of TSIG), `dns-failed` (SERVFAIL, FORMERR, a reply that is not authentic, a
 * CNAME where the value should stand), `timeout` and what else the network fails with. An update that failed may have been
 * made in part when it did not fit into one message; `remove` with the same records then removes that part.
 *
 * @example
 * ```ts
 * import { DnsUpdater } from 'everseal/dns';
 * import { nodePorts } from 'everseal/node';
 * const updater = new DnsUpdater({ ports: nodePorts(), server: { host: '127.0.0.1', port: 1 }, timeoutMs: 500 });
 * const record = { name: '_acme-challenge.example.', value: 'proof', ttl: 120 };
 * const { signal } = new AbortController();
 * await updater.add('example.', [record], signal).catch((error) => console.log(error.code)); // connection-refused
 * ```
 */
export class DnsUpdater {
  readonly #ports: DnsUpdaterOptions['ports'];
  readonly #server: SocketAddress;
  readonly #key: TsigKey | undefined;
  readonly #timeoutMs: number;

  constructor({ ports, server, key, timeoutMs = 10_000 }: DnsUpdaterOptions) {
    this.#ports = ports;
    this.#server = server;
    this.#key = key;
    this.#timeoutMs = timeoutMs;
  }

  /** Adds the values; those that stand there already are fine. `ttl` (seconds) is that of a new RRset: an existing one keeps its own. */
  async add(
    zone: string,
    records: readonly (TxtUpdate & { readonly ttl: number })[],
    signal: AbortSignal,
  ): Promise<void> {
    const firsts = new Map<string, number>();
    for (const { name, ttl } of records) {
      if (!firsts.has(canonicalName(name))) firsts.set(canonicalName(name), ttl);
    }
    const ttls = new Map(
      await mapAll([...firsts], new Semaphore(questionsAtOnce), async ([name, ttl]): Promise<[string, number]> => {
        return [name, (await this.#standingTtl(name, signal)) ?? ttl];
      }),
    );
    const additions = records.map((record) => ({
      ...txtRecord(record),
      class: 'IN' as const,
      ttl: ttls.get(canonicalName(record.name)) ?? record.ttl,
    }));
    await this.#update(zone, additions, signal);
  }

  /** Deletes exactly these values (RFC 2136 §2.5.4); those that do not stand there are fine. */
  async remove(zone: string, records: readonly TxtUpdate[], signal: AbortSignal): Promise<void> {
    const deletions = records.map((record) => ({ ...txtRecord(record), class: 'NONE' as const, ttl: 0 }));
    await this.#update(zone, deletions, signal);
  }

  /** The TTL of the TXT RRset; undefined when there is none, or the server does not tell. */
  async #standingTtl(name: string, signal: AbortSignal): Promise<number | undefined> {
    const question = newMessage({ id: this.#newId(), questions: [{ name, type: 'TXT', class: 'IN' }] });
    const { answers } = await this.#exchange(question, `the question for TXT at ${name}`, signal);
    const own = answers.filter((record) => record.class === 'IN' && sameName(record.name, name));
    const alias = own.find((record) => record.type === 'CNAME');
    if (alias?.type === 'CNAME') throw this.#aliasFailure(name, alias.target);
    return own.find((record) => record.type === 'TXT')?.ttl;
  }

  /** One message after the other, so that no more than the last is in doubt when one fails. */
  async #update(zone: string, records: readonly ResourceRecord[], signal: AbortSignal): Promise<void> {
    const apex = absoluteName(zone);
    for (const authorities of inMessages(records)) {
      const message = newMessage({
        id: this.#newId(),
        opcode: 'UPDATE',
        questions: [{ name: apex, type: 'SOA', class: 'IN' }],
        authorities,
      });
      const what = `the update of ${namesText(authorities)} in ${apex}`;
      const { rcode } = await this.#exchange(message, what, signal);
      if (rcode !== 'NOERROR') throw updateRefusal({ server: this.#server, what, zone: apex, rcode, key: this.#key });
    }
  }

  #exchange(message: DnsMessage, what: string, signal: AbortSignal): Promise<DnsMessage> {
    signal.throwIfAborted();
    return exchangeSigned({
      ports: this.#ports,
      server: this.#server,
      key: this.#key,
      message,
      what,
      timeoutMs: this.#timeoutMs,
      signal,
    });
  }

  #newId(): number {
    const [high = 0, low = 0] = this.#ports.random.bytes(2);
    return (high << 8) | low;
  }

  /** A server silently ignores a value beside a CNAME (RFC 2136 §3.4.2.2). */
  #aliasFailure(name: string, target: string): EversealError {
    const server = formatResolverAddress(this.#server);
    return new EversealError(
      'dns-failed',
      `No TXT record can stand at ${name} on ${server}: it is a CNAME to ${target}`,
      {
        next: `Write to ${target} instead (let CNAMEs be followed), or remove the CNAME.`,
      },
    );
  }
}

function txtRecord({ name, value }: TxtUpdate) {
  return { name: absoluteName(name), type: 'TXT' as const, strings: stringsOf(name, value) };
}

/** @throws EversealError `dns-failed` for a text that no record can hold */
function stringsOf(name: string, value: string): readonly Uint8Array[] {
  const strings = txtStrings(value);
  const octets = textOctets(strings);
  if (octets <= roomForRecords - 300) return strings;
  throw new EversealError('dns-failed', `The text for ${name} has ${octets} octets, more than a TXT record can hold`, {
    next: 'Use a shorter text.',
  });
}

/** Cut so that each part fits into one message, however badly its names compress. */
function inMessages(records: readonly ResourceRecord[]): readonly (readonly ResourceRecord[])[] {
  const messages: ResourceRecord[][] = [];
  let room = 0;
  for (const record of records) {
    const octets = recordOctets(record);
    if (octets > room) {
      messages.push([]);
      room = roomForRecords;
    }
    messages.at(-1)?.push(record);
    room -= octets;
  }
  return messages;
}

function recordOctets(record: ResourceRecord): number {
  const name = parseName(record.name).reduce((sum, label) => sum + label.length + 1, 1);
  return name + 10 + (record.type === 'TXT' ? textOctets(record.strings) : 0);
}

function textOctets(strings: readonly Uint8Array[]): number {
  return strings.reduce((sum, string) => sum + string.length + 1, 0);
}

function namesText(records: readonly ResourceRecord[]): string {
  const names = [...new Set(records.map(({ name }) => name))];
  const more = names.length - namesInTexts;
  return `${names.slice(0, namesInTexts).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
