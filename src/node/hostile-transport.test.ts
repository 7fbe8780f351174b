/** The transport rows of the hostile-server catalogue: real sockets, real TLS, deadlines of tens of milliseconds. */
import { createServer as createTcpServer, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  type ErrorCode,
  EversealError,
  type HttpRequest,
  type HttpResponse,
  nextStepOf,
  type TlsIdentity,
} from '../core/index.ts';
import { expiredIdentity, leafIdentity, otherRoot, testRoot } from '../core/fixtures/tls.ts';
import { nodePorts } from './index.ts';
import { withRawServer } from './raw-server.fixture.ts';

const { http } = nodePorts({ env: {} });
const soonMs = 60;
/** What a slow machine may need on top of a deadline. */
const patienceMs = 5_000;
const mib = 1024 * 1024;

interface Row {
  readonly input: string;
  readonly serve: (socket: Socket) => void;
  readonly expect: ErrorCode | number;
  readonly request?: Partial<HttpRequest>;
  /** At most so many octets are sent before the client hangs up. */
  readonly mostSent?: number;
  readonly bodyLength?: number;
}

/** Answers the first request. */
const says =
  (text: string, end: 'ends' | 'stays' = 'ends') =>
  (socket: Socket): void => {
    socket.once('data', () => (end === 'ends' ? socket.end(text, 'latin1') : socket.write(text, 'latin1')));
  };

/** Sends a head, then the piece again and again as long as somebody reads. */
const pours =
  (head: string, piece: Uint8Array) =>
  (socket: Socket): void => {
    const pour = (): void => {
      while (!socket.destroyed && socket.writable) if (!socket.write(piece)) return;
    };
    socket.once('data', () => {
      socket.write(head);
      socket.on('drain', pour);
      pour();
    });
  };

const ok = 'HTTP/1.1 200 OK\r\n';
const bomb = gzipSync(new Uint8Array(100 * mib), { level: 1 });
const megabytes = new Uint8Array(64 * 1024).fill(0x20);

const rows: readonly Row[] = [
  { input: 'a body without end', serve: pours(`${ok}\r\n`, megabytes), expect: 'reply-too-large', mostSent: 16 * mib },
  {
    input: 'chunks without end',
    serve: pours(`${ok}Transfer-Encoding: chunked\r\n\r\n`, Buffer.from(`10000\r\n${' '.repeat(0x10000)}\r\n`)),
    expect: 'reply-too-large',
    mostSent: 16 * mib,
  },
  {
    input: 'a megabyte of chunks of one octet',
    serve: pours(`${ok}Transfer-Encoding: chunked\r\n\r\n`, Buffer.from('1\r\nx\r\n'.repeat(4096))),
    expect: 'reply-too-large',
    mostSent: 32 * mib,
  },
  {
    input: '100 MB announced and sent',
    serve: pours(`${ok}Content-Length: ${100 * mib}\r\n\r\n`, megabytes),
    expect: 'reply-too-large',
    mostSent: 16 * mib,
  },
  {
    input: 'more announced than a number holds',
    serve: says(`${ok}Content-Length: ${'9'.repeat(40)}\r\n\r\nx`),
    expect: 'bad-reply',
  },
  {
    input: 'a gzip bomb of 100 MB',
    serve: (socket) =>
      socket.once('data', () =>
        socket.end(
          Buffer.concat([Buffer.from(`${ok}Content-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`), bomb]),
        ),
      ),
    expect: 200,
    bodyLength: bomb.length,
  },
  {
    input: 'one octet, then nothing',
    serve: says(`${ok}Content-Length: 10\r\n\r\nx`, 'stays'),
    expect: 'timeout',
    request: { timeoutMs: soonMs },
  },
  {
    input: 'half of the headers, then nothing',
    serve: says(`${ok}X: `, 'stays'),
    expect: 'timeout',
    request: { timeoutMs: soonMs },
  },
  { input: 'no word at all', serve: () => undefined, expect: 'timeout', request: { timeoutMs: soonMs } },
  {
    input: 'interim replies without end',
    serve: pours('', Buffer.from('HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n'.repeat(100))),
    expect: 'timeout',
    request: { timeoutMs: soonMs },
  },
  {
    input: 'a switch of protocols',
    serve: says('HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n', 'stays'),
    expect: 'bad-reply',
    request: { timeoutMs: soonMs },
  },
  { input: 'less than it announced', serve: says(`${ok}Content-Length: 100\r\n\r\nhalf`), expect: 'connection-reset' },
  {
    input: 'more than it announced',
    serve: says(`${ok}Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`),
    expect: 200,
    bodyLength: 2,
  },
  { input: 'a negative length', serve: says(`${ok}Content-Length: -1\r\n\r\nx`), expect: 'bad-reply' },
  {
    input: 'a length and chunks',
    serve: says(`${ok}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`),
    expect: 'bad-reply',
  },
  { input: 'headers beyond 64 KiB', serve: says(`${ok}X: ${'x'.repeat(80_000)}\r\n\r\n`), expect: 'bad-reply' },
  {
    input: 'headers without end',
    serve: pours(ok, Buffer.from(`X: ${'x'.repeat(1000)}\r\n`.repeat(16))),
    expect: 'bad-reply',
    mostSent: 16 * mib,
  },
  {
    input: 'trailers without end',
    serve: pours(
      `${ok}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n`,
      Buffer.from(`X: ${'x'.repeat(1000)}\r\n`.repeat(16)),
    ),
    expect: 'bad-reply',
    mostSent: 16 * mib,
  },
  { input: 'a NUL in a header', serve: says(`${ok}X: a\u0000b\r\nContent-Length: 0\r\n\r\n`), expect: 'bad-reply' },
  {
    input: 'an HTTP/2 preface with GOAWAY',
    serve: (socket) =>
      socket.once('data', () => socket.end(Buffer.from('000000040000000000000008070000000000000000000000000b', 'hex'))),
    expect: 'bad-reply',
  },
  { input: 'another protocol', serve: (socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'), expect: 'bad-reply' },
  {
    input: 'a reset before the reply',
    serve: (socket) => socket.once('data', () => socket.resetAndDestroy()),
    expect: 'connection-reset',
  },
  {
    input: 'a reset in the middle of the body',
    serve: (socket) =>
      socket.once('data', () => socket.write(`${ok}Content-Length: 100\r\n\r\nhalf`, () => socket.resetAndDestroy())),
    expect: 'connection-reset',
  },
  {
    input: 'an end before the reply',
    serve: (socket) => socket.once('data', () => socket.end()),
    expect: 'connection-reset',
  },
  {
    input: 'a reset as soon as it is connected',
    serve: (socket) => socket.resetAndDestroy(),
    expect: 'connection-reset',
  },
];

async function outcomeOf(work: Promise<HttpResponse>): Promise<HttpResponse | EversealError> {
  return work.catch((error: unknown) => (error instanceof EversealError ? error : expect.fail(String(error))));
}

function judge(result: HttpResponse | EversealError, expected: ErrorCode | number): void {
  expect(result instanceof EversealError ? [result.code, result.message] : [result.status]).toContain(expected);
  if (!(result instanceof EversealError)) return;
  expect(result.message.length).toBeLessThanOrEqual(400);
  expect(result.message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(nextStepOf(result)).toMatch(/\.$/);
}

describe('hostile server: transport, on loopback', () => {
  it.each(rows.map((row) => [row.input, row.expect, row] as const))('%s → %s', async (_input, _expect, row) => {
    let sent = 0;
    const started = performance.now();
    const count = (socket: Socket): void => {
      socket.on('close', () => (sent += socket.bytesWritten));
      row.serve(socket);
    };
    const result = await withRawServer(count, (port) =>
      outcomeOf(
        http.request({ method: 'GET', url: `http://127.0.0.1:${port}/`, timeoutMs: patienceMs, ...row.request }),
      ),
    );
    judge(result, row.expect);
    if (row.bodyLength !== undefined && !(result instanceof EversealError))
      expect(result.body.length).toBe(row.bodyLength);
    if (row.mostSent !== undefined) expect(sent).toBeLessThanOrEqual(row.mostSent);
    expect(performance.now() - started).toBeLessThan((row.request?.timeoutMs ?? 0) + patienceMs);
  });

  it('an octet now and then does not keep a request alive beyond its deadline', async () => {
    const drip = (socket: Socket): void => {
      socket.once('data', () => {
        socket.write(`${ok}Content-Length: 1000\r\n\r\n`);
        const timer = setInterval(() => socket.write('x'), 5);
        socket.once('close', () => clearInterval(timer));
      });
    };
    const result = await withRawServer(drip, (port) =>
      outcomeOf(http.request({ method: 'GET', url: `http://127.0.0.1:${port}/`, timeoutMs: soonMs })),
    );
    judge(result, 'timeout');
  });
});

describe('hostile server: TLS, on loopback', () => {
  async function asked(
    identity: TlsIdentity,
    host: string,
    root = testRoot,
    serve: (socket: TLSSocket) => void = (socket) => socket.end(`${ok}\r\n`),
  ) {
    const server = createTlsServer({ cert: identity.chain, key: identity.key.reveal() }, (socket) => {
      socket.on('error', () => undefined);
      serve(socket);
    });
    return request(server, host, root);
  }

  async function request(server: ReturnType<typeof createTcpServer>, host: string, root = testRoot) {
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    try {
      const tls = { roots: [root] };
      return await outcomeOf(
        http.request({
          method: 'GET',
          url: `https://${host}/`,
          connectTo: { host: '127.0.0.1', port },
          tls,
          timeoutMs: 500,
        }),
      );
    } finally {
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  }

  it.each([
    ['a certificate of the past', expiredIdentity, 'expired.test', testRoot],
    ['a certificate of another host', leafIdentity, 'evil.test', testRoot],
    ['a certificate by another root', leafIdentity, 'web.sim.test', otherRoot],
  ])('%s → tls', async (_, identity, host, root) => {
    judge(await asked(identity, host, root), 'tls');
  });

  it('a handshake that never goes on → timeout', async () => {
    judge(
      await request(
        createTcpServer(() => undefined),
        'web.sim.test',
      ),
      'timeout',
    );
  });

  it('no TLS at all → tls', async () => {
    judge(
      await request(
        createTcpServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n')),
        'web.sim.test',
      ),
      'tls',
    );
  });

  it('a handshake that is cut off → connection-reset', async () => {
    judge(
      await request(
        createTcpServer((socket) => socket.once('data', () => socket.resetAndDestroy())),
        'web.sim.test',
      ),
      'connection-reset',
    );
  });

  it('a body without end → reply-too-large', async () => {
    const pour = (socket: TLSSocket): void => pours(`${ok}\r\n`, megabytes)(socket);
    judge(await asked(leafIdentity, 'web.sim.test', testRoot, pour), 'reply-too-large');
  });
});

describe('hostile server: no server', () => {
  it('nobody listens → connection-refused', async () => {
    const port = await withRawServer(
      () => undefined,
      async (free) => free,
    );
    judge(
      await outcomeOf(http.request({ method: 'GET', url: `http://127.0.0.1:${port}/`, timeoutMs: patienceMs })),
      'connection-refused',
    );
  });

  it('a name that does not exist → name-not-found', async () => {
    judge(
      await outcomeOf(http.request({ method: 'GET', url: 'https://nothing.invalid/', timeoutMs: patienceMs })),
      'name-not-found',
    );
  });
});
