/** DNS messages on a stream: two octets of length before each (RFC 1035 §4.2.2). */

const longestMessage = 0xffff;

/** The message with its length before it, as one piece (RFC 7766 §8). */
export function frameDns(message: Uint8Array): Uint8Array {
  if (message.length > longestMessage) throw new TypeError('a DNS message has at most 65,535 octets');
  return Uint8Array.from([message.length >> 8, message.length & 0xff, ...message]);
}

/** Cuts a stream into messages; holds what is not whole yet. */
export class DnsFrames {
  #held: Uint8Array = new Uint8Array();

  /** The messages that are whole now. */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    const data = Buffer.concat([this.#held, chunk]);
    const messages: Uint8Array[] = [];
    let at = 0;
    while (at + 2 <= data.length && at + 2 + data.readUInt16BE(at) <= data.length) {
      const end = at + 2 + data.readUInt16BE(at);
      messages.push(new Uint8Array(data.subarray(at + 2, end)));
      at = end;
    }
    this.#held = data.subarray(at);
    return messages;
  }
}
