/** One small DNS service whose records can be reached by five kinds of API. */
import type { HttpRequest } from '../../core/index.ts';
import { EversealError } from '../../core/index.ts';
import type { Api, ApiDefinition } from './api-definition.ts';
import type { FakeApi, FakeReply } from './api-stage.testing.ts';
import { json } from './api-codec.ts';
import { path } from './api-request.ts';
import { noAuth } from './auth.ts';
import { byValue } from './by-value.ts';
import type { ProviderEntry } from './catalogue-entry.ts';
import { defineProvider } from './define-provider.ts';
import { fullPages } from './pager.ts';
import { pick, pickList, pickNumber, pickText } from './pick.ts';
import { recordById } from './record-by-id.ts';
import { relativeTo } from './record-name.ts';
import { rrset } from './rrset.ts';
import { slot } from './slot.ts';
import type { WriteShape } from './write-shape.ts';
import { soaZone } from './zone-lookup.ts';
import { zoneRewrite } from './zone-rewrite.ts';

export interface HeldRecord {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly value: string;
  readonly ttl: number;
}

/** How the next request goes wrong: before anything is done, or after. */
export type Fault = 'refused' | 'busy-before' | 'busy-after' | 'reset-after' | 'slow-down';

const pageSize = 3;

export class FakeDns {
  records: readonly HeldRecord[] = [];
  /** Consumed one a request. */
  faults: (Fault | undefined)[] = [];
  /** Whether records that are there already are refused. */
  strict = true;
  #nextId = 1;

  add(name: string, value: string, { type = 'TXT', ttl = 60 } = {}): number {
    const id = this.#nextId;
    this.#nextId += 1;
    this.records = [...this.records, { id, name, type, value, ttl }];
    return id;
  }

  drop(isDropped: (record: HeldRecord) => boolean): void {
    this.records = this.records.filter((record) => !isDropped(record));
  }

  valuesAt(name: string): readonly string[] {
    return this.#txt(name).map(({ value }) => value);
  }

  readonly api: FakeApi = (request, body) => {
    const fault = this.faults.shift();
    if (fault === 'refused') throw new EversealError('connection-refused', 'nobody listens');
    if (fault === 'busy-before') return { status: 503, body: 'busy' };
    if (fault === 'slow-down') return { status: 429, headers: { 'retry-after': '3' }, body: 'slow down' };
    const reply = this.#answer(request, body);
    if (fault === 'busy-after') return { status: 502, body: 'bad gateway' };
    if (fault === 'reset-after') throw new EversealError('connection-reset', 'the connection was cut');
    return reply;
  };

  #answer({ method, url }: HttpRequest, body: string): FakeReply {
    const { pathname, searchParams } = new URL(url);
    const [, kind = '', step = ''] = pathname.split('/');
    const data: unknown = body === '' ? undefined : JSON.parse(body);
    const handler = this.#handlers[`${method} ${kind}`];
    return handler?.({ name: decodeURIComponent(step), data, query: searchParams }) ?? { status: 405 };
  }

  #txt(name: string): readonly HeldRecord[] {
    return this.records.filter((one) => one.name === name && one.type === 'TXT');
  }

  readonly #handlers: Readonly<
    Record<string, (asked: { name: string; data: unknown; query: URLSearchParams }) => FakeReply>
  > = {
    'GET id': ({ query }) => {
      const page = Number(query.get('page'));
      const all = this.records.filter(({ name }) => name === query.get('name'));
      return { body: { records: all.slice((page - 1) * pageSize, page * pageSize) } };
    },
    'POST id': ({ data }) => {
      const name = pickText(data, 'name') ?? '';
      const value = pickText(data, 'value') ?? '';
      if (this.strict && this.valuesAt(name).includes(value))
        return { status: 400, body: { message: 'known already' } };
      return { status: 201, body: { id: this.add(name, value) } };
    },
    'DELETE id': ({ name: id }) => {
      if (!this.records.some((one) => String(one.id) === id)) return { status: 404 };
      this.drop((one) => String(one.id) === id);
      return { status: 204 };
    },
    'POST value': ({ data }) => {
      const name = pickText(data, 'name') ?? '';
      const value = pickText(data, 'value') ?? '';
      if (this.valuesAt(name).includes(value)) return { status: 409 };
      this.add(name, value);
      return {};
    },
    'DELETE value': ({ data }) => {
      const isMeant = (one: HeldRecord) => one.name === pickText(data, 'name') && one.value === pickText(data, 'value');
      if (!this.records.some(isMeant)) return { status: 404 };
      this.drop(isMeant);
      return {};
    },
    'GET rrset': ({ name }) => {
      const [first] = this.#txt(name);
      return first === undefined ? { status: 404 } : { body: { ttl: first.ttl, values: this.valuesAt(name) } };
    },
    'PUT rrset': ({ name, data }) => {
      this.drop((one) => one.name === name && one.type === 'TXT');
      const ttl = pickNumber(data, 'ttl') ?? 0;
      for (const value of pickList(data, 'values')) this.add(name, String(value), { ttl });
      return {};
    },
    'DELETE rrset': ({ name }) => {
      this.drop((one) => one.name === name && one.type === 'TXT');
      return {};
    },
    'GET zone': () => ({ body: { serial: 7, records: this.records } }),
    'PUT zone': ({ data }) => {
      this.records = [];
      for (const one of pickList(data, 'records'))
        this.add(pickText(one, 'name') ?? '', pickText(one, 'value') ?? '', {
          type: pickText(one, 'type') ?? '',
          ttl: pickNumber(one, 'ttl') ?? 0,
        });
      return {};
    },
    'GET slot': ({ name }) => ({ body: { value: this.valuesAt(name)[0] ?? null } }),
    'PUT slot': ({ name, data }) => {
      this.drop((one) => one.name === name && one.type === 'TXT');
      this.add(name, pickText(data, 'value') ?? '');
      return {};
    },
    'DELETE slot': ({ name }) => {
      this.drop((one) => one.name === name && one.type === 'TXT');
      return {};
    },
  };
}

export const shapes: Readonly<Record<WriteShape['shape'], WriteShape>> = {
  'record-by-id': recordById({
    create: ({ name, value, ttl }) => ({ method: 'POST', path: '/id', body: { name, value, ttl } }),
    id: ({ data }) => pickText(data, 'id'),
    list: ({ name }, page) => ({ method: 'GET', path: '/id', query: { name, page } }),
    records: ({ data }) =>
      pickList(data, 'records').map((one) => ({
        id: pickText(one, 'id'),
        type: pickText(one, 'type'),
        value: pickText(one, 'value'),
      })),
    pager: fullPages(pageSize),
    remove: ({ id }) => ({ method: 'DELETE', path: path`/id/${id}` }),
  }),
  'by-value': byValue({
    add: ({ name, value }) => ({ method: 'POST', path: '/value', body: { name, value } }),
    remove: ({ name, value }) => ({ method: 'DELETE', path: '/value', body: { name, value } }),
  }),
  rrset: rrset({
    read: ({ name }) => ({ method: 'GET', path: path`/rrset/${name}` }),
    rrset: ({ data }) => ({ values: pickList(data, 'values').map(String), ttl: pickNumber(data, 'ttl') }),
    write: ({ name, values, ttl }) =>
      values.length === 0
        ? { method: 'DELETE', path: path`/rrset/${name}` }
        : { method: 'PUT', path: path`/rrset/${name}`, body: { values, ttl } },
  }),
  'zone-rewrite': zoneRewrite({
    read: () => ({ method: 'GET', path: '/zone' }),
    records: ({ data }) => pickList(data, 'records'),
    txt: (one) =>
      pick(one, 'type') === 'TXT'
        ? { name: pickText(one, 'name') ?? '', value: pickText(one, 'value') ?? '', ttl: pickNumber(one, 'ttl') }
        : undefined,
    make: ({ name, value, ttl }) => ({ name, type: 'TXT', value, ttl }),
    write: (_zone, records, { data }) => ({
      method: 'PUT',
      path: '/zone',
      body: { serial: pick(data, 'serial'), records },
    }),
  }),
  slot: slot({
    room: 'name',
    set: ({ name, value }) => ({ method: 'PUT', path: path`/slot/${name}`, body: { value } }),
    clear: ({ name }) => ({ method: 'DELETE', path: path`/slot/${name}` }),
    current: {
      request: ({ name }) => ({ method: 'GET', path: path`/slot/${name}` }),
      value: ({ data }) => pickText(data, 'value'),
    },
  }),
};

/** A provider for {@link FakeDns}. */
export function fakeProvider(api: Partial<Api>, definition: Partial<ApiDefinition> = {}): ProviderEntry {
  return defineProvider({
    code: 'fake',
    name: 'Fake DNS',
    url: 'https://dns.example',
    prefix: 'FAKE',
    variables: [{ name: 'FAKE_KEY', secret: true, doc: 'The key.' }],
    defaults: { ttl: 120, propagationTimeout: 60, pollingInterval: 2, httpTimeout: 30 },
    api: () => ({
      base: 'https://dns.example/',
      codec: json(),
      auth: noAuth(),
      zone: soaZone(),
      name: relativeTo('@'),
      write: shapes.rrset,
      ...api,
    }),
    values: api.write?.values ?? 'many',
    ...definition,
  });
}
