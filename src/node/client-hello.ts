/**
 * The one message of TLS that a server reads before it decides anything: who is asked for, and which protocols are
 * offered. Read here because Node tells a server of ALPN only when the client sent some.
 */

/** What a ClientHello asks for. */
export interface ClientHello {
  /** SNI in lower case (RFC 6066 §3); undefined without. */
  readonly serverName: string | undefined;
  /** ALPN (RFC 7301 §3.1) in the client's order; empty without. */
  readonly protocols: readonly string[];
}

/** `more`: not all of it has come yet. `bad`: no ClientHello can begin like this. */
export type ClientHelloResult = ClientHello | 'more' | 'bad';

const handshakeRecord = 22;
const clientHelloMessage = 1;
const recordHeader = 5;
const messageHeader = 4;
/** RFC 8446 §5.1: 2^14 octets of plaintext a record. */
const longestRecord = 2 ** 14;
/** Far beyond any real one, post-quantum key shares included. */
const longestHello = 2 ** 16;

const serverNameExtension = 0;
const alpnExtension = 16;

/** Reads the ClientHello at the start of a connection (RFC 8446 §4.1.2); it may be spread over records and packets. */
export function readClientHello(octets: Uint8Array): ClientHelloResult {
  const handshake = joinRecords(octets);
  if (typeof handshake === 'string') return handshake;
  if (handshake.length < messageHeader) return 'more';
  const [type, high, middle, low] = handshake;
  const length = ((high ?? 0) << 16) | ((middle ?? 0) << 8) | (low ?? 0);
  if (type !== clientHelloMessage || length > longestHello) return 'bad';
  if (handshake.length < messageHeader + length) return 'more';
  try {
    return readBody(new Reader(handshake.subarray(messageHeader, messageHeader + length)));
  } catch (error) {
    if (error instanceof Truncated) return 'bad';
    throw error;
  }
}

/** The content of the handshake records so far. */
function joinRecords(octets: Uint8Array): Uint8Array | 'bad' {
  const parts: Uint8Array[] = [];
  let at = 0;
  while (at < octets.length) {
    const length = ((octets[at + 3] ?? 0) << 8) | (octets[at + 4] ?? 0);
    if (octets[at] !== handshakeRecord || (octets[at + 1] ?? 3) !== 3) return 'bad';
    if (at + recordHeader <= octets.length && (length === 0 || length > longestRecord)) return 'bad';
    parts.push(octets.subarray(at + recordHeader, at + recordHeader + length));
    at += recordHeader + length;
  }
  return Buffer.concat(parts);
}

function readBody(body: Reader): ClientHello {
  body.take(2 + 32); // legacy_version, random
  body.vector(1); // legacy_session_id
  body.vector(2); // cipher_suites
  body.vector(1); // legacy_compression_methods
  const extensions = body.ended ? new Reader(new Uint8Array()) : body.vector(2);
  let serverName: string | undefined;
  let protocols: readonly string[] = [];
  while (!extensions.ended) {
    const type = extensions.number(2);
    const content = extensions.vector(2);
    if (type === serverNameExtension) serverName = readServerName(content);
    if (type === alpnExtension) protocols = readProtocols(content);
  }
  return { serverName, protocols };
}

function readServerName(content: Reader): string | undefined {
  const names = content.vector(2);
  const type = names.number(1);
  const name = names.vector(2).text().toLowerCase();
  return type === 0 && name !== '' ? name : undefined;
}

function readProtocols(content: Reader): readonly string[] {
  const list = content.vector(2);
  const protocols: string[] = [];
  while (!list.ended) protocols.push(list.vector(1).text());
  return protocols;
}

class Truncated extends RangeError {}

/** Numbers and length-prefixed vectors (RFC 8446 §3), never beyond the end. */
class Reader {
  readonly #octets: Uint8Array;
  #at = 0;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  get ended(): boolean {
    return this.#at >= this.#octets.length;
  }

  take(length: number): Uint8Array {
    if (this.#at + length > this.#octets.length) throw new Truncated('a ClientHello shorter than it says');
    this.#at += length;
    return this.#octets.subarray(this.#at - length, this.#at);
  }

  number(width: number): number {
    return this.take(width).reduce((value, octet) => value * 256 + octet, 0);
  }

  vector(width: number): Reader {
    return new Reader(this.take(this.number(width)));
  }

  text(): string {
    return Buffer.from(this.#octets).toString('latin1');
  }
}
