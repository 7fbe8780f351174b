import { createServer, isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import {
  type Clock,
  EversealError,
  type Listener,
  type ProbeTlsOptions,
  type ServeTlsOptions,
  type TlsProbe,
  withDeadline,
} from '../core/index.ts';
import { bindFirst, closeServer, Connections, listen, listenerOf } from './listening.ts';
import { lookupName } from './names.ts';
import { formatAddress, networkFailure } from './network-failure.ts';
import { settleSocket } from './sockets.ts';
import { TlsAcceptor } from './tls-accept.ts';

/**
 * Serves handshakes only, as tls-alpn-01 wants it (RFC 8737 §3): SNI and ALPN decide together, and a client that did
 * not offer the selected protocol never sees the certificate.
 */
export async function serveTls(options: ServeTlsOptions): Promise<Listener> {
  const tls = await import('node:tls');
  const connections = new Connections();
  const acceptor = new TlsAcceptor(tls, ({ serverName, protocols }) => {
    const choice = options.select(serverName, protocols);
    if (choice === undefined || !protocols.includes(choice.protocol)) return 'noApplicationProtocol';
    return { identity: choice.identity, protocols: [choice.protocol] };
  });
  return bindFirst(options.address, async (host) => {
    const server = createServer({ noDelay: true }, (socket) => {
      connections.add(socket);
      acceptor.accept(socket, (secure) => secure.end());
    });
    const address = await listen(server, { host, port: options.address.port });
    return listenerOf([address], () => closeServer(server, connections));
  });
}

/**
 * Shakes hands and looks at what the server shows, trusting nothing.
 *
 * @throws EversealError `tls` when the server refuses, `timeout`, and those of a connection
 */
export async function probeTls(options: ProbeTlsOptions, clock: Clock): Promise<TlsProbe> {
  const tls = await import('node:tls');
  const where = formatAddress(options.address);
  const { timeoutMs: ms, signal } = options;
  return withDeadline({ clock, ms, what: `the TLS handshake with ${where}`, signal }, async (within) => {
    const target = { ...options.address, lookup: lookupName, autoSelectFamily: true };
    const socket = tls.connect({
      ...target,
      servername: isIP(options.serverName) === 0 ? options.serverName : '',
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
      ...(options.protocols.length > 0 && { ALPNProtocols: [...options.protocols] }),
    });
    try {
      await settleSocket(socket, 'secureConnect', { signal: within, where });
      return seenBy(socket, where);
    } catch (error) {
      throw within.aborted ? within.reason : networkFailure(error, where);
    } finally {
      socket.destroy();
    }
  });
}

function seenBy(socket: TLSSocket, where: string): TlsProbe {
  const certificate = socket.getPeerX509Certificate()?.raw;
  if (certificate === undefined) throw new EversealError('tls', `Cannot reach ${where}: it showed no certificate`);
  const protocol = socket.alpnProtocol === false ? undefined : (socket.alpnProtocol ?? undefined);
  return { protocol, certificate: new Uint8Array(certificate) };
}
