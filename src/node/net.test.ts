import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { type Listener, type Log, utf8 } from '../core/index.ts';
import { leafIdentity, testRoot } from '../core/fixtures/tls.ts';
import { nodePorts } from './index.ts';
import { withRawServer } from './raw-server.fixture.ts';

const { http, net, clock } = nodePorts({ env: {} });

const local = { host: '127.0.0.1', port: 0 };

function portOf(listener: Listener): number {
  return listener.addresses[0]?.port ?? 0;
}

function get(url: string) {
  return http.request({ method: 'GET', url, timeoutMs: 5_000 });
}

/** Everything a server sends to these octets until it ends. */
function answerTo(port: number, octets: Uint8Array | string): Promise<Buffer> {
  return new Promise((resolve) => {
    const received: Buffer[] = [];
    const socket = connectTcp({ host: '127.0.0.1', port }, () => socket.write(octets));
    socket.on('data', (data) => received.push(data));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Buffer.concat(received)));
  });
}

/** What a real client begins with. */
async function clientHello(servername: string, protocols: readonly string[]): Promise<Buffer> {
  let received = (_: Buffer): void => undefined;
  const hello = new Promise<Buffer>((resolve) => {
    received = resolve;
  });
  return withRawServer(
    (socket) => socket.once('data', received),
    (port) => {
      const offered = protocols.length > 0 ? { ALPNProtocols: [...protocols] } : {};
      connectTls({ host: '127.0.0.1', port, servername, ...offered }).on('error', () => undefined);
      return hello;
    },
  );
}

describe('listening', () => {
  it('on every address serves IPv4 and IPv6', async () => {
    const listener = await net.serveHttp({ address: { host: '', port: 0 }, handler: async () => new Response('x') });
    for (const host of ['127.0.0.1', '[::1]']) {
      expect((await get(`http://${host}:${portOf(listener)}/`)).status).toBe(200);
    }
    await listener.close();
  });

  it('serves DNS on every address, by IPv4 and IPv6', async () => {
    const listener = await net.serveDns({ address: { host: '', port: 0 }, handler: async (message) => message });
    for (const host of ['127.0.0.1', '::1']) {
      for (const transport of ['udp', 'tcp'] as const) {
        const address = { host, port: portOf(listener) };
        const reply = await net.exchangeDns({ address, transport, message: utf8('hello'), timeoutMs: 5_000 });
        expect([...reply]).toEqual([...utf8('hello')]);
      }
    }
    await listener.close();
  });

  it('on a name below localhost is on loopback', async () => {
    const address = { host: 'demo.localhost', port: 0 };
    const listener = await net.serveHttp({ address, handler: async () => new Response('x') });
    expect(listener.addresses[0]?.host).toBe('127.0.0.1');
    await listener.close();
  });

  it('on an address of another machine says so', async () => {
    const address = { host: '203.0.113.77', port: 0 };
    const work = net.serveHttp({ address, handler: async () => new Response('x') });
    await expect(work).rejects.toMatchObject({
      code: 'address-not-available',
      message: expect.stringContaining('203.0.113.77'),
    });
  });

  it('names the port that is taken and what to do', async () => {
    const listener = await net.serveHttp({ address: local, handler: async () => new Response('x') });
    const address = { ...local, port: portOf(listener) };
    const work = net.serveHttp({ address, handler: async () => new Response('x') });
    await expect(work).rejects.toMatchObject({
      code: 'port-in-use',
      message: expect.stringContaining(`127.0.0.1:${portOf(listener)}`),
      next: expect.stringContaining('another port'),
    });
    await listener.close();
  });

  it('closes at once, with keep-alive connections and half a request open', async () => {
    const listener = await net.serveHttp({ address: local, handler: async () => new Response('x') });
    await get(`http://127.0.0.1:${portOf(listener)}/`);
    const half = answerTo(portOf(listener), 'GET / HTTP/1.1\r\n');
    const before = clock.monotonic();
    await listener.close();
    await half;
    expect(clock.monotonic() - before).toBeLessThan(1_000);
  });
});

describe('serving HTTP', () => {
  it('sends a length with what is whole, and none with what is not yet', async () => {
    const listener = await net.serveHttp({
      address: local,
      handler: async (request) =>
        request.url.endsWith('/whole')
          ? new Response('whole')
          : new Response(
              new ReadableStream({
                async start(controller) {
                  controller.enqueue(utf8('in '));
                  await clock.sleep(20);
                  controller.enqueue(utf8('parts'));
                  controller.close();
                },
              }),
            ),
    });
    const whole = await get(`http://127.0.0.1:${portOf(listener)}/whole`);
    expect(whole.headers.get('content-length')).toEqual(['5']);
    const parts = await get(`http://127.0.0.1:${portOf(listener)}/parts`);
    expect(parts.headers.get('content-length')).toBeUndefined();
    expect(Buffer.from(parts.body).toString()).toBe('in parts');
    await listener.close();
  });

  it('answers nonsense with 400 or by closing, and goes on', async () => {
    const listener = await net.serveHttp({ address: local, handler: async () => new Response('x') });
    const port = portOf(listener);
    for (const nonsense of [
      'nonsense\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n',
      '\x16\x03\x01',
    ]) {
      const answer = nonsense.startsWith('\x16') ? undefined : await answerTo(port, nonsense);
      if (answer !== undefined) expect(answer.toString('latin1')).toMatch(/^(HTTP\/1\.1 400|$)/);
    }
    expect((await get(`http://127.0.0.1:${port}/`)).status).toBe(200);
    await listener.close();
  });

  it('logs why a handler failed, and tells the client nothing', async () => {
    const entries: string[] = [];
    const note = (message: string, fields: unknown): void => void entries.push(`${message} ${JSON.stringify(fields)}`);
    const log: Log = { debug: note, info: note, warn: note, error: note };
    const listener = await nodePorts({ env: {}, log }).net.serveHttp({
      address: local,
      handler: () => Promise.reject(new TypeError('why it failed')),
    });
    const reply = await get(`http://127.0.0.1:${portOf(listener)}/`);
    expect([reply.status, reply.body.length]).toEqual([500, 0]);
    expect(entries.join()).toContain('why it failed');
    await listener.close();
  });
});

describe('TLS-ALPN', () => {
  it('never shows the certificate to a client without ALPN, or of another protocol', async () => {
    const listener = await net.serveTls({
      address: local,
      select: () => ({ identity: leafIdentity, protocol: 'acme-tls/1' }),
    });
    for (const protocols of [[], ['h2', 'http/1.1']]) {
      const answer = await answerTo(portOf(listener), await clientHello('web.sim.test', protocols));
      expect([...answer]).toEqual([21, 3, 3, 0, 2, 2, 120]); // one fatal alert (RFC 7301 §3.2) and nothing else
    }
    await listener.close();
  });

  it.each([
    ['HTTP', 'GET / HTTP/1.1\r\n\r\n', 50],
    ['broken lengths', Buffer.from([22, 3, 1, 0, 8, 1, 0, 0, 4, 3, 3, 0, 0]), 50],
  ])('answers %s with an alert', async (_, octets, alert) => {
    const listener = await net.serveTls({ address: local, select: () => undefined });
    expect([...(await answerTo(portOf(listener), octets))]).toEqual([21, 3, 3, 0, 2, 2, alert]);
    await listener.close();
  });

  it('refuses, and goes on, when choosing fails or the identity is unusable', async () => {
    let calls = 0;
    const listener = await net.serveTls({
      address: local,
      select: () => {
        calls += 1;
        if (calls === 1) throw new TypeError('choosing failed');
        const identity = calls === 2 ? { ...leafIdentity, chain: 'not PEM' } : leafIdentity;
        return { identity, protocol: 'acme-tls/1' };
      },
    });
    const probe = () =>
      net.probeTls({
        address: { ...local, port: portOf(listener) },
        serverName: 'web.sim.test',
        protocols: ['acme-tls/1'],
        timeoutMs: 5_000,
      });
    await expect(probe()).rejects.toMatchObject({ code: 'tls' });
    await expect(probe()).rejects.toMatchObject({ code: 'tls' });
    expect((await probe()).protocol).toBe('acme-tls/1');
    await listener.close();
  });

  it('probes in time, whatever the server does not do', async () => {
    const work = withRawServer(
      () => undefined,
      (port) => net.probeTls({ address: { ...local, port }, serverName: 'a.test', protocols: ['x'], timeoutMs: 50 }),
    );
    await expect(work).rejects.toMatchObject({ code: 'timeout' });
  });
});

describe('TLS servers', () => {
  it('let go of clients that leave in the middle of a handshake', async () => {
    const listener = await net.serveHttp({
      address: local,
      handler: async () => new Response('x'),
      identity: () => leafIdentity,
    });
    const before = clock.monotonic();
    const port = portOf(listener);
    const half = connectTcp({ host: '127.0.0.1', port, allowHalfOpen: true });
    half.write(await clientHello('web.sim.test', []));
    half.once('data', () => half.end());
    await new Promise<void>((resolve) => half.once('close', () => resolve()));
    expect(clock.monotonic() - before).toBeLessThan(5_000); // long before the handshake's own time limit
    await listener.close();
  });
});

describe('byte streams', () => {
  it('speak TLS when asked to', async () => {
    const handler = async (): Promise<Response> => new Response('secure');
    const listener = await net.serveHttp({ address: local, handler, identity: () => leafIdentity });
    const address = { ...local, port: portOf(listener) };
    const tls = { roots: [testRoot], serverName: 'web.sim.test' };
    const stream = await net.connect({ address, tls, timeoutMs: 5_000 });
    await stream.write(utf8('GET / HTTP/1.1\r\nHost: web.sim.test\r\nConnection: close\r\n\r\n'));
    let text = '';
    for (let piece = await stream.read(); piece !== undefined; piece = await stream.read()) text += Buffer.from(piece);
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text).toMatch(/secure$/);
    await stream.close();
    await expect(net.connect({ address, tls: {}, timeoutMs: 5_000 })).rejects.toMatchObject({ code: 'tls' });
    await listener.close();
  });

  it('end, or fail, when the other side does', async () => {
    await withRawServer(
      (socket) => socket.end('bye'),
      async (port) => {
        const stream = await net.connect({ address: { ...local, port }, timeoutMs: 5_000 });
        expect(Buffer.from((await stream.read()) ?? '').toString()).toBe('bye');
        expect(await stream.read()).toBeUndefined();
        expect(await stream.read()).toBeUndefined();
        await stream.close();
      },
    );
    await withRawServer(
      (socket) => socket.once('data', () => socket.resetAndDestroy()),
      async (port) => {
        const stream = await net.connect({ address: { ...local, port }, timeoutMs: 5_000 });
        await stream.write(utf8('x'));
        await expect(stream.read()).rejects.toMatchObject({ code: 'connection-reset' });
      },
    );
  });
});

describe('DNS messages', () => {
  it('with another ID are ignored by UDP', async () => {
    const { createSocket } = await import('node:dgram');
    const server = createSocket('udp4');
    server.on('message', (message, from) => {
      server.send(Uint8Array.from([9, 9, 9]), from.port, from.address);
      server.send(Uint8Array.from([...message, 1]), from.port, from.address);
    });
    await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
    const address = { ...local, port: server.address().port };
    const message = Uint8Array.from([1, 2, 3]);
    expect([...(await net.exchangeDns({ address, transport: 'udp', message, timeoutMs: 5_000 }))]).toEqual([
      1, 2, 3, 1,
    ]);
    server.close();
  });

  it.each(['udp', 'tcp'] as const)('to a port where nobody listens are refused by %s', async (transport) => {
    const listener = await net.serveDns({ address: local, handler: async () => undefined });
    await listener.close();
    const address = { ...local, port: portOf(listener) };
    const work = net.exchangeDns({ address, transport, message: utf8('x'), timeoutMs: 5_000 });
    await expect(work).rejects.toMatchObject({ code: 'connection-refused' });
  });

  it('go on when a handler fails', async () => {
    let calls = 0;
    const listener = await net.serveDns({
      address: local,
      handler: async (message) => {
        calls += 1;
        if (calls === 1) throw new TypeError('the handler failed');
        return message;
      },
    });
    const ask = (timeoutMs: number) =>
      net.exchangeDns({
        address: { ...local, port: portOf(listener) },
        transport: 'udp',
        message: utf8('x'),
        timeoutMs,
      });
    await expect(ask(50)).rejects.toMatchObject({ code: 'timeout' });
    expect([...(await ask(5_000))]).toEqual([...utf8('x')]);
    await listener.close();
  });
});
