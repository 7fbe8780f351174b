/** The world of the CA's tests: a clock moved by hand, seeded randomness, and a web made of a table. */
import { createHash } from 'node:crypto';
import {
  type Clock,
  EversealError,
  type HttpRequest,
  type HttpResponse,
  type KeyAlgorithm,
  type LogFields,
  type ProbeTlsOptions,
  type Random,
  softwareKey,
  type TlsProbe,
  utf8,
  ecKeyPair,
} from '../core/index.ts';
import { type Ca, createCa } from './ca.ts';
import type { CaPorts } from './context.ts';
import type { CaOptions } from './options.ts';

/** Stands still until it is moved. */
export class ManualClock implements Clock {
  #now: number;
  #sleepers: { readonly due: number; readonly wake: () => void }[] = [];

  constructor(start: string) {
    this.#now = new Date(start).getTime();
  }

  now(): Date {
    return new Date(this.#now);
  }

  monotonic(): number {
    return this.#now;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => this.#sleepers.push({ due: this.#now + ms, wake }));
  }

  advance(ms: number): void {
    this.#now += ms;
    const due = this.#sleepers.filter((sleeper) => sleeper.due <= this.#now);
    this.#sleepers = this.#sleepers.filter((sleeper) => sleeper.due > this.#now);
    for (const sleeper of due) sleeper.wake();
  }

  /** Moves on to the moment when the next sleeper wakes. */
  advanceToNext(): void {
    const next = Math.min(...this.#sleepers.map(({ due }) => due));
    if (Number.isFinite(next)) this.advance(Math.max(0, next - this.#now));
  }
}

class SeededRandom implements Random {
  readonly #label: string;
  #counter = 0;

  constructor(label: string) {
    this.#label = label;
  }

  bytes(length: number): Uint8Array {
    const blocks: Buffer[] = [];
    for (let have = 0; have < length; have += 32) {
      blocks.push(createHash('sha256').update(`${this.#label} ${this.#counter}`).digest());
      this.#counter += 1;
    }
    return new Uint8Array(Buffer.concat(blocks).subarray(0, length));
  }

  fraction(): number {
    return Buffer.from(this.bytes(4)).readUInt32BE() / 2 ** 32;
  }

  fork(label: string): Random {
    return new SeededRandom(`${this.#label}/${label}`);
  }
}

export interface Page {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What is behind a URL: a page, a failure, or a function that says which. */
export type Site = Page | EversealError | ((request: HttpRequest) => Page | EversealError);

const curves: Partial<Record<KeyAlgorithm, string>> = { EC256: 'P-256', EC384: 'P-384', EC521: 'P-521' };

export interface World {
  readonly ca: Ca;
  readonly clock: ManualClock;
  /** URL → what is there; every other URL refuses the connection. */
  readonly sites: Map<string, Site>;
  /** Host name → addresses; every other name is 192.0.2.1. An empty list: no such name. */
  readonly names: Map<string, readonly string[]>;
  readonly requests: HttpRequest[];
  /** Server name → what a TLS handshake for it shows; every other one is refused a connection. */
  readonly handshakes: Map<string, TlsProbe | EversealError>;
  readonly probes: ProbeTlsOptions[];
  readonly logged: { readonly level: string; readonly message: string; readonly fields: LogFields | undefined }[];
  /** Lets validations and issuances end, moving the clock as they wait. */
  finish(): Promise<void>;
}

/** A CA in a world of its own. */
export async function createWorld(
  options: CaOptions = {},
  change: (ports: CaPorts) => CaPorts = (ports) => ports,
): Promise<World> {
  const clock = new ManualClock('2026-11-24T12:00:00.250Z');
  const sites: World['sites'] = new Map();
  const names: World['names'] = new Map();
  const requests: HttpRequest[] = [];
  const handshakes: World['handshakes'] = new Map();
  const probes: ProbeTlsOptions[] = [];
  const logged: World['logged'] = [];
  const log = (level: string) => (message: string, fields?: LogFields) => {
    logged.push({ level, message, fields });
  };
  const notHere = async (): Promise<never> => {
    throw new TypeError('the CA only resolves names and shakes hands');
  };
  const ports: CaPorts = {
    clock,
    random: new SeededRandom('seed'),
    keys: {
      generate: async (algorithm) => softwareKey(ecKeyPair(curves[algorithm] ?? 'P-256').privateKey),
    },
    http: {
      async request(request) {
        requests.push(request);
        return visit(sites.get(request.url), request);
      },
    },
    net: {
      serveHttp: notHere,
      serveTls: notHere,
      async probeTls(options) {
        probes.push(options);
        const shown = handshakes.get(options.serverName);
        if (shown === undefined) throw new EversealError('connection-refused', 'Nobody listens there');
        if (shown instanceof EversealError) throw shown;
        return shown;
      },
      serveDns: notHere,
      exchangeDns: notHere,
      connect: notHere,
      async resolve(hostname) {
        const addresses = names.get(hostname) ?? ['192.0.2.1'];
        if (addresses.length === 0) throw new EversealError('name-not-found', `There is no ${hostname}`);
        return addresses;
      },
    },
    log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
  };
  const ca = await createCa(change(ports), options);
  return { ca, clock, sites, names, requests, handshakes, probes, logged, finish: () => finish(ca, clock) };
}

function visit(site: Site | undefined, request: HttpRequest): HttpResponse {
  const page = typeof site === 'function' ? site(request) : site;
  if (page === undefined) throw new EversealError('connection-refused', `Nobody listens at ${request.url}`);
  if (page instanceof EversealError) throw page;
  const headers = Object.entries(page.headers ?? {}).map(([name, value]): [string, readonly string[]] => [
    name,
    [value],
  ]);
  return { status: page.status ?? 200, headers: new Map(headers), body: utf8(page.body ?? '') };
}

async function finish(ca: Ca, clock: ManualClock): Promise<void> {
  let done = false;
  const idle = ca.idle().then(() => {
    done = true;
  });
  for (let round = 0; !done; round += 1) {
    if (round === 10_000) throw new TypeError('a validation waits for something that is not of this world');
    for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
    clock.advanceToNext();
  }
  await idle;
}
