/** The network between the machines: names, addresses, listeners, and what may go wrong on the way. */
import { EversealError, formatIpAddress, parseIpAddress, type SocketAddress } from '../src/core/index.ts';
import { Endpoint, type Service } from './endpoint.ts';
import type { Machine } from './machine.ts';
import type { SimProcess } from './process.ts';
import type { SeededRandom } from './random.ts';
import { TlsChecker } from './tls.ts';
import { drawMishap, type Mishap, type ScriptedMishap, type Weather } from './weather.ts';
import type { World } from './world.ts';

/** One HTTP exchange as the client saw it: for counting. */
export interface ExchangeRecord {
  readonly at: number;
  readonly from: string;
  readonly method: string;
  readonly url: string;
  /** The status, or the code of the failure. */
  readonly result: number | string;
}

interface Script extends ScriptedMishap {
  seen: number;
}

export class Network {
  readonly world: World;
  readonly tls = new TlsChecker();
  readonly exchanges: ExchangeRecord[] = [];
  /** May be changed while the story runs. */
  weather: Weather;
  readonly #names = new Map<string, readonly string[]>();
  readonly #endpoints = new Set<Endpoint>();
  readonly #scripts: Script[] = [];
  readonly #cuts = new Set<(from: Machine, to: Machine) => boolean>();
  readonly #dice = new Map<string, SeededRandom>();
  readonly #random: SeededRandom;
  #ports = 49_152;

  constructor(world: World, weather: Weather) {
    this.world = world;
    this.weather = weather;
    this.#random = world.random.fork('network');
  }

  /** Lets a host name lead to these addresses; none: the name is gone. */
  setName(name: string, addresses: readonly string[]): void {
    if (addresses.length === 0) this.#names.delete(name.toLowerCase());
    else this.#names.set(name.toLowerCase(), addresses.map(canonical));
  }

  /** Nothing passes between the two machines (in either direction) until the returned function is called. */
  partition(a: Machine, b: Machine): () => void {
    return this.#cut(`${a.name} and ${b.name}`, (from, to) => (from === a && to === b) || (from === b && to === a));
  }

  /** Nobody else reaches the machine until the returned function is called. */
  isolate(machine: Machine): () => void {
    return this.#cut(machine.name, (from, to) => from !== to && (from === machine || to === machine));
  }

  /** As `isolate`, for so many virtual milliseconds from now. */
  isolateFor(machine: Machine, ms: number): void {
    this.world.scheduler.after(ms, this.isolate(machine));
  }

  /** Makes a mishap happen to coming exchanges. */
  script(mishap: ScriptedMishap): void {
    this.#scripts.push({ ...mishap, seen: 0 });
  }

  /** Random numbers for the exchanges of one process: another process's exchanges do not change them. */
  diceOf(process: SimProcess): SeededRandom {
    const known = this.#dice.get(process.name);
    if (known !== undefined) return known;
    const dice = this.#random.fork(process.name);
    this.#dice.set(process.name, dice);
    return dice;
  }

  /** What happens to an exchange; `title` is `METHOD URL` or `host:port`. */
  mishapFor(title: string, dice: SeededRandom): Mishap | undefined {
    const drawn = drawMishap(this.weather, dice);
    for (const script of this.#scripts) {
      if (!script.match.test(title)) continue;
      script.seen += 1;
      const skip = script.skip ?? 0;
      if (script.seen > skip && script.seen <= skip + (script.times ?? 1)) return script.mishap;
    }
    return drawn;
  }

  /** @throws EversealError `name-not-found` */
  resolve(hostname: string, family?: 4 | 6): readonly string[] {
    const name = hostname
      .toLowerCase()
      .replace(/\.$/, '')
      .replace(/^\[(.*)\]$/, '$1');
    const all = this.#lookUp(name);
    const fitting = all.filter((address) => family === undefined || (address.includes(':') ? 6 : 4) === family);
    if (fitting.length === 0) throw new EversealError('name-not-found', `There is no address for the name ${hostname}`);
    return fitting;
  }

  /** Whether a packet gets through. */
  isReachable(from: Machine, to: Machine): boolean {
    return ![...this.#cuts].some((cut) => cut(from, to));
  }

  /** The machine that an address belongs to, as seen from another. */
  machineAt(address: string, from: Machine): Machine | undefined {
    if (isLoopback(address)) return from;
    return this.world.machines.find((machine) => machine.addresses.map(canonical).includes(address));
  }

  endpointAt(machine: Machine, address: string, port: number): Endpoint | undefined {
    return [...this.#endpoints].find(
      (endpoint) => endpoint.machine === machine && endpoint.port === port && endpoint.takes(address),
    );
  }

  /**
   * @throws EversealError `port-in-use`, `permission`, `address-not-available`
   */
  listen(machine: Machine, address: SocketAddress, service: Service, owner?: SimProcess): Endpoint {
    const hosts = address.host === '' ? [] : this.resolve(address.host);
    if (hosts.some((host) => this.machineAt(host, machine) !== machine)) {
      throw new EversealError('address-not-available', `${address.host} is no address of ${machine.name}`);
    }
    if (address.port > 0 && address.port < 1024 && !machine.privileged) {
      throw new EversealError('permission', `Port ${address.port} is for the administrator only`);
    }
    const port = address.port === 0 ? this.#freePort() : address.port;
    const taken = [...this.#endpoints].find(
      (other) => other.machine === machine && other.port === port && other.meets(hosts),
    );
    if (taken !== undefined) throw new EversealError('port-in-use', `Port ${port} of ${machine.name} is taken`);
    const endpoint = new Endpoint({ machine, hosts, port, service, owner });
    this.#endpoints.add(endpoint);
    endpoint.whenClosed(() => this.#endpoints.delete(endpoint));
    return endpoint;
  }

  #lookUp(name: string): readonly string[] {
    if (parseIpAddress(name) !== undefined) return [canonical(name)];
    if (name === 'localhost' || name.endsWith('.localhost')) return ['127.0.0.1', '::1'];
    return this.#names.get(name) ?? [];
  }

  #cut(what: string, cut: (from: Machine, to: Machine) => boolean): () => void {
    this.world.trace.add('network', `${what} cut off`);
    this.#cuts.add(cut);
    return () => {
      if (this.#cuts.delete(cut)) this.world.trace.add('network', `${what} connected again`);
    };
  }

  #freePort(): number {
    this.#ports += 1;
    return this.#ports;
  }
}

function canonical(address: string): string {
  const octets = parseIpAddress(address);
  if (octets === undefined) throw new TypeError(`${address} is no IP address`);
  return formatIpAddress(octets);
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
