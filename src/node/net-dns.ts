import type { RemoteInfo, Socket as UdpSocket } from 'node:dgram';
import { connect as connectTcp, createServer, isIPv6, type Socket } from 'node:net';
import {
  type Clock,
  type ExchangeDnsOptions,
  EversealError,
  type Listener,
  type Log,
  messageOf,
  type ServeDnsOptions,
  type SocketAddress,
  withDeadline,
} from '../core/index.ts';
import { DnsFrames, frameDns } from './dns-frames.ts';
import { bindFirst, closeServer, Connections, listen, listenerOf } from './listening.ts';
import { lookupName, resolveName } from './names.ts';
import { formatAddress, networkFailure } from './network-failure.ts';
import { settleSocket } from './sockets.ts';
import { systemCode } from './system-error.ts';

/** RFC 7766 §6.2.3: idle connections are closed after a time of the server's choice. */
const idleTimeoutMs = 30_000;
const mostConnections = 256;
/** Two sockets must find the same free port. */
const portAttempts = 16;

type Answer = (message: Uint8Array, transport: 'udp' | 'tcp') => Promise<Uint8Array | undefined>;

/** Serves DNS messages by UDP and TCP on one port. A handler that fails stays silent. */
export async function serveDns(options: ServeDnsOptions, log: Log): Promise<Listener> {
  const answer: Answer = async (message, transport) => {
    try {
      return await options.handler(message, transport);
    } catch (error) {
      log.warn('a DNS handler failed', { reason: messageOf(error) });
      return undefined;
    }
  };
  return bindFirst(options.address, (host) => bindBoth({ host, port: options.address.port }, answer, portAttempts));
}

async function bindBoth(address: SocketAddress, answer: Answer, attempts: number): Promise<Listener> {
  const connections = new Connections();
  const server = createServer({ noDelay: true }, (socket) => {
    connections.add(socket);
    answerStream(socket, answer);
  });
  server.maxConnections = mostConnections;
  const bound = await listen(server, address);
  try {
    const udp = await bindUdp({ host: bound.host, port: bound.port }, answer);
    return listenerOf([bound], async () => {
      await Promise.all([closeServer(server, connections), new Promise<void>((resolve) => udp.close(() => resolve()))]);
    });
  } catch (error) {
    await closeServer(server, connections);
    if (address.port !== 0 || attempts <= 1 || systemCode(error) !== 'EADDRINUSE') throw error;
    return bindBoth(address, answer, attempts - 1);
  }
}

async function bindUdp(address: SocketAddress, answer: Answer): Promise<UdpSocket> {
  const { createSocket } = await import('node:dgram');
  const socket = createSocket({ type: isIPv6(address.host) ? 'udp6' : 'udp4', ipv6Only: false });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address: address.host, port: address.port, exclusive: true }, () => {
      socket.off('error', reject);
      resolve();
    });
  });
  socket.on('error', () => undefined); // an unreachable client is no failure of the server
  let open = true;
  socket.once('close', () => {
    open = false;
  });
  socket.on('message', async (message: Buffer, from: RemoteInfo) => {
    const reply = await answer(new Uint8Array(message), 'udp');
    if (reply !== undefined && open) socket.send(reply, from.port, from.address, () => undefined);
  });
  return socket;
}

function answerStream(socket: Socket, answer: Answer): void {
  const frames = new DnsFrames();
  socket.setTimeout(idleTimeoutMs, () => socket.destroy());
  socket.on('data', async (chunk: Buffer) => {
    for (const message of frames.push(chunk)) {
      const reply = await answer(message, 'tcp');
      if (reply !== undefined && socket.writable) socket.write(frameDns(reply));
    }
  });
}

// ---------------------------------------------------------------- asking

/** One message out, one back. By UDP, datagrams with another ID than the question's are ignored (RFC 5452 §9.1). */
export async function exchangeDns(options: ExchangeDnsOptions, clock: Clock): Promise<Uint8Array> {
  const where = formatAddress(options.address);
  const { timeoutMs: ms, signal } = options;
  const what = `an answer of ${where} by ${options.transport}`;
  const ask = options.transport === 'udp' ? askByUdp : askByTcp;
  return withDeadline({ clock, ms, what, signal }, async (within) => {
    try {
      return await ask(options, within, where);
    } catch (error) {
      throw within.aborted ? within.reason : networkFailure(error, where);
    }
  });
}

async function askByUdp({ address, message }: ExchangeDnsOptions, signal: AbortSignal): Promise<Uint8Array> {
  const [{ createSocket }, [host = '']] = await Promise.all([import('node:dgram'), resolveName(address.host)]);
  signal.throwIfAborted();
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  let stop: (() => void) | undefined;
  try {
    return await new Promise<Uint8Array>((resolve, reject) => {
      stop = () => reject(signal.reason);
      signal.addEventListener('abort', stop, { once: true });
      socket.on('error', reject); // connected: a closed port is reported
      socket.on('message', (reply) => {
        if (reply[0] === message[0] && reply[1] === message[1]) resolve(new Uint8Array(reply));
      });
      socket.connect(address.port, host, () => socket.send(message, (error) => error && reject(error)));
    });
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop);
    socket.close();
  }
}

async function askByTcp(options: ExchangeDnsOptions, signal: AbortSignal, where: string): Promise<Uint8Array> {
  const socket = connectTcp({ ...options.address, lookup: lookupName, autoSelectFamily: true, noDelay: true });
  try {
    await settleSocket(socket, 'connect', { signal, where });
    signal.throwIfAborted();
    return await new Promise<Uint8Array>((resolve, reject) => {
      const frames = new DnsFrames();
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      socket.on('error', reject);
      socket.on('close', () => reject(new EversealError('connection-reset', `Cannot reach ${where}: cut off`)));
      socket.on('data', (chunk) => {
        const [reply] = frames.push(chunk);
        if (reply !== undefined) resolve(reply);
      });
      socket.write(frameDns(options.message));
    });
  } finally {
    socket.destroy();
  }
}
