import { connect as connectTcp, type Socket } from 'node:net';
import { type ByteStream, type Clock, type ConnectOptions, withDeadline } from '../core/index.ts';
import { lookupName } from './names.ts';
import { formatAddress, networkFailure } from './network-failure.ts';
import { settleSocket } from './sockets.ts';
import { trustOptions } from './trust.ts';

/** Opens a byte stream over TCP, or TLS over it. The time limit is that of connecting, handshake included. */
export async function connectStream(options: ConnectOptions, clock: Clock): Promise<ByteStream> {
  const where = formatAddress(options.address);
  const { timeoutMs: ms, signal } = options;
  return withDeadline({ clock, ms, what: `the connection to ${where}`, signal }, async (within) => {
    const socket = await openSocket(options);
    await settleSocket(socket, options.tls === undefined ? 'connect' : 'secureConnect', { signal: within, where });
    return new SocketStream(socket, where);
  });
}

async function openSocket(options: ConnectOptions): Promise<Socket> {
  const target = { ...options.address, lookup: lookupName, autoSelectFamily: true, noDelay: true };
  if (options.tls === undefined) return connectTcp(target);
  const tls = await import('node:tls');
  return tls.connect({ ...target, ...trustOptions(tls, options.address.host, options.tls) });
}

class SocketStream implements ByteStream {
  readonly #socket: Socket;
  readonly #where: string;
  #failure: Error | undefined;

  constructor(socket: Socket, where: string) {
    this.#socket = socket;
    this.#where = where;
    socket.on('error', (error) => {
      this.#failure = networkFailure(error, where);
    });
  }

  async read(signal?: AbortSignal): Promise<Uint8Array | undefined> {
    for (;;) {
      signal?.throwIfAborted();
      const chunk: unknown = this.#socket.read();
      if (chunk instanceof Uint8Array) return new Uint8Array(chunk);
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#socket.readableEnded || this.#socket.destroyed) return undefined;
      await this.#change(signal);
    }
  }

  /** Until there is something to read, or nothing any more. */
  #change(signal: AbortSignal | undefined): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      const events = ['readable', 'end', 'close', 'error'] as const;
      const end = (): void => {
        for (const event of events) socket.off(event, changed);
        signal?.removeEventListener('abort', stop);
      };
      const changed = (): void => {
        end();
        resolve();
      };
      const stop = (): void => {
        end();
        reject(signal?.reason);
      };
      for (const event of events) socket.once(event, changed);
      signal?.addEventListener('abort', stop, { once: true });
    });
  }

  write(data: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(Buffer.from(data), (error) => {
        if (error) reject(this.#failure ?? networkFailure(error, this.#where));
        else resolve();
      });
    });
  }

  /** Sends what was written, then ends. */
  close(): Promise<void> {
    if (this.#socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#socket.once('close', () => resolve());
      this.#socket.destroySoon();
    });
  }
}
