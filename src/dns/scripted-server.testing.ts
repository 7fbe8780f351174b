/** A name server of a few lines, made for the tests of updates: it holds one zone, and does what it is told with its replies. */
import type { Listener, Ports, SocketAddress } from '../core/index.ts';
import { encodeMessage, newMessage, textOfTxt } from './codec/index.ts';
import type { DnsMessage, Rcode, ResourceRecord } from './message.ts';
import { isWithin, sameName } from './name.ts';
import { refuseSignature, signMessage, type TsigKey, verifyMessage } from './tsig.ts';

export interface Seen {
  readonly transport: 'udp' | 'tcp';
  readonly octets: number;
  readonly message: DnsMessage;
  readonly signed: boolean;
}

type Transport = 'udp' | 'tcp';

export class ScriptedServer {
  readonly seen: Seen[] = [];
  records: ResourceRecord[];
  /** Accepted keys; with any, nothing else is. */
  keys: readonly TsigKey[] = [];
  zone = 'example.';
  /** Instead of doing it. */
  rcodes: { readonly [Kind in 'QUERY' | 'UPDATE']?: Rcode } = {};
  /** Changes a reply before it is signed. */
  alter: (reply: DnsMessage, transport: Transport) => DnsMessage = (reply) => reply;
  /** Changes the octets on the way out; undefined is silence. */
  tamper: (data: Uint8Array, transport: Transport) => Uint8Array | undefined = (data) => data;
  signs = true;

  constructor(records: readonly ResourceRecord[] = []) {
    this.records = [...records];
  }

  /** `name ttl text`, sorted. */
  get texts(): readonly string[] {
    return this.records
      .map((record) => `${record.name} ${record.ttl} ${record.type === 'TXT' ? textOfTxt(record) : record.type}`)
      .sort();
  }

  get updates(): readonly Seen[] {
    return this.seen.filter(({ message }) => message.opcode === 'UPDATE');
  }

  serve(ports: Pick<Ports, 'net' | 'clock'>, address: SocketAddress): Promise<Listener> {
    const handler = async (data: Uint8Array, transport: Transport) => {
      const reply = this.#answer(data, transport, ports.clock.now());
      return this.tamper(reply, transport);
    };
    return ports.net.serveDns({ address, handler });
  }

  #answer(data: Uint8Array, transport: Transport, now: Date): Uint8Array {
    const verdict = verifyMessage(data, { keys: this.keys, now });
    const request = verdict.message;
    const { status } = verdict;
    this.seen.push({ transport, octets: data.length, message: request, signed: status !== 'missing' });
    const { id, opcode, questions } = request;
    const base = newMessage({ id, opcode, questions, response: true });
    if (status !== 'valid' && status !== 'missing') return refuseSignature(base, verdict, now);
    const trusted = this.keys.length === 0 || status === 'valid';
    const reply = this.alter(trusted ? this.#reply(request, base) : { ...base, rcode: 'REFUSED' }, transport);
    if (status === 'missing' || !this.signs) return encodeMessage(reply);
    return signMessage(reply, verdict.key, now, { requestMac: verdict.mac }).data;
  }

  #reply(request: DnsMessage, base: DnsMessage): DnsMessage {
    const kind = request.opcode === 'UPDATE' ? 'UPDATE' : 'QUERY';
    const rcode = this.rcodes[kind];
    if (rcode !== undefined) return { ...base, rcode };
    if (kind === 'UPDATE') return this.#update(request, base);
    const answers = this.records.filter(({ name }) => sameName(name, request.questions[0]?.name ?? '.'));
    return { ...base, authoritative: true, answers, rcode: answers.length === 0 ? 'NXDOMAIN' : 'NOERROR' };
  }

  /** RFC 2136 §3.4.2. As on Knot, an addition gives its TTL to the whole RRset. */
  #update(request: DnsMessage, base: DnsMessage): DnsMessage {
    if (!sameName(request.questions[0]?.name ?? '.', this.zone)) return { ...base, rcode: 'NOTAUTH' };
    if (request.authorities.some(({ name }) => !isWithin(name, this.zone))) return { ...base, rcode: 'NOTZONE' };
    for (const record of request.authorities) {
      this.records = this.records.filter((standing) => !sameData(standing, record));
      if (record.class === 'NONE') continue;
      this.records = this.records.map((standing) =>
        sameName(standing.name, record.name) ? { ...standing, ttl: record.ttl } : standing,
      );
      this.records.push(record);
    }
    return base;
  }
}

export function txt(name: string, text: string, ttl: number): ResourceRecord {
  const strings = [Uint8Array.from(Buffer.from(text))];
  return { name, class: 'IN', ttl, type: 'TXT', strings };
}

function sameData(a: ResourceRecord, b: ResourceRecord): boolean {
  if (!sameName(a.name, b.name) || a.type !== 'TXT' || b.type !== 'TXT') return false;
  return JSON.stringify(a.strings.map((s) => [...s])) === JSON.stringify(b.strings.map((s) => [...s]));
}
