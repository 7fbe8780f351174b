/** For tests: asking a server without a network between. */
import { decodeMessage, encodeMessage, newMessage } from '../codec/index.ts';
import type { DnsMessage, QueryType, ResourceRecord } from '../message.ts';
import { parseRecordLines } from './record-lines.ts';
import type { DnsServer } from './server.ts';

export type Handler = Pick<DnsServer, 'handler'>;

/** A clock that stands still until it is told. */
export class StillClock {
  #elapsed = 0;

  now(): Date {
    return new Date(Date.UTC(2030, 0, 1) + this.#elapsed);
  }

  monotonic(): number {
    return this.#elapsed;
  }

  /** Time passes at once. */
  async sleep(ms: number): Promise<void> {
    this.#elapsed += ms;
  }
}

export async function send(
  server: Handler,
  message: Partial<DnsMessage>,
  transport: 'udp' | 'tcp' = 'udp',
): Promise<DnsMessage> {
  const reply = await server.handler(encodeMessage(newMessage({ id: 4711, ...message })), transport);
  if (reply === undefined) throw new TypeError('the server stays silent');
  return decodeMessage(reply);
}

export function ask(
  server: Handler,
  name: string,
  type: QueryType,
  more: Partial<DnsMessage> = {},
): Promise<DnsMessage> {
  return send(server, { questions: [{ name, type, class: 'IN' }], ...more });
}

/** Records of lines below example.com. */
export function records(lines: string): readonly ResourceRecord[] {
  return parseRecordLines(lines, { origin: 'example.com.', ttl: 300 });
}

/** `www.example.com. 300 A 192.0.2.1`: what a record says, in one line. */
export function shown(found: readonly ResourceRecord[]): readonly string[] {
  return found.map((record) => `${record.name} ${record.ttl} ${record.type} ${contentOf(record)}`);
}

function contentOf(record: ResourceRecord): string {
  switch (record.type) {
    case 'A':
    case 'AAAA':
      return record.address;
    case 'NS':
      return record.host;
    case 'CNAME':
    case 'DNAME':
    case 'PTR':
      return record.target;
    case 'TXT':
      return record.strings.map((string) => Buffer.from(string).toString()).join(' ');
    case 'SOA':
      return `${record.serial}`;
    default:
      return '';
  }
}
