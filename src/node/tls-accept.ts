import type { Socket } from 'node:net';
import type { SecureContext, TLSSocket } from 'node:tls';
import type { TlsIdentity } from '../core/index.ts';
import { type ClientHello, readClientHello } from './client-hello.ts';

type Tls = typeof import('node:tls');

/** Hello and handshake must be done by then. */
const handshakeTimeoutMs = 10_000;
const mostHelloOctets = 2 ** 17;

/** What to show to one client. */
export interface TlsChoice {
  readonly identity: TlsIdentity;
  /** The only protocol that ALPN may end with; undefined: answered as if ALPN were unknown, unless it is among `known`. */
  readonly protocols: readonly string[];
}

/** RFC 8446 §6.2. */
const alerts = { decodeError: 50, internalError: 80, unrecognizedName: 112, noApplicationProtocol: 120 } as const;

export type Refusal = keyof typeof alerts;

/**
 * Server-side handshakes by the raw ClientHello: the choice is made once for each client, before any certificate is
 * shown, knowing SNI and ALPN together, also when the client sent neither.
 */
export class TlsAcceptor {
  readonly #tls: Tls;
  readonly #choose: (hello: ClientHello) => TlsChoice | Refusal;
  readonly #contexts = new WeakMap<TlsIdentity, SecureContext>();

  constructor(tls: Tls, choose: (hello: ClientHello) => TlsChoice | Refusal) {
    this.#tls = tls;
    this.#choose = choose;
  }

  /** Calls `secured` once the handshake is done; a client that fails it is cut off. */
  accept(socket: Socket, secured: (secure: TLSSocket) => void): void {
    socket.setTimeout(handshakeTimeoutMs, () => socket.destroy());
    receiveHello(socket, (hello) => {
      const choice = hello === 'bad' ? 'decodeError' : this.#tryChoosing(hello);
      if (typeof choice === 'string') refuse(socket, choice);
      else this.#handshake(socket, choice, secured);
    });
  }

  #tryChoosing(hello: ClientHello): TlsChoice | Refusal {
    try {
      const choice = this.#choose(hello);
      if (typeof choice !== 'string') this.#contextOf(choice.identity);
      return choice;
    } catch {
      return 'internalError';
    }
  }

  #handshake(socket: Socket, choice: TlsChoice, secured: (secure: TLSSocket) => void): void {
    const secure = new this.#tls.TLSSocket(socket, {
      isServer: true,
      secureContext: this.#contextOf(choice.identity),
      ...(choice.protocols.length > 0 && { ALPNProtocols: [...choice.protocols] }),
    });
    const abandon = (): void => void socket.destroy();
    secure.on('error', abandon).on('close', abandon);
    secure.once('end', abandon); // a client that leaves in the middle of the handshake is reported like this alone
    secure.once('secure', () => {
      socket.setTimeout(0);
      secure.off('end', abandon);
      secured(secure);
    });
  }

  /** Chain and key are parsed once for each identity. */
  #contextOf(identity: TlsIdentity): SecureContext {
    const known = this.#contexts.get(identity);
    if (known !== undefined) return known;
    const context = this.#tls.createSecureContext({
      cert: identity.chain,
      key: identity.key.reveal(),
      minVersion: 'TLSv1.2',
    });
    this.#contexts.set(identity, context);
    return context;
  }
}

/** Collects until the ClientHello is whole, then puts everything back for the handshake to read. */
function receiveHello(socket: Socket, done: (hello: ClientHello | 'bad') => void): void {
  let received = Buffer.alloc(0);
  const receive = (chunk: Buffer): void => {
    received = Buffer.concat([received, chunk]);
    const hello = readClientHello(received);
    if (hello === 'more' && received.length < mostHelloOctets) return;
    socket.off('data', receive).pause();
    socket.unshift(received);
    done(hello === 'more' ? 'bad' : hello);
  };
  socket.on('data', receive);
}

/** A fatal alert in a record of its own (RFC 8446 §6), then the end. */
function refuse(socket: Socket, refusal: Refusal): void {
  socket.end(Buffer.from([21, 3, 3, 0, 2, 2, alerts[refusal]]), () => socket.destroySoon());
}
