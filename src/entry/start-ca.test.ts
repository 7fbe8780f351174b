import { describe, expect, it } from 'vitest';
import { names, RawClient } from '../ca/raw-client.testing.ts';
import type { World } from '../ca/world.testing.ts';
import type { HttpRequest, Ports } from '../core/index.ts';
import { nodePorts } from '../node/index.ts';
import { readCertificate, readCertificateChain, verifyChain } from '../pki/index.ts';
import { type RunningCa, startCa } from './start-ca.ts';

describe('a CA on this machine', () => {
  it('validates by HTTP and issues, over HTTPS that its root vouches for', async () => {
    const ports = nodePorts();
    const sites: World['sites'] = new Map();
    const web = await ports.net.serveHttp({
      address: { host: '127.0.0.1', port: 0 },
      handler: async (request) => answer(sites, request),
    });
    const ca = await startCa({ validation: { httpPort: web.addresses[0]?.port ?? 0 } });
    try {
      const client = await RawClient.registered({
        ca: { directoryUrl: ca.directory, fetch: (request) => fetchOver(ports, ca, request) },
        sites,
        finish: () => ca.ca.idle(),
      });
      const { text } = await client.issue(names('demo.localhost'));
      verifyChain(readCertificateChain(text), {
        roots: [readCertificate(ca.root)],
        at: ports.clock.now(),
        identifiers: names('demo.localhost'),
      });
    } finally {
      await Promise.all([ca.close(), web.close()]);
    }
  });

  it('is reached by every name of loopback, and closes for good', async () => {
    const { http } = nodePorts();
    const ca = await startCa();
    for (const host of ['localhost', '127.0.0.1', '[::1]']) {
      const url = `https://${host}:${ca.port}/directory`;
      const reply = await http.request({ method: 'GET', url, tls: { roots: [ca.root] } });
      expect(JSON.parse(Buffer.from(reply.body).toString())).toHaveProperty(
        'newOrder',
        `https://localhost:${ca.port}/new-order`,
      );
    }
    await expect(http.request({ method: 'GET', url: ca.directory, tls: { roots: [] } })).rejects.toMatchObject({
      code: 'tls',
    });
    await ca.close();
    await ca.close();
    await expect(http.request({ method: 'GET', url: ca.directory })).rejects.toMatchObject({
      code: 'connection-refused',
    });
  });

  it('takes the host, address and port that it is given, and says when the port is taken', async () => {
    const ca = await startCa({ host: '127.0.0.1', address: '127.0.0.1' });
    expect(ca.directory).toBe(`https://127.0.0.1:${ca.port}/directory`);
    await expect(startCa({ port: ca.port })).rejects.toMatchObject({ code: 'port-in-use' });
    await ca.close();
    const named = await startCa({ host: 'ca.localhost' });
    const reply = await nodePorts().http.request({ method: 'GET', url: named.directory, tls: { roots: [named.root] } });
    expect(reply.status).toBe(200);
    await named.close();
  });

  it('leaves nothing listening when its options make no sense', async () => {
    const ports = nodePorts();
    const opened: number[] = [];
    const watched: Ports = {
      ...ports,
      net: {
        ...ports.net,
        async serveHttp(options) {
          const listener = await ports.net.serveHttp(options);
          opened.push(listener.addresses[0]?.port ?? 0);
          return listener;
        },
      },
    };
    await expect(startCa({ defaultProfile: 'none', ports: watched })).rejects.toThrow(TypeError);
    const url = `http://127.0.0.1:${opened[0]}/`;
    await expect(ports.http.request({ method: 'GET', url })).rejects.toMatchObject({ code: 'connection-refused' });
  });
});

async function answer(sites: World['sites'], request: Request): Promise<Response> {
  const { hostname, pathname } = new URL(request.url);
  const site = sites.get(`http://${hostname}${pathname}`);
  return typeof site === 'object' && 'body' in site
    ? new Response(site.body)
    : new Response('nothing here', { status: 404 });
}

/** The CA over the wire, seen as a function again. */
async function fetchOver(ports: Ports, ca: RunningCa, request: Request): Promise<Response> {
  const sent: HttpRequest = {
    method: request.method === 'POST' ? 'POST' : 'HEAD',
    url: request.url,
    headers: Object.fromEntries(request.headers),
    ...(request.method === 'POST' ? { body: await request.text() } : {}),
    tls: { roots: [ca.root] },
  };
  const reply = await ports.http.request(sent);
  const headers = [...reply.headers].flatMap(([name, values]) =>
    values.map((value): [string, string] => [name, value]),
  );
  return new Response(Buffer.from(reply.body), { status: reply.status, headers });
}
