/** The API of a DNS provider over the town's zone: records by id, and whole RRsets. */
import type { FetchHandler, Ports } from '../src/core/index.ts';
import type { DnsZone, ProviderEntry, ResourceRecord } from '../src/dns/index.ts';
import { fakeProvider, shapes } from '../src/dns/provider/fake-dns.testing.ts';
import type { World } from './world.ts';

export type ApiShape = 'rrset' | 'record-by-id';

const host = 'api.town';
const ttl = 120;

/** A provider as a catalogue has it, for the API of the town. */
export function townProvider(shape: ApiShape): ProviderEntry {
  return fakeProvider({ base: `http://${host}/`, write: shapes[shape] });
}

/** What the provider needs to be told. */
export const apiEnvironment = { FAKE_KEY: 'the key of the API' };

export function openApi(world: World, zone: DnsZone): Promise<void> {
  const machine = world.machine({ name: host });
  return new Promise((resolve, reject) => {
    const main = async (ports: Ports): Promise<void> => {
      await ports.net.serveHttp({ address: { host: '', port: 80 }, handler: apiOf(new RecordTable(zone)) });
      resolve();
      await new Promise(() => undefined);
    };
    const process = world.boot({ machine, name: 'api', main });
    process.exited.then((exit) => exit.how === 'failed' && reject(exit.error));
  });
}

interface Call {
  /** Relative to the apex; or an id. */
  readonly step: string;
  readonly query: URLSearchParams;
  readonly body: { readonly name?: string; readonly value?: string; readonly values?: string[]; readonly ttl?: number };
}

const calls: Readonly<Record<string, (table: RecordTable, call: Call) => Response>> = {
  'GET rrset': (table, { step }) => {
    const [first] = table.at(step);
    if (first === undefined) return new Response(null, { status: 404 });
    return Response.json({ ttl: first.ttl, values: table.at(step).map(({ value }) => value) });
  },
  'PUT rrset': (table, { step, body }) => {
    table.replace(step, body.values ?? [], body.ttl ?? ttl);
    return Response.json({});
  },
  'DELETE rrset': (table, { step }) => {
    table.replace(step, [], ttl);
    return new Response(null, { status: 204 });
  },
  'GET id': (table, { query }) => {
    const name = query.get('name') ?? '';
    const found = query.get('page') === '1' ? table.at(name) : [];
    return Response.json({ records: found.map(({ value }) => ({ id: table.idOf(name, value), type: 'TXT', value })) });
  },
  'POST id': (table, { body: { name = '', value = '' } }) => {
    table.add(name, value);
    return Response.json({ id: table.idOf(name, value) }, { status: 201 });
  },
  'DELETE id': (table, { step }) => new Response(null, { status: table.remove(step) ? 204 : 404 }),
};

function apiOf(table: RecordTable): FetchHandler {
  return async (request) => {
    const { pathname, searchParams: query } = new URL(request.url);
    const [, kind = '', step = ''] = pathname.split('/');
    const text = await request.text();
    const call = { step: decodeURIComponent(step), query, body: text === '' ? {} : JSON.parse(text) };
    return calls[`${request.method} ${kind}`]?.(table, call) ?? new Response(null, { status: 405 });
  };
}

/** The zone's TXT records as such an API has them: names relative to the apex, an id for each value. */
class RecordTable {
  readonly #zone: DnsZone;
  readonly #ids: { readonly name: string; readonly value: string }[] = [];

  constructor(zone: DnsZone) {
    this.#zone = zone;
  }

  at(name: string): readonly { readonly ttl: number; readonly value: string }[] {
    return this.#zone
      .list(name, 'TXT')
      .flatMap((record) =>
        record.type === 'TXT' ? { ttl: record.ttl, value: Buffer.concat(record.strings).toString('utf8') } : [],
      );
  }

  /** A record joins the RRset with the TTL that is there. */
  add(name: string, value: string): void {
    this.#zone.add([this.#record(name, value, this.at(name)[0]?.ttl ?? ttl)]);
  }

  replace(name: string, values: readonly string[], seconds: number): void {
    const owner = this.#owner(name);
    this.#zone.change((draft) => {
      draft.removeRRset(owner, 16);
      for (const value of values) draft.add(this.#record(name, value, seconds));
    });
  }

  idOf(name: string, value: string): string {
    const index = this.#ids.findIndex((one) => one.name === name && one.value === value);
    return String(index >= 0 ? index : this.#ids.push({ name, value }) - 1);
  }

  /** Whether there was such a record. */
  remove(id: string): boolean {
    const known = this.#ids[Number(id)];
    if (known === undefined || !this.at(known.name).some(({ value }) => value === known.value)) return false;
    this.#zone.remove([this.#record(known.name, known.value, ttl)]);
    return true;
  }

  #owner(name: string): string {
    return name === '@' ? this.#zone.apex : `${name}.${this.#zone.apex}`;
  }

  #record(name: string, value: string, seconds: number): ResourceRecord {
    return { name: this.#owner(name), class: 'IN', ttl: seconds, type: 'TXT', strings: [Buffer.from(value)] };
  }
}
