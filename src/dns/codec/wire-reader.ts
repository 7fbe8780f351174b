import { EversealError } from '../../core/index.ts';
import { nameOfLabels } from '../name.ts';

/** A pointer's two highest bits, and what remains for the offset (RFC 1035 §4.1.4). */
const pointerMark = 0xc0;
const longestName = 255;
/** A name has at most 127 labels, so more pointers than that only serve to keep the reader busy. */
const mostPointers = 127;

/**
 * Reads a DNS message from the front. Whatever does not fit is an EversealError `bad-reply` that says where; the time is
 * bounded, since each pointer of a name must lead further to the front than where the piece of the name before it began.
 */
export class WireReader {
  readonly data: Uint8Array;
  offset = 0;
  #end: number;

  constructor(data: Uint8Array) {
    this.data = data;
    this.#end = data.length;
  }

  /** Octets until the end, or until that of the stretch which is being read. */
  get left(): number {
    return this.#end - this.offset;
  }

  /** @throws EversealError always */
  fail(why: string, offset = this.offset): never {
    throw new EversealError('bad-reply', `A DNS message is malformed at octet ${offset}: ${why}`, {
      next: 'Check that a DNS server listens there and that nothing between changes its answers.',
    });
  }

  u8(): number {
    const octet = this.data[this.offset];
    if (octet === undefined || this.left < 1) return this.fail('it ends too early');
    this.offset += 1;
    return octet;
  }

  u16(): number {
    return this.u8() * 0x100 + this.u8();
  }

  u32(): number {
    return this.u16() * 0x10000 + this.u16();
  }

  u48(): number {
    return this.u16() * 0x100000000 + this.u32();
  }

  /** A copy of the next octets. */
  octets(length: number): Uint8Array {
    if (length > this.left) return this.fail(`${length} octets are announced and ${this.left} are there`);
    this.offset += length;
    return this.data.slice(this.offset - length, this.offset);
  }

  /** Lets `read` see the next octets only, and sees that it takes them all. */
  stretch<T>(length: number, read: () => T): T {
    if (length > this.left) return this.fail(`${length} octets are announced and ${this.left} are there`);
    const outer = this.#end;
    this.#end = this.offset + length;
    const result = read();
    if (this.left > 0) this.fail(`${this.left} octets are left over`);
    this.#end = outer;
    return result;
  }

  /** A name, its pointers followed. */
  name(): string {
    const labels: Uint8Array[] = [];
    let octets = 1;
    let begin = this.offset; // of the piece that is being read: the next pointer must lead before it
    let pointers = 0;
    let resume: { readonly offset: number; readonly end: number } | undefined;
    for (let length = this.u8(); length !== 0; length = this.u8()) {
      if (length >= pointerMark) {
        const target = (length - pointerMark) * 0x100 + this.u8();
        if (target >= begin) this.fail(`a name points to octet ${target}, which is not before it`);
        pointers += 1;
        if (pointers > mostPointers) this.fail('a name has too many pointers');
        resume ??= { offset: this.offset, end: this.#end };
        this.#end = this.data.length;
        begin = target;
        this.offset = target;
        continue;
      }
      if (length > 63) this.fail('a label of an unknown kind');
      octets += length + 1;
      if (octets > longestName) this.fail(`a name of more than ${longestName} octets`);
      labels.push(this.octets(length));
    }
    if (resume !== undefined) {
      this.offset = resume.offset;
      this.#end = resume.end;
    }
    return nameOfLabels(labels);
  }
}
