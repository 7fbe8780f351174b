import { EversealError, hasCode, type Listener, type SocketAddress } from '../core/index.ts';

export interface ListenerGroupOptions {
  readonly addresses: readonly SocketAddress[];
  readonly listenOn: (address: SocketAddress) => Promise<Listener>;
  /** For messages: what cannot be done without the listeners, and how else it could be. */
  readonly purpose: string;
  readonly otherWays: string;
}

/** Listeners that are opened together, all or none, and only once however often it is asked for. */
export class ListenerGroup {
  readonly #options: ListenerGroupOptions;
  #listeners: Promise<readonly Listener[]> | undefined;

  constructor(options: ListenerGroupOptions) {
    this.#options = options;
  }

  /**
   * Where it listens, after a port 0 was replaced.
   *
   * @throws EversealError `port-in-use`, `permission` for a low port, `address-not-available`
   */
  async open(): Promise<readonly SocketAddress[]> {
    this.#listeners ??= this.#openAll();
    try {
      return (await this.#listeners).flatMap(({ addresses }) => addresses);
    } catch (error) {
      this.#listeners = undefined; // the port may be free at the next call
      throw error;
    }
  }

  /** Idempotent. */
  async close(): Promise<void> {
    const listeners = await this.#listeners?.catch(() => []);
    this.#listeners = undefined;
    await closeAll(listeners ?? []);
  }

  async #openAll(): Promise<readonly Listener[]> {
    const listeners: Listener[] = [];
    try {
      for (const address of this.#options.addresses) listeners.push(await this.#openOne(address));
    } catch (error) {
      await closeAll(listeners);
      throw error;
    }
    return listeners;
  }

  async #openOne(address: SocketAddress): Promise<Listener> {
    try {
      return await this.#options.listenOn(address);
    } catch (error) {
      throw explained(error, address, this.#options);
    }
  }
}

async function closeAll(listeners: readonly Listener[]): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.close()));
}

/** Each failure to listen, with its cure. */
function explained(
  error: unknown,
  { host, port }: SocketAddress,
  { purpose, otherWays }: Pick<ListenerGroupOptions, 'purpose' | 'otherWays'>,
): unknown {
  const shown = host.includes(':') ? `[${host}]` : host;
  const where = host === '' ? `port ${port}` : `${shown}:${port}`;
  if (hasCode(error, 'port-in-use')) {
    return new EversealError('port-in-use', `Cannot ${purpose}: ${where} is taken by another program`, {
      next: `Stop that program meanwhile, ${otherWays}.`,
      cause: error,
    });
  }
  if (hasCode(error, 'permission')) {
    return new EversealError('permission', `Cannot ${purpose}: this user may not listen on ${where}`, {
      next: `Give the program the right to low ports (setcap cap_net_bind_service=+ep), ${otherWays}.`,
      cause: error,
    });
  }
  if (hasCode(error, 'address-not-available')) {
    return new EversealError(
      'address-not-available',
      `Cannot ${purpose}: this machine does not have the address ${shown}`,
      {
        next: 'Listen on one of its own addresses, or on all of them by leaving the host out.',
        cause: error,
      },
    );
  }
  return error;
}
