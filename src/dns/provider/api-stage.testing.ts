/** Opens a provider that is data on a fake API, in a time that passes as fast as it is waited for. */
import { type Clock, type Environment, type EversealEvent, type HttpRequest, utf8 } from '../../core/index.ts';
import type { DnsResolver } from '../resolver.ts';
import type { ProviderContext, ProviderEntry, ProviderPorts } from './catalogue-entry.ts';
import type { DnsProvider, TxtRecord } from './provider.ts';
import { readSettings } from './settings.ts';

export interface NotedRequest {
  /** Method and URL behind the base address. */
  readonly line: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Milliseconds since the start. */
  readonly at: number;
}

export interface FakeReply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Anything but a text is sent as JSON. */
  readonly body?: unknown;
}

/** What the API does with a request; throws for a network failure. */
export type FakeApi = (request: HttpRequest, body: string) => FakeReply | Promise<FakeReply>;

/** Time moves to the next sleeper once nothing else is left to do. */
export class FastClock implements Clock {
  ms = 0;
  #sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  #moves = false;

  now(): Date {
    return new Date(Date.UTC(2026, 0, 1) + this.ms);
  }

  monotonic(): number {
    return this.ms;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((wake) => {
      this.#sleepers.push({ at: this.ms + ms, wake });
      if (!this.#moves) void this.#move();
    });
    signal?.throwIfAborted();
  }

  async #move(): Promise<void> {
    this.#moves = true;
    while (this.#sleepers.length > 0) {
      for (let turn = 0; turn < 200; turn += 1) await Promise.resolve();
      this.#sleepers.sort((a, b) => a.at - b.at);
      const next = this.#sleepers.shift();
      if (next === undefined) break;
      this.ms = Math.max(this.ms, next.at);
      next.wake();
    }
    this.#moves = false;
  }
}

export class ApiStage {
  readonly requests: NotedRequest[] = [];
  readonly events: EversealEvent[] = [];
  readonly log: string[] = [];
  readonly clock = new FastClock();
  shown = '';
  readonly #api: FakeApi;

  constructor(api: FakeApi) {
    this.#api = api;
  }

  get lines(): readonly string[] {
    return this.requests.map(({ line }) => line);
  }

  async open(entry: ProviderEntry, environment: Environment = {}): Promise<DnsProvider> {
    const ports = this.#ports();
    const settings = await readSettings(entry, environment, ports.fs, (message) => this.log.push(message));
    const context: ProviderContext = {
      ports,
      settings,
      environment,
      workingFolder: '/',
      resolver: blindResolver,
      events: (event) => this.events.push(event),
    };
    return entry.open(context);
  }

  #ports(): ProviderPorts {
    const log = (message: string) => void this.log.push(message);
    return {
      http: { request: (request) => this.#exchange(request) },
      clock: this.clock,
      random: { bytes: (length) => new Uint8Array(length), fraction: () => 0.5, fork: () => this.#ports().random },
      log: { debug: log, info: log, warn: log, error: log },
      terminal: {
        interactive: false,
        stdoutIsTty: false,
        colours: false,
        columns: 80,
        write: (text) => {
          this.shown += text;
        },
        writeError: unused,
        ask: unused,
      },
      spawn: unused,
      net: new Proxy({}, { get: unused }) as ProviderPorts['net'],
      fs: new Proxy({}, { get: unused }) as ProviderPorts['fs'],
    };
  }

  async #exchange(request: HttpRequest) {
    const { pathname, search } = new URL(request.url);
    const body = String(request.body ?? '');
    const line = `${request.method} ${pathname}${search}`;
    this.requests.push({ line, headers: request.headers ?? {}, body, at: this.clock.ms });
    const { status = 200, headers = {}, body: answer = '' } = await this.#api(request, body);
    const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
    return {
      status,
      headers: new Map(Object.entries(headers).map(([name, value]) => [name, [value]] as const)),
      body: utf8(text),
    };
  }
}

export const signal = new AbortController().signal;

/** A TXT record in the zone example.com. */
export function record(label: string, value: string, zone = 'example.com.'): TxtRecord {
  return { name: `${label === '@' ? '' : `${label}.`}${zone}`, zone, value };
}

export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

async function unused(): Promise<never> {
  throw new TypeError('this provider asks no resolver');
}

/** For providers that ask no resolver. */
export const blindResolver: DnsResolver = {
  servers: [],
  query: unused,
  ask: unused,
  lookupTxt: unused,
  followCname: unused,
  findZone: unused,
  nameServers: unused,
};
