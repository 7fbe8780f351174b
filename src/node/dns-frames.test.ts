import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DnsFrames, frameDns } from './dns-frames.ts';

describe('DNS messages on a stream', () => {
  it('come out as they went in, however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 9 }),
        (messages, size) => {
          const stream = Buffer.concat(messages.map(frameDns));
          const frames = new DnsFrames();
          const received: Uint8Array[] = [];
          for (let at = 0; at < stream.length; at += size)
            received.push(...frames.push(stream.subarray(at, at + size)));
          expect(received.map((message) => [...message])).toEqual(messages.map((message) => [...message]));
        },
      ),
    );
  });

  it('begin with their length in two octets (RFC 1035 §4.2.2)', () => {
    expect([...frameDns(new Uint8Array(0x0102)).subarray(0, 2)]).toEqual([1, 2]);
    expect(() => frameDns(new Uint8Array(0x10000))).toThrow(TypeError);
  });
});
