/** Records as people write them: lines of a zone file (RFC 1035 §5), each with its owner. */
import { EversealError, formatIpAddress, fromUtf8, parseIpAddress, printable, utf8 } from '../../core/index.ts';
import { absoluteName, withoutFinalDot } from '../name.ts';
import type { RecordData, ResourceRecord } from '../message.ts';

export interface LineContext {
  /** What names without a final dot are below of, and `@`. Absolute. */
  readonly origin: string;
  /** Seconds, for lines without a TTL. */
  readonly ttl: number;
}

/**
 * Reads lines `owner [ttl] [IN] type content`. Empty lines and comments (`;`) are fine; indentation means nothing, so each
 * line has its owner; records do not go over several lines. Types: A, AAAA, CAA, CNAME, DNAME, MX, NS, PTR, SOA, SRV, TXT
 * (a string of more than 255 octets is cut into several), and all others as `TYPE65 \# 2 abcd` (RFC 3597 §5).
 *
 * @throws EversealError `usage` naming the line and what is wrong with it
 *
 * @example
 * ```ts
 * import { parseRecordLines } from 'everseal/dns';
 * const records = parseRecordLines('www 300 IN A 192.0.2.1', { origin: 'example.com.', ttl: 60 });
 * console.log(records[0]?.name, records[0]?.ttl); // www.example.com. 300
 * ```
 */
export function parseRecordLines(text: string, context: LineContext): readonly ResourceRecord[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const words = splitWords(line.trim());
    return words.length === 0 ? [] : [new LineReader(line.trim(), words, context).record()];
  });
}

const word = /\s*(?:;.*$|"((?:[^"\\]|\\.)*)"|((?:[^\s;"\\]|\\.)+))/gy;

/** What stands between spaces or quotes, escapes still in it. */
function splitWords(line: string): readonly string[] {
  const matches = [...line.matchAll(word)];
  const length = matches.reduce((sum, [match]) => sum + match.length, 0);
  if (length < line.length) throw unreadable(line, 'a quote or backslash has no end');
  return matches.flatMap(([, quoted, plain]) => quoted ?? plain ?? []);
}

/** How the content of each type reads, field by field. */
const contents: Readonly<Record<string, (line: LineReader) => RecordData>> = {
  A: (line) => ({ type: 'A', address: line.address(4) }),
  AAAA: (line) => ({ type: 'AAAA', address: line.address(16) }),
  CAA: (line) => ({ type: 'CAA', flags: line.number(0xff), tag: line.text(), value: line.text() }),
  CNAME: (line) => ({ type: 'CNAME', target: line.name() }),
  DNAME: (line) => ({ type: 'DNAME', target: line.name() }),
  MX: (line) => ({ type: 'MX', preference: line.number(0xffff), exchange: line.name() }),
  NS: (line) => ({ type: 'NS', host: line.name() }),
  PTR: (line) => ({ type: 'PTR', target: line.name() }),
  SOA: (line) => ({
    type: 'SOA',
    primary: line.name(),
    mailbox: line.name(),
    serial: line.number(0xffffffff),
    refresh: line.number(0x7fffffff),
    retry: line.number(0x7fffffff),
    expire: line.number(0x7fffffff),
    minimum: line.number(0x7fffffff),
  }),
  SRV: (line) => ({
    type: 'SRV',
    priority: line.number(0xffff),
    weight: line.number(0xffff),
    port: line.number(0xffff),
    target: line.name(),
  }),
  TXT: (line) => ({ type: 'TXT', strings: line.strings() }),
};

/**
 * A name as zone files have it: below the origin unless it ends with a dot; `@` is the origin (RFC 1035 §5.1).
 *
 * @throws EversealError `bad-identifier`
 */
export function nameBelow(text: string, origin: string): string {
  if (text === '@') return absoluteName(origin);
  if (withoutFinalDot(text) !== text) return absoluteName(text);
  return absoluteName(origin === '.' ? `${text}.` : `${text}.${origin}`);
}

class LineReader {
  readonly #line: string;
  readonly #context: LineContext;
  readonly #words: string[];

  constructor(line: string, words: readonly string[], context: LineContext) {
    this.#line = line;
    this.#words = [...words];
    this.#context = context;
  }

  record(): ResourceRecord {
    const name = this.name();
    let { ttl } = this.#context;
    for (;;) {
      const next = this.#words[0] ?? '';
      if (/^\d+$/.test(next)) ttl = this.number(0x7fffffff);
      else if (next.toUpperCase() === 'IN') this.#next();
      else break;
    }
    const data = this.#content(this.#next().toUpperCase());
    if (this.#words.length > 0) throw this.#wrong('there is more than the type can hold');
    return { ...data, name, class: 'IN', ttl };
  }

  name(): string {
    return nameBelow(this.#next(), this.#context.origin);
  }

  number(most: number): number {
    const text = this.#next();
    if (!/^\d{1,10}$/.test(text) || Number(text) > most) throw this.#wrong(`${text} is no number up to ${most}`);
    return Number(text);
  }

  address(octets: 4 | 16): string {
    const text = this.#next();
    const address = parseIpAddress(text);
    if (address?.length !== octets) throw this.#wrong(`${text} is no IPv${octets === 4 ? 4 : 6} address`);
    return formatIpAddress(address);
  }

  text(): string {
    return fromUtf8(this.#octetsOf(this.#next()));
  }

  /** Each remaining word, cut where it passes 255 octets. */
  strings(): readonly Uint8Array[] {
    const words = [this.#next(), ...this.#words.splice(0)];
    return words.flatMap((text) => cut(this.#octetsOf(text)));
  }

  /** RFC 3597 §5: `\# length hex…`. */
  octets(): Uint8Array {
    if (this.#next() !== '\\#') throw this.#wrong('the content of this type is written as \\# LENGTH HEX');
    const length = this.number(0xffff);
    const hex = this.#words.splice(0).join('');
    if (!/^([0-9a-f]{2})*$/i.test(hex) || hex.length !== 2 * length) throw this.#wrong('the length does not fit');
    return new Uint8Array(Buffer.from(hex, 'hex'));
  }

  #content(type: string): RecordData {
    const read = Object.hasOwn(contents, type) ? contents[type] : undefined;
    if (read !== undefined) return read(this);
    const code = Number(/^TYPE(\d{1,5})$/.exec(type)?.[1] ?? Number.NaN);
    if (!(code <= 0xffff)) throw this.#wrong(`the type ${type || '(none)'} is not known`);
    return { type: 'unknown', code, data: this.octets() };
  }

  /** Of a character-string: `\DDD` is an octet, `\X` is X (RFC 1035 §5.1). */
  #octetsOf(text: string): Uint8Array {
    const parts = text.match(/\\\d{3}|\\?[^\\]|\\\\/gu) ?? [];
    return Buffer.concat(
      parts.map((part) => {
        if (!part.startsWith('\\')) return utf8(part);
        if (part.length < 4) return utf8(part.slice(1));
        if (Number(part.slice(1)) > 255) throw this.#wrong(`${part} is no octet`);
        return Uint8Array.of(Number(part.slice(1)));
      }),
    );
  }

  #next(): string {
    const next = this.#words.shift();
    if (next === undefined) throw this.#wrong('something is missing at its end');
    return next;
  }

  #wrong(why: string): EversealError {
    return unreadable(this.#line, why);
  }
}

function unreadable(line: string, why: string): EversealError {
  return new EversealError('usage', `Cannot read the record "${printable(line, 200)}": ${why}`, {
    next: 'Write it as in a zone file: www 300 IN A 192.0.2.1.',
  });
}

function cut(octets: Uint8Array): readonly Uint8Array[] {
  const pieces = Math.max(1, Math.ceil(octets.length / 255));
  return Array.from({ length: pieces }, (_, i) => Uint8Array.from(octets.subarray(255 * i, 255 * (i + 1))));
}
