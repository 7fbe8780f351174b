/** A small town: a CA that everybody trusts, a web machine with a disk, and the certificates it wants. */
// Loaded up front: a dynamic import takes real time, which the simulated world does not wait for.
import '../src/acme/index.ts';
import '../src/engine/issue.ts';
import '../src/pki/index.ts';
import '../src/ca/open-resolver.ts';
import '../src/providers/dnsupdate-provider.ts';
import { type Ca, type CaOptions, createCa, makeAuthority, serveCa } from '../src/ca/index.ts';
import { answerHttpChallenge, dnsSolver, httpListenerSolver, type Solver } from '../src/challenges/index.ts';
import { type EversealEvent, MemoryAnswers, type Ports } from '../src/core/index.ts';
import {
  acmeClients,
  type CertificateSpec,
  type CertificateStore,
  type EngineContext,
  type IssuerSpec,
  type Report,
  type RunContext,
  run,
  type Stores,
} from '../src/engine/index.ts';
import { type DnsProvider, readSettings } from '../src/dns/index.ts';
import { legoStores } from '../src/faces/lego/stores.ts';
import { type OpenProviderOptions, openProvider } from '../src/providers/index.ts';
import { apiEnvironment, type ApiShape, openApi, townProvider } from './dns-api.ts';
import { KeyFactory } from './keys.ts';
import type { Machine } from './machine.ts';
import { NameService, type NameServiceOptions } from './name-service.ts';
import { SeededRandom } from './random.ts';
import { replacing } from './replacing.ts';
import type { Exit, SimProcess } from './process.ts';
import { plainIssuer, plainSpec } from './wishes.ts';
import { defaultStart, type World } from './world.ts';

export interface TownOptions {
  readonly ca?: CaOptions;
  /** Names that lead to the web machine. Default: `www.example` and nine more. */
  readonly names?: readonly string[];
  /** Host name of the CA. Default `ca.test`. */
  readonly caHost?: string;
  /**
   * A web server on a machine of its own answers for all names, from answers that outlive the clients: what a webroot on
   * shared storage is. Default: each client listens on port 80 of the web machine by itself.
   */
  readonly front?: boolean;
  /**
   * The town has DNS, and its clients prove names by dns-01 through this provider. The CA asks the secondary, which is late.
   */
  readonly dns?: NameServiceOptions & { readonly provider: 'dnsupdate' | ApiShape };
}

export interface ClientOptions {
  /** The process's name in the trace. Default `client`. */
  readonly name?: string;
  readonly machine?: Machine;
  readonly wrap?: ((ports: Ports) => Ports) | undefined;
  /** Where its events go. */
  readonly events?: (event: EversealEvent) => void;
  /** Default: lego's tree in `/data`. */
  readonly stores?: (ports: Ports) => Stores;
  /** Replaces stores by defective or watched ones. */
  readonly wrapStores?: ((stores: Stores) => Stores) | undefined;
  readonly wrapSolver?: ((solver: Solver) => Solver) | undefined;
  readonly wrapProvider?: ((provider: DnsProvider) => DnsProvider) | undefined;
}

/** Everything a client process works with. */
export interface Client {
  readonly ports: Ports;
  readonly stores: Stores;
  readonly process: SimProcess;
  /** For account operations and revocation. */
  readonly engine: EngineContext;
  /** A spec for the names: one solver on port 80, one issuer, everything changeable. */
  spec(names: readonly string[], changes?: Partial<CertificateSpec>): CertificateSpec;
  issuer(changes?: Partial<IssuerSpec>): IssuerSpec;
  run(specs: readonly CertificateSpec[], options?: Partial<RunContext>): Promise<Report>;
}

const defaultHost = 'ca.test';
const keyStream = new SeededRandom('the keys of all towns');

/** One authority for all towns: it plays no part in a story, and making it would be a fifth of a short life. */
const authority = await makeAuthority(
  {
    clock: { now: () => defaultStart, monotonic: () => 0, sleep: async () => undefined },
    random: new SeededRandom('the authority of all towns'),
    keys: { generate: async (algorithm) => new KeyFactory(new Set()).make(algorithm, keyStream) },
  },
  { host: defaultHost, alternateRoots: 0 },
);

export const defaultNames = ['www.example', ...Array.from({ length: 9 }, (_, i) => `n${i + 1}.example`)];

export class Town {
  readonly world: World;
  readonly web: Machine;
  readonly events: EversealEvent[] = [];
  /** What each client process told, one entry a boot. */
  readonly boots: { readonly process: string; readonly events: EversealEvent[] }[] = [];
  /** Commits that the stores accepted, in order. */
  readonly commits: { readonly name: string; readonly fence: number }[] = [];
  /** Client processes that crashed. */
  crashes = 0;
  #ca: Ca | undefined;
  readonly #options: TownOptions;
  /** What the front shows, by token. */
  readonly shown = new Map<string, string>();
  #dns: NameService | undefined;

  private constructor(world: World, options: TownOptions) {
    this.world = world;
    this.#options = options;
    const names = options.names ?? defaultNames;
    this.web = world.machine({ name: 'web', hostNames: options.front === true ? ['web'] : names });
    if (options.front === true) this.#openFront(names);
  }

  #openFront(names: readonly string[]): void {
    const machine = this.world.machine({ name: 'front', hostNames: names });
    const answers = { get: async (_kind: string, token: string) => this.shown.get(token) };
    const main = async (ports: Ports): Promise<void> => {
      const handler = (request: Request): Promise<Response> => answerHttpChallenge(answers, request);
      await ports.net.serveHttp({ address: { host: '', port: 80 }, handler });
      await new Promise(() => undefined);
    };
    this.world.boot({ machine, name: 'front', main });
  }

  /** Puts answers where the front finds them: they stay there until somebody removes them. */
  #frontSolver(): Solver {
    const { shown } = this;
    return {
      type: 'http-01',
      scope: 'order',
      durable: true,
      fits: (_identifier, wildcard) => !wildcard,
      prepare: async () => undefined,
      present: async (batch) => {
        for (const { token, keyAuthorization } of batch) shown.set(token, keyAuthorization);
        return batch.map(() => ({}));
      },
      wait: async () => undefined,
      cleanup: async (batch) => {
        for (const { intent } of batch) shown.delete(intent.token);
      },
      close: async () => undefined,
    };
  }

  /** Builds the town and waits until its CA listens. Call it inside `world.drive`. */
  static async build(world: World, options: TownOptions = {}): Promise<Town> {
    const town = new Town(world, options);
    if (options.dns !== undefined) {
      town.#dns = await NameService.open(world, options.dns);
      await openApi(world, town.dns.zone);
    }
    await town.openCa(options.caHost ?? defaultHost, options.ca);
    return town;
  }

  get dns(): NameService {
    if (this.#dns === undefined) throw new TypeError('the town has no DNS');
    return this.#dns;
  }

  get hasDns(): boolean {
    return this.#dns !== undefined;
  }

  get ca(): Ca {
    if (this.#ca === undefined) throw new TypeError('the town has no CA yet');
    return this.#ca;
  }

  /** A CA of that name: the town's own, or a further one. It forgets everything when it is opened again. */
  async openCa(host: string, options: CaOptions = {}): Promise<Ca> {
    const known = this.world.machines.find(({ name }) => name === host);
    for (const process of [...(known?.processes ?? [])]) process.kill();
    const machine = known ?? this.world.machine({ name: host });
    const ca = await new Promise<Ca>((resolve, reject) => {
      const process = this.world.boot({
        machine,
        name: host,
        main: async (ports) => {
          const known = host === defaultHost && options.alternateRoots === undefined ? { authority } : {};
          const validation = { ...this.#lookUp(), ...options.validation };
          const made = await createCa(ports, { baseUrl: `https://${host}`, ...known, ...options, validation });
          await serveCa(ports, made, { host: '', port: 443 });
          resolve(made);
          await new Promise(() => undefined);
        },
      });
      process.exited.then((exit) => exit.how === 'failed' && reject(exit.error));
    });
    if (host === (this.#options.caHost ?? defaultHost)) this.#ca = ca;
    return ca;
  }

  /** One for all certificates of a Run. */
  async #plainSolver(ports: Ports, options: ClientOptions): Promise<Solver> {
    const { front, dns } = this.#options;
    if (dns !== undefined) return this.#dnsSolver(ports, options);
    if (front === true) return this.#frontSolver();
    return httpListenerSolver({ ports, answers: new MemoryAnswers(), addresses: [{ host: '', port: 80 }] });
  }

  async #dnsSolver(ports: Ports, options: ClientOptions): Promise<Solver> {
    const { wrapProvider, events = () => undefined } = options;
    const resolver = this.dns.resolver(ports);
    const opened = await this.#openProvider({ ports, workingFolder: '/', resolver, events });
    const provider = wrapProvider?.(opened) ?? opened;
    const checks = { authoritative: true, recursive: true };
    return dnsSolver({ type: 'dns-01', ports, provider, resolver, checks, events });
  }

  async #openProvider(context: Omit<OpenProviderOptions, 'environment'>): Promise<DnsProvider> {
    const shape = this.#options.dns?.provider ?? 'dnsupdate';
    if (shape === 'dnsupdate') return openProvider(shape, { ...context, environment: this.dns.environment });
    const entry = townProvider(shape);
    const settings = await readSettings(entry, apiEnvironment, context.ports.fs, () => undefined);
    return entry.open({ ...context, settings, environment: apiEnvironment });
  }

  #lookUp(): CaOptions['validation'] {
    return this.#dns === undefined ? {} : { resolvers: [this.#dns.secondary] };
  }

  /** Boots one client process and waits for its end. */
  async client(work: (client: Client) => Promise<void>, options: ClientOptions = {}): Promise<Exit> {
    const exit = await this.boot(work, options).exited;
    if (exit.how === 'crashed') this.crashes += 1;
    return exit;
  }

  /** As {@link client}, failing when the process fails: for stories without crashes. */
  async visit<T>(work: (client: Client) => Promise<T>, options: ClientOptions = {}): Promise<T> {
    const results: T[] = [];
    const exit = await this.client(async (client) => void results.push(await work(client)), options);
    const [result] = results;
    if (exit.how === 'failed') throw exit.error;
    if (result === undefined && exit.how !== 'returned') throw new TypeError(`the process ${exit.how}`);
    return result as T;
  }

  /** Boots the client again after each crash, a second later, until it ends by itself. */
  async untilDone(work: (client: Client) => Promise<void>, options: ClientOptions = {}): Promise<void> {
    for (;;) {
      const exit = await this.client(work, options);
      if (exit.how === 'failed') throw exit.error;
      if (exit.how === 'returned') return;
      await this.world.sleep(1000);
    }
  }

  boot(work: (client: Client) => Promise<void>, options: ClientOptions = {}): SimProcess {
    return this.world.boot({
      machine: options.machine ?? this.web,
      name: options.name ?? 'client',
      ...(options.wrap && { wrap: options.wrap }),
      main: async (ports, process) => work(await this.#equip(ports, process, options)),
    });
  }

  /** Notes each commit that succeeded. */
  #watch(stores: Stores): Stores {
    const { certificates } = stores;
    const commit: CertificateStore['commit'] = async (name, version, expected, fence) => {
      const stored = await certificates.commit(name, version, expected, fence);
      this.commits.push({ name, fence: fence.number });
      return stored;
    };
    return { ...stores, certificates: replacing(certificates, { commit }) };
  }

  async #equip(ports: Ports, process: SimProcess, options: ClientOptions): Promise<Client> {
    const made = options.stores?.(ports) ?? legoStores(ports, { path: '/data' });
    const stores = this.#watch(options.wrapStores?.(made) ?? made);
    const signal = new AbortController().signal;
    const boot = { process: process.name, events: [] as EversealEvent[] };
    this.boots.push(boot);
    const events = (event: EversealEvent): void => {
      this.events.push(event);
      boot.events.push(event);
      options.events?.(event);
    };
    const base = { ports, stores, signal, events };
    const plain = await this.#plainSolver(ports, options);
    const solver = options.wrapSolver?.(plain) ?? plain;
    const issuer = (changes: Partial<IssuerSpec> = {}): IssuerSpec => ({
      ...plainIssuer(this.ca.directoryUrl, this.ca.root),
      ...changes,
    });
    return {
      ports,
      stores,
      process,
      issuer,
      engine: { ...base, clients: acmeClients(base) },
      spec: (names, changes = {}) => ({ ...plainSpec(names, issuer(), solver), ...changes }),
      run: (specs, more = {}) => run({ ...base, ...more }, specs),
    };
  }
}

/** Tells a story in a fresh town and drives it to its end. */
export async function inTown<T>(
  world: World,
  story: (town: Town) => Promise<T>,
  options: TownOptions = {},
): Promise<T> {
  return world.drive(Town.build(world, options).then(story));
}
