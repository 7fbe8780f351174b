/** One exchange over the simulated network: there, the work, and back. */
import { EversealError, type SocketAddress } from '../src/core/index.ts';
import { connectionReset, type Endpoint } from './endpoint.ts';
import type { SimProcess } from './process.ts';
import { drawDelay } from './weather.ts';

export interface ExchangeOptions<T> {
  readonly from: SimProcess;
  readonly to: SocketAddress;
  readonly family?: 4 | 6 | undefined;
  /** `METHOD URL` or `host:port`: what scripted mishaps are matched against. */
  readonly title: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** What the far side does. Called twice when the request is doubled. */
  readonly work: (endpoint: Endpoint) => Promise<T>;
}

/**
 * @throws EversealError the codes of the `http` port for what happens below HTTP; the signal's reason
 */
export function exchange<T>(options: ExchangeOptions<T>): Promise<T> {
  const { scheduler } = options.from.world;
  return new Promise((resolve, reject) => {
    const { signal } = options;
    const end = (settle: () => void) => {
      timer.cancel();
      signal?.removeEventListener('abort', abort);
      scheduler.touch();
      settle();
    };
    const abort = () => end(() => reject(signal?.reason));
    const timer = scheduler.after(options.timeoutMs, () => {
      end(() => reject(new EversealError('timeout', `No answer from ${where(options.to)} in ${options.timeoutMs} ms`)));
    });
    signal?.addEventListener('abort', abort);
    travel(options).then(
      (value) => end(() => resolve(value)),
      (error: unknown) => end(() => reject(error)),
    );
  });
}

async function travel<T>(options: ExchangeOptions<T>): Promise<T> {
  const { from, to, title } = options;
  const { network } = from.world;
  const dice = network.diceOf(from);
  const mishap = network.mishapFor(title, dice);
  const there = drawDelay(network.weather, dice);
  const back = drawDelay(network.weather, dice);
  if (mishap !== undefined) from.trace(`${title}: ${mishap}`);
  await pass(from, there);
  if (mishap === 'lost') return never();
  if (mishap === 'refused') throw refused(to);
  const endpoint = await findEndpoint(options);
  if (mishap === 'doubled') repeatLater(options, endpoint, drawDelay(network.weather, dice));
  const value = await endpoint.ask(() => options.work(endpoint));
  await pass(from, back);
  if (mishap === 'cut') throw connectionReset(to.host, to.port);
  if (mishap === 'reply-lost' || !network.isReachable(endpoint.machine, from.machine)) return never();
  return value;
}

/** The second copy of a request: what comes of it, nobody hears. */
function repeatLater<T>(options: ExchangeOptions<T>, endpoint: Endpoint, ms: number): void {
  options.from.world.scheduler.after(ms, () => {
    endpoint.ask(() => options.work(endpoint)).catch(() => undefined);
  });
}

/** The first address at which somebody listens. A packet to where nothing is gets no answer at all. */
async function findEndpoint<T>(options: ExchangeOptions<T>): Promise<Endpoint> {
  const { from, to } = options;
  const { network } = from.world;
  let silent = false;
  for (const address of network.resolve(to.host, options.family)) {
    const machine = network.machineAt(address, from.machine);
    const endpoint = machine && network.endpointAt(machine, address, to.port);
    if (machine === undefined || !network.isReachable(from.machine, machine)) silent = true;
    else if (endpoint !== undefined) return endpoint;
  }
  if (silent) return never();
  throw refused(to);
}

function pass(process: SimProcess, ms: number): Promise<void> {
  return new Promise((resolve) => process.world.scheduler.after(ms, resolve));
}

function refused(to: SocketAddress): EversealError {
  return new EversealError('connection-refused', `Nobody listens at ${where(to)}`);
}

function where(address: SocketAddress): string {
  return `${address.host}:${address.port}`;
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}
