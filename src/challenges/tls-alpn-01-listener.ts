/** tls-alpn-01 (RFC 8737) by a listener of our own: one for all names and orders of a Run. */
import {
  type Answers,
  EversealError,
  type GeneratedKey,
  type Identifier,
  type Ports,
  type SocketAddress,
  type TlsIdentity,
} from '../core/index.ts';
import { serverNameLocks } from './answers-solver.ts';
import { ListenerGroup } from './listener-group.ts';
import type { ChallengeIntent, Receipt, Solver, SolverLock } from './solver.ts';
import { acmeTlsProtocol, challengeServerName, tlsAlpnCertificate } from './tls-alpn-01-certificate.ts';

export interface TlsAlpnListenerOptions {
  readonly ports: Pick<Ports, 'net' | 'clock' | 'random' | 'keys'>;
  /** Given: the answers are published there too, by name or address, for whoever else terminates TLS. */
  readonly answers?: Answers;
  /** Each is listened on; host `''` means all addresses, IPv4 and IPv6. Port 443 is where CAs look. */
  readonly addresses: readonly SocketAddress[];
  /** Milliseconds between presenting and asking the CA to look. */
  readonly delayMs?: number;
}

/**
 * A solver that answers tls-alpn-01 from its own listener, from `prepare` to `close`, with one key for all its certificates.
 * Who does not offer `acme-tls/1`, or asks for a name without a running challenge, is refused. Wildcards do not fit, IP
 * addresses do (RFC 8738 §6).
 *
 * @throws EversealError from `prepare`: `port-in-use`, `permission` for a low port, `address-not-available`
 *
 * @example
 * ```ts
 * import { tlsAlpnListenerSolver } from 'everseal/challenges';
 * import { nodePorts } from 'everseal/node';
 * const solver = tlsAlpnListenerSolver({ ports: nodePorts(), addresses: [{ host: '127.0.0.1', port: 0 }] });
 * await solver.prepare(new AbortController().signal);
 * await solver.close();
 * ```
 */
export function tlsAlpnListenerSolver(options: TlsAlpnListenerOptions): Solver {
  return new TlsAlpnListener(options);
}

interface Shown {
  readonly keyAuthorization: string;
  readonly identity: TlsIdentity;
}

class TlsAlpnListener implements Solver {
  readonly type = 'tls-alpn-01';
  readonly scope = 'order';
  /** The listener and its certificates die with the process. */
  readonly durable = false;
  readonly #options: TlsAlpnListenerOptions;
  readonly #listeners: ListenerGroup;
  /** By SNI name. */
  readonly #shown = new Map<string, Shown>();
  #key: Promise<GeneratedKey> | undefined;

  constructor(options: TlsAlpnListenerOptions) {
    this.#options = options;
    this.#listeners = new ListenerGroup({
      addresses: options.addresses,
      listenOn: (address) =>
        options.ports.net.serveTls({
          address,
          select: (serverName, protocols) => this.#select(serverName, protocols),
        }),
      purpose: 'answer tls-alpn-01 challenges',
      otherWays:
        'listen on another port and have port 443 forwarded to it (--tls.address; a proxy in between must pass TLS through unopened), prove the names over port 80 (http-01), or by DNS',
    });
  }

  fits(_identifier: Identifier, wildcard: boolean): boolean {
    return !wildcard;
  }

  async prepare(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#listeners.open(), this.#ownKey(signal)]);
  }

  locks(batch: readonly ChallengeIntent[]): readonly SolverLock[] {
    return serverNameLocks(batch);
  }

  async present(batch: readonly ChallengeIntent[], signal: AbortSignal): Promise<readonly Receipt[]> {
    const key = await this.#ownKey(signal);
    await Promise.all(batch.map((intent) => this.#show(intent, key)));
    return batch.map(() => ({}));
  }

  async wait(_batch: readonly ChallengeIntent[], signal: AbortSignal): Promise<void> {
    const { ports, delayMs = 0 } = this.#options;
    if (delayMs > 0) await ports.clock.sleep(delayMs, signal);
  }

  async cleanup(batch: readonly { readonly intent: ChallengeIntent }[]): Promise<void> {
    await Promise.all(batch.map(({ intent }) => this.#hide(intent)));
  }

  async close(): Promise<void> {
    await this.#listeners.close();
  }

  #select(serverName: string | undefined, protocols: readonly string[]) {
    if (!protocols.includes(acmeTlsProtocol)) return undefined;
    const shown = this.#shown.get(serverName?.toLowerCase() ?? '');
    return shown === undefined ? undefined : { identity: shown.identity, protocol: acmeTlsProtocol };
  }

  async #show({ identifier, keyAuthorization }: ChallengeIntent, key: GeneratedKey): Promise<void> {
    const { random, clock } = this.#options.ports;
    const chain = await tlsAlpnCertificate({ identifier, keyAuthorization, key, random, now: clock.now() });
    const identity = { chain, key: pkcs8Of(key) };
    this.#shown.set(challengeServerName(identifier), { keyAuthorization, identity });
    await this.#options.answers?.put(this.type, identifier.value, keyAuthorization);
  }

  /** Only what is ours: another order may show something for the same name by now. */
  async #hide({ identifier, keyAuthorization }: ChallengeIntent): Promise<void> {
    const { answers } = this.#options;
    const serverName = challengeServerName(identifier);
    if (this.#shown.get(serverName)?.keyAuthorization === keyAuthorization) this.#shown.delete(serverName);
    if ((await answers?.get(this.type, identifier.value)) === keyAuthorization)
      await answers?.delete(this.type, identifier.value);
  }

  #ownKey(signal: AbortSignal): Promise<GeneratedKey> {
    this.#key ??= this.#options.ports.keys.generate('EC256', signal).catch((error: unknown) => {
      this.#key = undefined;
      throw error;
    });
    return this.#key;
  }
}

function pkcs8Of(key: GeneratedKey): NonNullable<GeneratedKey['pkcs8']> {
  if (key.pkcs8 !== undefined) return key.pkcs8;
  throw new EversealError(
    'bad-key',
    'A challenge certificate needs a key that TLS can use, and this one cannot leave its device',
    {
      next: 'Let the keys of challenges be made in memory.',
    },
  );
}
