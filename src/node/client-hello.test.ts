import fc from 'fast-check';
import { createServer } from 'node:net';
import { connect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { type ClientHello, readClientHello } from './client-hello.ts';

function vector(width: number, content: readonly number[]): number[] {
  const length = Array.from({ length: width }, (_, index) => (content.length >> (8 * (width - 1 - index))) & 0xff);
  return [...length, ...content];
}

function latin1(text: string): number[] {
  return [...Buffer.from(text, 'latin1')];
}

function extension(type: number, content: readonly number[]): number[] {
  return [0, type, ...vector(2, content)];
}

/** RFC 8446 §4.1.2, in records of at most `recordSize` octets. */
function helloOctets(hello: ClientHello, recordSize = 16_384): Uint8Array {
  const extensions = [
    ...extension(10, [0, 2, 0, 29]),
    ...(hello.serverName === undefined ? [] : extension(0, vector(2, [0, ...vector(2, latin1(hello.serverName))]))),
    ...(hello.protocols.length === 0
      ? []
      : extension(
          16,
          vector(
            2,
            hello.protocols.flatMap((name) => vector(1, latin1(name))),
          ),
        )),
  ];
  const body = [3, 3, ...new Array<number>(32).fill(7), 0, 0, 2, 0x13, 1, 1, 0, ...vector(2, extensions)];
  const message = [1, ...vector(3, body)];
  const records: number[] = [];
  for (let at = 0; at < message.length; at += recordSize) {
    records.push(22, 3, 1, ...vector(2, message.slice(at, at + recordSize)));
  }
  return Uint8Array.from(records);
}

const hellos: fc.Arbitrary<ClientHello> = fc.record({
  serverName: fc.option(fc.stringMatching(/^[a-z0-9.-]{1,60}$/), { nil: undefined }),
  protocols: fc.array(fc.stringMatching(/^[ -~]{1,30}$/), { maxLength: 5 }),
});

describe('readClientHello', () => {
  it('reads name and protocols, in whatever records they come', () => {
    fc.assert(
      fc.property(hellos, fc.integer({ min: 1, max: 400 }), (hello, recordSize) => {
        expect(readClientHello(helloOctets(hello, recordSize))).toEqual(hello);
      }),
    );
  });

  it('asks for more until all of it is there, at every cut', () => {
    const octets = helloOctets({ serverName: 'a.test', protocols: ['h2'] }, 30);
    for (let length = 0; length < octets.length; length += 1) {
      expect(readClientHello(octets.subarray(0, length))).toBe('more');
    }
  });

  it('gives a name in lower case', () => {
    const octets = helloOctets({ serverName: 'A.Test', protocols: [] });
    expect(readClientHello(octets)).toMatchObject({ serverName: 'a.test' });
  });

  it('never fails on any octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(200), fc.nat(255), (noise, at, octet) => {
        const broken = helloOctets({ serverName: 'a.test', protocols: ['h2'] });
        broken[at % broken.length] = octet;
        for (const octets of [noise, broken]) {
          const result = readClientHello(octets);
          expect(['string', 'object']).toContain(typeof result);
        }
      }),
    );
  });

  it.each([
    ['HTTP', latin1('GET / HTTP/1.1\r\n')],
    ['another kind of record', [23, 3, 3, 0, 1, 0]],
    ['another message', [22, 3, 1, 0, 4, 2, 0, 0, 0]],
    ['an empty record', [22, 3, 1, 0, 0]],
    ['a record beyond 2^14', [22, 3, 1, 0x40, 1]],
    ['a message beyond measure', [22, 3, 1, 0, 4, 1, 1, 0, 1]],
    ['a vector beyond the end', [22, 3, 1, 0, 8, 1, 0, 0, 4, 3, 3, 0, 0]],
  ])('refuses %s', (_, octets) => {
    expect(readClientHello(Uint8Array.from(octets))).toBe('bad');
  });

  it('reads what a real client sends', async () => {
    const seen = await new Promise<Buffer>((resolve) => {
      const server = createServer((socket) => {
        socket.once('data', (data) => {
          resolve(data);
          socket.destroy();
          server.close();
        });
      });
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
        const options = { servername: 'web.test', ALPNProtocols: ['acme-tls/1'] };
        connect({ host: '127.0.0.1', port, ...options }).on('error', () => undefined);
      });
    });
    expect(readClientHello(seen)).toEqual({ serverName: 'web.test', protocols: ['acme-tls/1'] });
  });
});
