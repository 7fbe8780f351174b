import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type FetchHandler, type Listener, type Log, messageOf, type ServeHttpOptions } from '../core/index.ts';
import { guardBody } from './guarded-body.ts';
import { bindFirst, closeServer, Connections, listen, listenerOf } from './listening.ts';
import { TlsAcceptor } from './tls-accept.ts';

/** Serves HTTP, or HTTPS when there is an identity. */
export async function serveHttp(options: ServeHttpOptions, log: Log): Promise<Listener> {
  const server = createHttpServer(options.handler, log);
  const connections = new Connections();
  await divertConnections(server, options.identity, connections);
  return bindFirst(options.address, async (host) => {
    const address = await listen(server, { host, port: options.address.port });
    return listenerOf([address], () => closeServer(server, connections));
  });
}

/** The adapter takes as long to load as a CA to start: it comes while the server binds and its first client connects. */
function createHttpServer(handler: FetchHandler, log: Log): Server {
  const loading = createListener(handler, log);
  loading.catch((error: unknown) => log.error('what serves HTTP cannot be loaded', { reason: messageOf(error) }));
  return createServer((incoming, outgoing) => {
    outgoing.on('error', () => undefined);
    const answered = loading.then((listener) => listener(incoming, outgoing));
    answered.catch((error: unknown) => {
      log.error('a reply could not be written', { reason: messageOf(error) });
      outgoing.destroy();
    });
  });
}

type RequestListener = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;

async function createListener(handler: FetchHandler, log: Log): Promise<RequestListener> {
  const { getRequestListener, RequestError } = await import('@hono/node-server');
  const answer = async (
    request: Request,
    { outgoing }: { readonly outgoing: { destroy(): unknown } },
  ): Promise<Response> =>
    guardBody(await handler(request), (error) => {
      log.warn('a reply broke off', { reason: messageOf(error) });
      outgoing.destroy();
    });
  const errorHandler = (error: unknown): Response => {
    if (error instanceof RequestError) return new Response(null, { status: 400 });
    log.error('a request handler failed', { reason: messageOf(error) });
    return new Response(null, { status: 500 });
  };
  return getRequestListener(answer, { overrideGlobalObjects: false, errorHandler });
}

/**
 * Notes each connection, and puts the handshake before HTTP when there is an identity. It is Node's HTTP server that
 * listens, so that its limits on slow clients hold.
 */
async function divertConnections(
  server: Server,
  identity: ServeHttpOptions['identity'],
  connections: Connections,
): Promise<void> {
  const listeners = server.listeners('connection');
  const speakHttp = (socket: Socket): void => {
    for (const listener of listeners) Reflect.apply(listener, server, [socket]);
  };
  const accept = identity === undefined ? speakHttp : await secured(identity, speakHttp);
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    connections.add(socket);
    accept(socket);
  });
}

async function secured(
  identity: NonNullable<ServeHttpOptions['identity']>,
  speakHttp: (socket: Socket) => void,
): Promise<(socket: Socket) => void> {
  const acceptor = new TlsAcceptor(await import('node:tls'), ({ serverName }) => {
    const chosen = identity(serverName);
    return chosen === undefined ? 'unrecognizedName' : { identity: chosen, protocols: ['http/1.1'] };
  });
  return (socket) => acceptor.accept(socket, speakHttp);
}
