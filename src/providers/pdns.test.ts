import { describe, expect, it } from 'vitest';
import type { Environment } from '../core/index.ts';
import { entry } from './pdns.ts';
import { failureOf, onStage, recordFor, type Stage, signal } from './stage.testing.ts';
import { WebServer } from './web-server.testing.ts';

interface PdnsRrset {
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  readonly changetype?: 'REPLACE' | 'DELETE';
  readonly records: readonly { readonly content: string; readonly disabled: boolean }[];
}

class FakePdns {
  rrsets: PdnsRrset[] = [];
  state: Record<string, unknown> = { kind: 'Native', dnssec: false, api_rectify: false };
  /** undefined: a server that is older than versions. */
  versions: readonly number[] | undefined = [1];
  /** An older server shows all of a zone, whatever was asked for. */
  filters = true;
  readonly server = new WebServer((request, body) => this.#answer(request, body));

  get lines(): readonly string[] {
    return this.server.requests.map(({ line }) => line.replace(/\?.*/, ''));
  }

  #answer(request: Request, body: string): Response {
    const { pathname, searchParams } = new URL(request.url);
    if (request.headers.get('x-api-key') !== 'api-secret') return new Response('Unauthorized', { status: 401 });
    if (pathname === '/api')
      return this.versions === undefined
        ? new Response('Not Found', { status: 404 })
        : Response.json(this.versions.map((version) => ({ url: `/api/v${version}`, version })));
    const root = this.versions === undefined ? '' : '/api/v1';
    const zone = `${root}/servers/localhost/zones/example.com.`;
    if (pathname === `${zone}/notify` || pathname === `${zone}/rectify`) return Response.json({ result: 'done' });
    if (pathname !== zone)
      return Response.json({ error: `Could not find domain '${pathname.split('/').at(-1)}'` }, { status: 404 });
    if (request.method === 'PATCH') return this.#patch(JSON.parse(body));
    const shown = this.rrsets.filter(({ name }) => !this.filters || name === searchParams.get('rrset_name'));
    return Response.json({ ...this.state, id: 'example.com.', name: 'example.com.', rrsets: shown });
  }

  #patch({ rrsets }: { readonly rrsets: readonly PdnsRrset[] }): Response {
    for (const { changetype, ...change } of rrsets) {
      this.rrsets = this.rrsets.filter(({ name, type }) => name !== change.name || type !== change.type);
      if (changetype === 'REPLACE') this.rrsets.push(change);
    }
    return new Response(null, { status: 204 });
  }
}

async function withPdns(
  story: (stage: Stage, fake: FakePdns) => Promise<void>,
  environment: Environment = {},
): Promise<FakePdns> {
  const fake = new FakePdns();
  await onStage(
    {
      entry,
      environment: { PDNS_API_URL: 'http://dns.example/', PDNS_API_KEY: 'api-secret', ...environment },
      secrets: ['api-secret'],
      prepare: (world) => fake.server.start(world, 'dns.example'),
    },
    (stage) => story(stage, fake),
  );
  return fake;
}

const records = ['example.com', 'www.example.com'].flatMap((domain) =>
  ['one', 'two'].map((value) => recordFor(domain, value, 'example.com.')),
);
const items = records.map((record) => ({ record }));
const name = '_acme-challenge.example.com.';
const zone = '/api/v1/servers/localhost/zones/example.com.';

describe('pdns', () => {
  it('reads each name, and writes all of a zone at once', async () => {
    const { lines, server, rrsets } = await withPdns(async ({ open }) => {
      const provider = await open();
      await provider.add(records, signal);
      await provider.remove(items, signal);
    });
    expect(lines).toEqual([
      'GET /api',
      ...[`GET ${zone}`, `GET ${zone}`, `PATCH ${zone}`],
      ...[`GET ${zone}`, `GET ${zone}`, `PATCH ${zone}`],
    ]);
    expect(server.requests[1]?.line).toContain(`?rrset_name=${name}&rrset_type=TXT`);
    expect(JSON.parse(server.requests[3]?.body ?? '').rrsets[0]).toEqual({
      name,
      type: 'TXT',
      changetype: 'REPLACE',
      ttl: 120,
      records: ['"one"', '"two"'].map((content) => ({ content, disabled: false })),
    });
    expect(rrsets).toEqual([]);
  });

  it.each([true, false])(
    'keeps values of others, their TTL and what is disabled (server filters: %s)',
    async (filters) => {
      const foreign = {
        name,
        type: 'TXT',
        ttl: 777,
        records: [
          { content: '"foreign"', disabled: false },
          { content: '"asleep"', disabled: true },
        ],
      };
      const other = { ...foreign, name: 'other.example.com.' };
      const { rrsets } = await withPdns(async ({ open }, fake) => {
        fake.filters = filters;
        fake.rrsets = [foreign, other];
        const provider = await open();
        await provider.add(records.slice(0, 2), signal);
        expect(fake.rrsets.find((one) => one.name === name)).toMatchObject({ ttl: 777, records: { length: 4 } });
        await provider.remove(items, signal);
      });
      expect(new Set(rrsets)).toEqual(new Set([foreign, other]));
    },
  );

  it.each<[string, Record<string, unknown>, readonly string[]]>([
    ['notifies a primary zone', { kind: 'Primary' }, ['notify']],
    ['notifies what older servers call a master', { kind: 'Master' }, ['notify']],
    ['notifies nobody of a native zone', { kind: 'Native' }, []],
    ['rectifies a DNSSEC zone that the server leaves to others', { kind: 'Native', dnssec: true }, ['rectify']],
    ['leaves it to the server otherwise', { kind: 'Native', dnssec: true, api_rectify: true }, []],
    ['rectifies before it notifies', { kind: 'Master', dnssec: true, api_rectify: false }, ['rectify', 'notify']],
  ])('%s', async (_what, state, steps) => {
    const { lines } = await withPdns(async ({ open }, fake) => {
      fake.state = state;
      await (await open()).add(records, signal);
    });
    expect(lines.filter((line) => line.startsWith('PUT'))).toEqual(steps.map((step) => `PUT ${zone}/${step}`));
  });

  it('notifies nobody when nothing was written', async () => {
    const { lines } = await withPdns(async ({ open }, fake) => {
      fake.state = { kind: 'Master' };
      await (await open()).remove(items, signal);
    });
    expect(lines.filter((line) => !line.startsWith('GET'))).toEqual([]);
  });

  it('asks for the version once, and not when it is given', async () => {
    const asked = await withPdns(async ({ open }) => {
      const provider = await open();
      await provider.add(records, signal);
      await provider.remove(items, signal);
    });
    expect(asked.lines.filter((line) => line === 'GET /api')).toHaveLength(1);
    const given = await withPdns(async ({ open }) => void (await (await open()).add(records, signal)), {
      PDNS_API_VERSION: '1',
    });
    expect(given.lines).not.toContain('GET /api');
  });

  it('serves a server from before versions', async () => {
    const { rrsets, lines } = await withPdns(async ({ open }, fake) => {
      fake.versions = undefined;
      fake.filters = false;
      const provider = await open();
      await provider.add(records.slice(0, 1), signal);
      expect(fake.rrsets).toEqual([
        {
          name: '_acme-challenge.example.com',
          type: 'TXT',
          ttl: 120,
          records: [{ content: '"one"', disabled: false, name: '_acme-challenge.example.com', type: 'TXT', ttl: 120 }],
        },
      ]);
      await provider.remove(items.slice(0, 1), signal);
    });
    expect(rrsets).toEqual([]);
    expect(lines[1]).toBe('GET /servers/localhost/zones/example.com.');
  });

  it('tells the words of PowerDNS', async () => {
    await withPdns(async ({ open }) => {
      const elsewhere = recordFor('example.org', 'v', 'example.org.');
      expect(await failureOf((await open()).add([elsewhere], signal))).toMatchObject({
        message: expect.stringMatching(/was answered with 404: Could not find domain 'example\.org\.'$/),
      });
      const wrong = await open({ PDNS_API_URL: 'http://dns.example', PDNS_API_KEY: 'other' });
      expect(await failureOf(wrong.add(records, signal))).toMatchObject({
        message: expect.stringMatching(/with 401: Unauthorized/),
        next: expect.stringContaining('credentials'),
      });
    });
  });

  it.each<[Environment, string]>([
    [{ PDNS_API_URL: '' }, 'PDNS_API_URL'],
    [{ PDNS_API_KEY: '' }, 'PDNS_API_KEY'],
    [{ PDNS_API_URL: 'dns.example:8081' }, 'https://'],
  ])('names the setting that is missing or wrong: %o', async (environment, word) => {
    await withPdns(async ({ open }) => {
      expect(await failureOf(open())).toMatchObject({ code: 'usage', message: expect.stringContaining(word) });
    }, environment);
  });
});
