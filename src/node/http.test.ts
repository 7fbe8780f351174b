import { describe, expect, it } from 'vitest';
import {
  EversealError,
  fromUtf8,
  hasCode,
  type HttpRequest,
  type HttpResponse,
  type TlsIdentity,
} from '../core/index.ts';
import { expiredIdentity, leafIdentity, otherRoot, testRoot } from '../core/fixtures/tls.ts';
import { nodePorts } from './index.ts';
import { withRawServer } from './raw-server.fixture.ts';

const { http, net } = nodePorts({ env: {} });

function get(url: string, more: Partial<HttpRequest> = {}): Promise<HttpResponse> {
  return http.request({ method: 'GET', url, timeoutMs: 5_000, ...more });
}

/** The reply of a server that answers any request with these octets and then ends. */
function answeredBy(octets: string, more: Partial<HttpRequest> = {}): Promise<HttpResponse> {
  return withRawServer(
    (socket) => socket.once('data', () => socket.end(Buffer.from(octets, 'latin1'))),
    (port) => get(`http://127.0.0.1:${port}/`, more),
  );
}

async function failureOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: unknown) => (error instanceof EversealError ? `${error.code}: ${error.message}` : String(error)),
  );
}

describe('what servers send', () => {
  it('keeps every header in order, under its name in lower case', async () => {
    const reply = await answeredBy(
      'HTTP/1.1 200 OK\r\nReplay-Nonce: a\r\nLink: <1>\r\nREPLAY-NONCE: b\r\nlink: <2>\r\nX: \xe4\r\nContent-Length: 0\r\n\r\n',
    );
    expect(reply.headers.get('replay-nonce')).toEqual(['a', 'b']);
    expect(reply.headers.get('link')).toEqual(['<1>', '<2>']);
    expect(reply.headers.get('x')).toEqual(['ä']);
  });

  it('takes a body that ends with the connection', async () => {
    expect(fromUtf8((await answeredBy('HTTP/1.1 200 OK\r\n\r\nbody')).body)).toBe('body');
  });

  it('skips interim replies', async () => {
    const reply = await answeredBy('HTTP/1.1 103 Early\r\nX: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    expect([reply.status, fromUtf8(reply.body), reply.headers.get('x')]).toEqual([200, 'ok', undefined]);
  });

  it.each([
    ['not HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['headers beyond 64 KiB', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`],
    ['a thousand headers beyond 64 KiB', `HTTP/1.1 200 OK\r\n${`X: ${'x'.repeat(90)}\r\n`.repeat(1000)}\r\n`],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx'],
    ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nxx'],
    ['a broken chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
  ])('a reply with %s is a bad-reply', async (_, octets) => {
    expect(await failureOf(answeredBy(octets))).toMatch(/^bad-reply: Cannot reach 127\.0\.0\.1:\d+: /);
  });

  it.each([
    ['nothing', ''],
    ['half of its headers', 'HTTP/1.1 200 OK\r\nContent-'],
    ['less than it announced', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'],
    ['a chunk that stops', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nhalf'],
  ])('a server that sends %s and ends is a connection-reset', async (_, octets) => {
    expect(await failureOf(answeredBy(octets))).toMatch(/^connection-reset: /);
  });

  it('gives up at once when more is announced than is wanted', async () => {
    const reply = answeredBy('HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n', { maxBodyBytes: 1000 });
    expect(await failureOf(reply)).toMatch(/^reply-too-large: .*1000 octets/);
  });

  it('lets HEAD announce what it likes', async () => {
    const more = { method: 'HEAD', maxBodyBytes: 10 } as const;
    expect((await answeredBy('HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n', more)).status).toBe(200);
  });

  it('caps a body at 1 MiB unless told otherwise', async () => {
    const body = 'x'.repeat(1024 * 1024 + 1);
    expect(await failureOf(answeredBy(`HTTP/1.1 200 OK\r\n\r\n${body}`))).toMatch(/^reply-too-large/);
  });

  it.each(['ftp://a.test/', 'not a url', ''])('refuses to ask %j', async (url) => {
    expect(await failureOf(get(url))).toMatch(/^network: /);
  });
});

describe('where requests go', () => {
  it('finds *.localhost on either loopback', async () => {
    for (const host of ['127.0.0.1', '::1']) {
      const handler = async (request: Request): Promise<Response> => new Response(new URL(request.url).hostname);
      const listener = await net.serveHttp({ address: { host, port: 0 }, handler });
      const reply = await get(`http://demo.localhost:${listener.addresses[0]?.port}/`);
      expect(fromUtf8(reply.body)).toBe('demo.localhost');
      await listener.close();
    }
  });

  it('keeps to the family that was asked for', async () => {
    const handler = async (): Promise<Response> => new Response('x');
    const listener = await net.serveHttp({ address: { host: '127.0.0.1', port: 0 }, handler });
    const url = `http://demo.localhost:${listener.addresses[0]?.port}/`;
    expect((await get(url, { family: 4 })).status).toBe(200);
    expect(await failureOf(get(url, { family: 6 }))).toMatch(/^connection-refused/);
    await listener.close();
  });

  it('uses one connection for requests one after the other', async () => {
    let connections = 0;
    const serve = (socket: import('node:net').Socket): void => {
      connections += 1;
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
    };
    await withRawServer(serve, async (port) => {
      for (let turn = 0; turn < 3; turn += 1) await get(`http://127.0.0.1:${port}/`);
    });
    expect(connections).toBe(1);
  });
});

describe('whom TLS trusts', () => {
  async function failureWith(identity: TlsIdentity, host: string, tls: HttpRequest['tls']) {
    const handler = async (): Promise<Response> => new Response('x');
    const listener = await net.serveHttp({
      address: { host: '127.0.0.1', port: 0 },
      handler,
      identity: () => identity,
    });
    const connectTo = { host: '127.0.0.1', port: listener.addresses[0]?.port ?? 0 };
    try {
      return await get(`https://${host}/`, { connectTo, ...(tls && { tls }) }).then(
        () => expect.fail('trusted'),
        (error: unknown) => (hasCode(error, 'tls') ? error : expect.fail(String(error))),
      );
    } finally {
      await listener.close();
    }
  }

  const trusted = { roots: [testRoot] };

  it.each([
    ['an unknown CA', leafIdentity, 'web.sim.test', { roots: [otherRoot] }, /CA that is not trusted/, /trusted root/],
    ['another host', leafIdentity, 'web.other.test', trusted, /another host.*\*\.sim\.test/, /name/],
    ['a wildcard too deep', leafIdentity, 'a.b.sim.test', trusted, /another host/, /name/],
    ['another address', leafIdentity, '127.0.0.2', trusted, /another host/, /name/],
    ['a certificate of the past', expiredIdentity, 'expired.test', trusted, /expired/, /clock/],
  ])('names %s and what to do', async (_, identity, host, tls, message, next) => {
    const error = await failureWith(identity, host, tls);
    expect(error.message).toMatch(message);
    expect(error.message).toContain(`${host}:443 (at 127.0.0.1:`);
    expect(error.next).toMatch(next);
  });

  it('trusts by the address in the URL when there is no name', async () => {
    const names: (string | undefined)[] = [];
    const listener = await net.serveHttp({
      address: { host: '127.0.0.1', port: 0 },
      handler: async () => new Response('x'),
      identity: (name) => {
        names.push(name);
        return leafIdentity;
      },
    });
    const reply = await get(`https://127.0.0.1:${listener.addresses[0]?.port}/`, { tls: trusted });
    expect(reply.status).toBe(200);
    expect(names).toEqual([undefined]);
    await listener.close();
  });

  it('says so when the server does not speak TLS', async () => {
    const work = withRawServer(
      (socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
      (port) => get(`https://127.0.0.1:${port}/`, { tls: trusted }),
    );
    expect(await failureOf(work)).toMatch(/^tls: .*does not speak TLS/);
  });

  it('refuses TLS 1.1 and below', async () => {
    const tls = await import('node:tls');
    const server = tls.createServer({
      cert: leafIdentity.chain,
      key: leafIdentity.key.reveal(),
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT:@SECLEVEL=0',
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    expect(await failureOf(get(`https://127.0.0.1:${port}/`, { tls: trusted }))).toMatch(/^tls: /);
    server.close();
  });
});

describe('proxies', () => {
  /** Answers what it was asked for, and refuses tunnels. */
  function throughProxy(url: string, env: (proxy: string) => Record<string, string>): Promise<string> {
    return withRawServer(
      (socket) =>
        socket.once('data', (data) => {
          const line = data.toString('latin1').split('\r\n')[0] ?? '';
          const status = line.startsWith('CONNECT') ? '403 Forbidden' : '200 OK';
          socket.end(`HTTP/1.1 ${status}\r\nContent-Length: ${line.length}\r\n\r\n${line}`);
        }),
      async (port) => {
        const proxied = nodePorts({ env: env(`http://127.0.0.1:${port}`) }).http;
        const reply = await proxied.request({ method: 'GET', url, timeoutMs: 5_000 }).catch((error: Error) => error);
        return reply instanceof Error ? reply.message : fromUtf8(reply.body);
      },
    );
  }

  it('are asked for http by the whole URL', async () => {
    const seen = await throughProxy('http://far.invalid/a', (proxy) => ({ http_proxy: proxy }));
    expect(seen).toBe('GET http://far.invalid/a HTTP/1.1');
  });

  it('are asked for a tunnel for https, by the variable of that scheme alone', async () => {
    const seen = await throughProxy('https://far.invalid/', (proxy) => ({ HTTPS_PROXY: proxy }));
    expect(seen).toMatch(/403/);
    const direct = await throughProxy('https://far.invalid/', (proxy) => ({ HTTP_PROXY: proxy }));
    expect(direct).toMatch(/does not exist/);
  });

  it('are not asked for loopback, nor for what NO_PROXY names', async () => {
    expect(await throughProxy('http://localhost:1/', (proxy) => ({ HTTP_PROXY: proxy }))).toMatch(/refused/);
    const named = (proxy: string) => ({ HTTP_PROXY: proxy, NO_PROXY: 'other.test,.invalid' });
    expect(await throughProxy('http://far.invalid/', named)).toMatch(/does not exist/);
  });
});
