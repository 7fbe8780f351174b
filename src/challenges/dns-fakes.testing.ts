/** A DNS and a provider in memory, for the solvers' tests. */
import { World } from '../../sim/index.ts';
import { type Clock, EversealError, type Ports, type SocketAddress } from '../core/index.ts';
import {
  type DnsAnswer,
  type DnsProvider,
  type DnsResolver,
  isWithin,
  type QueryType,
  type ProviderReceipt,
  type TxtRecord,
  txtStrings,
} from '../dns/index.ts';
import type { ChallengeIntent, PersistOffer } from './solver.ts';

export const signal = new AbortController().signal;
export const accountUrl = 'https://ca.example/acct/123';

/** A machine's ports in virtual time. */
export async function inVirtualTime(story: (ports: Ports) => Promise<void>): Promise<void> {
  const world = new World({ seed: 'dns-solvers', start: new Date('2026-11-25T00:00:00Z') });
  const booted = world.boot({ machine: world.machine({ name: 'client' }), name: 'client', main: story });
  const exit = await world.drive(booted.exited);
  if (exit.how === 'failed') throw exit.error;
}

/** A domain, with `*.` for its wildcard. */
export function intentFor(type: ChallengeIntent['type'], name: string, offer?: PersistOffer): ChallengeIntent {
  const token = type === 'dns-persist-01' ? '' : `token-${name.replace('*', 'any').replaceAll('.', '-')}`;
  const wildcard = name.startsWith('*.');
  return {
    type,
    identifier: { type: 'dns', value: name.replace('*.', '') },
    wildcard,
    token,
    keyAuthorization: token === '' ? '' : `${token}.thumbprint`,
    accountUrl,
    ...(offer && { offer }),
  };
}

/** One name server that is the resolver as well. Names with the final dot. */
export class FakeDns implements DnsResolver {
  readonly servers = [{ host: '192.0.2.53', port: 53 }];
  readonly zones = ['example.', 'other.test.'];
  readonly cnames = new Map<string, string>();
  readonly failing = new Map<string, EversealError>();
  /** What was asked, as `kind name`. */
  readonly lookups: string[] = [];
  readonly #clock: Clock;
  readonly #values: { readonly name: string; readonly value: string; readonly from: number }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  put(name: string, value: string, lagMs = 0): void {
    if (this.#values.some((one) => one.name === name && one.value === value)) return;
    this.#values.push({ name, value, from: this.#clock.monotonic() + lagMs });
  }

  drop(name: string, value: string): void {
    const index = this.#values.findIndex((one) => one.name === name && one.value === value);
    if (index >= 0) this.#values.splice(index, 1);
  }

  valuesAt(name: string): readonly string[] {
    return this.#values.filter((one) => one.name === name).map(({ value }) => value);
  }

  async ask(server: SocketAddress, name: string, type: QueryType = 'TXT'): Promise<DnsAnswer> {
    if (type === 'CNAME') return { ...this.#alias(name), server };
    const shown = this.#values.filter((one) => one.name === name && one.from <= this.#clock.monotonic());
    const answers = shown.map(
      ({ value }) => ({ name, class: 'IN', ttl: 60, type: 'TXT', strings: txtStrings(value) }) as const,
    );
    return { server, rcode: 'NOERROR', authoritative: true, answers, authorities: [], additionals: [] };
  }

  query(name: string): Promise<DnsAnswer> {
    return this.ask(this.servers[0] ?? { host: '', port: 53 }, name);
  }

  async lookupTxt(name: string): Promise<readonly string[]> {
    this.#note('TXT', name);
    return this.#values
      .filter((one) => one.name === name && one.from <= this.#clock.monotonic())
      .map(({ value }) => value);
  }

  async followCname(name: string): Promise<string> {
    this.#note('CNAME', name);
    return this.cnames.get(name) ?? name;
  }

  async findZone(name: string): Promise<string> {
    this.#note('SOA', name);
    const zone = this.zones.find((apex) => isWithin(name, apex));
    if (zone === undefined) throw new EversealError('name-not-found', `No zone for ${name}`);
    return zone;
  }

  async nameServers(zone: string) {
    return [{ name: `ns.${zone}`, addresses: ['192.0.2.1'] }];
  }

  #alias(name: string): Omit<DnsAnswer, 'server'> {
    this.#note('CNAME', name);
    const target = this.cnames.get(name);
    const answers = target === undefined ? [] : [{ name, class: 'IN', ttl: 60, type: 'CNAME', target } as const];
    return { rcode: 'NOERROR', authoritative: true, answers, authorities: [], additionals: [] };
  }

  #note(kind: string, name: string): void {
    this.lookups.push(`${kind} ${name}`);
    const failure = this.failing.get(name);
    if (failure !== undefined) throw failure;
  }
}

/** Writes into a {@link FakeDns}, and remembers each call. */
export class FakeProvider implements DnsProvider {
  readonly code = 'fake';
  zones: DnsProvider['zones'] = 'needed';
  values: DnsProvider['values'] = 'many';
  timing = { timeoutMs: 30_000, intervalMs: 1_000 };
  askTiming?: DnsProvider['askTiming'];
  readonly added: (readonly TxtRecord[])[] = [];
  readonly removed: (readonly { readonly record: TxtRecord; readonly receipt?: ProviderReceipt | undefined }[])[] = [];
  closed = 0;
  lagMs = 0;
  readonly #dns: FakeDns;

  constructor(dns: FakeDns) {
    this.#dns = dns;
  }

  locks(records: readonly TxtRecord[]) {
    return [...new Set(records.map(({ name }) => name))].map((name) => ({
      key: `fake ${name}`,
      hold: 'write' as const,
    }));
  }

  async add(records: readonly TxtRecord[]): Promise<readonly ProviderReceipt[]> {
    this.added.push(records);
    for (const { name, value } of records) this.#dns.put(name, value, this.lagMs);
    return records.map((_, id) => ({ id }));
  }

  async remove(records: (typeof this.removed)[number]): Promise<void> {
    this.removed.push(records);
    for (const { record } of records) this.#dns.drop(record.name, record.value);
  }

  async close(): Promise<void> {
    this.closed += 1;
  }
}
