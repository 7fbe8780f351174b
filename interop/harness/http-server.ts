import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HttpCall {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface HttpReply {
  readonly status: number;
  readonly json?: unknown;
}

export interface HttpServer {
  readonly url: string;
  /** Everything it was asked, in order. */
  readonly calls: readonly HttpCall[];
  stop(): Promise<void>;
}

/** A web server of a test's own on a free port of 127.0.0.1. What the handler throws is a 500. */
export async function startHttp(handler: (call: HttpCall) => HttpReply | Promise<HttpReply>): Promise<HttpServer> {
  const calls: HttpCall[] = [];
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    let body = '';
    for await (const data of request) body += data;
    const call = { method, path: url, headers, body };
    calls.push(call);
    try {
      const { status, json } = await handler(call);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(json === undefined ? '' : JSON.stringify(json));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
