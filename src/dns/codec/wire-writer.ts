import { nameOfLabels, parseName } from '../name.ts';

/** Pointers have 14 bits (RFC 1035 §4.1.4). */
const furthestTarget = 0x3fff;
const longestMessage = 0xffff;

/**
 * Writes a DNS message. What does not fit into its field is a TypeError.
 * Names are compressed where they are equal octet by octet, so that upper and lower case come back as they were.
 */
export class WireWriter {
  #data = new Uint8Array(512);
  #length = 0;
  /** Tail of a name → where it stands. */
  readonly #targets = new Map<string, number>();

  get length(): number {
    return this.#length;
  }

  u8(value: number): void {
    this.#number(value, 1);
  }

  u16(value: number): void {
    this.#number(value, 2);
  }

  u32(value: number): void {
    this.#number(value, 4);
  }

  u48(value: number): void {
    this.#number(value, 6);
  }

  octets(data: Uint8Array): void {
    this.#reserve(data.length);
    this.#data.set(data, this.#length);
    this.#length += data.length;
  }

  /** A string of up to 255 octets, its length before it. */
  characterString(data: Uint8Array): void {
    if (data.length > 255) throw new TypeError(`a character-string has at most 255 octets, this one ${data.length}`);
    this.u8(data.length);
    this.octets(data);
  }

  /** A name whose tail may be a pointer to one that stands before. */
  name(name: string): void {
    const labels = labelsToWrite(name);
    for (const [index, label] of labels.entries()) {
      const tail = nameOfLabels(labels.slice(index));
      const target = this.#targets.get(tail);
      if (target !== undefined) {
        this.u16(0xc000 + target);
        return;
      }
      if (this.#length <= furthestTarget) this.#targets.set(tail, this.#length);
      this.characterString(label);
    }
    this.u8(0);
  }

  /** A name in full; nothing points to it (RFC 3597 §4). */
  plainName(name: string): void {
    for (const label of labelsToWrite(name)) this.characterString(label);
    this.u8(0);
  }

  /** Two octets of length, and what `write` writes. */
  measured(write: () => void): void {
    const at = this.#length;
    this.u16(0);
    write();
    const length = this.#length - at - 2;
    if (length > longestMessage) throw new TypeError(`rdata has at most ${longestMessage} octets, this one ${length}`);
    this.#data[at] = length >> 8;
    this.#data[at + 1] = length & 0xff;
  }

  /** @throws TypeError when the message has more than 65,535 octets */
  finish(): Uint8Array {
    if (this.#length > longestMessage)
      throw new TypeError(`a DNS message has at most ${longestMessage} octets, this one ${this.#length}`);
    return this.#data.slice(0, this.#length);
  }

  #number(value: number, octets: number): void {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * octets))
      throw new TypeError(`${value} is no whole number of ${octets} octets`);
    this.#reserve(octets);
    for (let at = octets - 1; at >= 0; at -= 1) {
      this.#data[this.#length] = Math.floor(value / 2 ** (8 * at)) & 0xff;
      this.#length += 1;
    }
  }

  #reserve(octets: number): void {
    if (this.#length + octets <= this.#data.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#data.length, this.#length + octets));
    grown.set(this.#data);
    this.#data = grown;
  }
}

function labelsToWrite(name: string): readonly Uint8Array[] {
  try {
    return parseName(name);
  } catch (cause) {
    throw new TypeError(`cannot encode the name ${JSON.stringify(name)}`, { cause });
  }
}
