import { type Ca, type CaOptions, createCa } from '../ca/index.ts';
import { hasCode, type Listener, type Ports } from '../core/index.ts';
import { nodePorts } from '../node/index.ts';

export interface StartCaOptions extends Omit<CaOptions, 'baseUrl'> {
  /**
   * The name or address in the CA's URLs, which its TLS certificate is then for, too. Default `localhost`. Names below
   * `localhost` are covered by a wildcard in any case, but Node's and other clients take none so near to the root.
   */
  readonly host?: string;
  /** Where to listen: an address, or `''` for all. Default: loopback, by IPv4 and, where there is one, IPv6. */
  readonly address?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Default: this machine. */
  readonly ports?: Pick<Ports, 'clock' | 'random' | 'keys' | 'http' | 'net' | 'log'>;
}

/** A CA that listens. */
export interface RunningCa {
  /** URL of the directory: what a client is given as server. */
  readonly directory: string;
  /** PEM of the root: what a client must trust, for the CA's own server as well as for what it issues. */
  readonly root: string;
  readonly port: number;
  /** The CA itself: its statistics, windows, terms. */
  readonly ca: Ca;
  /** Stops listening, then waits for validations that still run. Idempotent. */
  close(): Promise<void>;
}

/** A port that is free on one loopback address and taken on the other is given up so many times. */
const maxTries = 10;

/**
 * Starts an ACME CA on this machine, with new keys and nothing on disk. `*.localhost` is loopback for its validations.
 *
 * @throws EversealError `port-in-use`, `permission`, `address-not-available`; TypeError for options that make no sense
 *
 * @example
 * ```ts
 * import { startCa } from 'everseal';
 * const ca = await startCa({ validation: { httpPort: 5002 } });
 * console.log(ca.directory);
 * await ca.close();
 * ```
 */
export async function startCa(options: StartCaOptions = {}): Promise<RunningCa> {
  const { host = 'localhost', address, port = 0, ports = nodePorts(), ...caOptions } = options;
  // The CA's URLs need the port, which is known only once something listens: until then the door refuses handshakes.
  const door: Door = { ca: undefined };
  const listeners =
    address === undefined
      ? await listenOnLoopback(ports, door, port, maxTries)
      : [await listen(ports, door, address, port)];
  const bound = portOf(listeners[0]);
  const authority = host.includes(':') ? `[${host}]:${bound}` : `${host}:${bound}`;
  try {
    const ca = await createCa(ports, { ...caOptions, baseUrl: `https://${authority}` });
    door.ca = ca;
    return { directory: ca.directoryUrl, root: ca.root, port: bound, ca, close: () => closeAll(listeners, ca) };
  } catch (error) {
    await closeAll(listeners, undefined);
    throw error;
  }
}

interface Door {
  ca: Ca | undefined;
}

type NetPort = Pick<Ports, 'net'>;

function listen(ports: NetPort, door: Door, host: string, port: number): Promise<Listener> {
  return ports.net.serveHttp({
    address: { host, port },
    handler: async (request) => door.ca?.fetch(request) ?? new Response(null, { status: 503 }),
    identity: () => door.ca?.tlsIdentity,
  });
}

/** One port on both loopback addresses, since clients differ in which they try first; on IPv4 alone where there is no IPv6. */
async function listenOnLoopback(ports: NetPort, door: Door, port: number, tries: number): Promise<readonly Listener[]> {
  const first = await listen(ports, door, '127.0.0.1', port);
  try {
    return [first, await listen(ports, door, '::1', portOf(first))];
  } catch (error) {
    if (hasCode(error, 'address-not-available')) return [first];
    await first.close();
    if (port !== 0 || tries <= 1 || !hasCode(error, 'port-in-use')) throw error;
    return listenOnLoopback(ports, door, port, tries - 1);
  }
}

function portOf(listener: Listener | undefined): number {
  const port = listener?.addresses[0]?.port;
  if (port === undefined) throw new TypeError('a listener has at least one address');
  return port;
}

async function closeAll(listeners: readonly Listener[], ca: Ca | undefined): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.close()));
  await ca?.idle();
}
