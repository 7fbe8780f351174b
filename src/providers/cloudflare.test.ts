import { describe, expect, it } from 'vitest';
import type { Environment } from '../core/index.ts';
import { entry } from './cloudflare.ts';
import { failureOf, onStage, recordFor, type Stage, signal } from './stage.testing.ts';
import { WebServer } from './web-server.testing.ts';

interface Held {
  readonly id: string;
  readonly name: string;
  readonly content: string;
  readonly type: string;
  readonly ttl: number;
}

/** As much of Cloudflare's API as there is to certificates. */
class FakeCloudflare {
  records: Held[] = [];
  readonly server = new WebServer((request, body) => this.#answer(request, body));
  readonly zone = { id: 'z1', name: 'example.com' };
  #made = 0;

  add(name: string, content: string, { type = 'TXT', ttl = 300 } = {}): string {
    this.#made += 1;
    const id = `r${this.#made}`;
    this.records.push({ id, name, content, type, ttl });
    return id;
  }

  get contents(): readonly string[] {
    return this.records.map(({ content }) => content);
  }

  #answer(request: Request, body: string): Response {
    const { pathname, searchParams } = new URL(request.url);
    if (request.headers.get('authorization') === 'Bearer wrong') return refusal(403, 9109, 'Unauthorized to access');
    if (pathname === '/zones') {
      const zones = searchParams.get('name') === this.zone.name ? [this.zone] : [];
      return success(zones);
    }
    const id = /^\/zones\/z1\/dns_records\/(\w+)$/.exec(pathname)?.[1];
    if (id !== undefined) return this.#remove(id);
    if (pathname !== '/zones/z1/dns_records') return refusal(404, 7003, 'Could not route');
    return request.method === 'POST' ? this.#create(body) : this.#list(searchParams);
  }

  #create(body: string): Response {
    const { name, content, ttl, type }: Held = JSON.parse(body);
    const there = this.records.some((one) => one.name === name && one.content === content);
    if (there) return refusal(400, 81058, 'An identical record already exists.');
    return success({ id: this.add(name, content, { ttl, type }) });
  }

  #list(query: URLSearchParams): Response {
    const all = this.records.filter(({ name, type }) => name === query.get('name') && type === query.get('type'));
    const page = Number(query.get('page'));
    const size = 2;
    const info = { page, total_pages: Math.ceil(all.length / size) };
    return success(all.slice((page - 1) * size, page * size), info);
  }

  #remove(id: string): Response {
    if (!this.records.some((one) => one.id === id)) return refusal(404, 81044, 'Record does not exist.');
    this.records = this.records.filter((one) => one.id !== id);
    return success({ id });
  }
}

function success(result: unknown, info: unknown = {}): Response {
  return Response.json({ success: true, errors: [], messages: [], result, result_info: info });
}

function refusal(status: number, code: number, message: string): Response {
  return Response.json({ success: false, errors: [{ code, message }], messages: [], result: null }, { status });
}

const token = { CLOUDFLARE_DNS_API_TOKEN: 'dns-token' };
const secrets = ['dns-token', 'zone-token', 'global-key'];

async function withCloudflare(
  environment: Environment,
  story: (stage: Stage, fake: FakeCloudflare) => Promise<void>,
): Promise<FakeCloudflare> {
  const fake = new FakeCloudflare();
  await onStage(
    {
      entry,
      environment: { CLOUDFLARE_BASE_URL: 'http://dns.example', ...environment },
      secrets,
      prepare: (world) => fake.server.start(world, 'dns.example'),
    },
    (stage) => story(stage, fake),
  );
  return fake;
}

const apex = recordFor('example.com', 'one', 'example.com.');
const wildcard = recordFor('example.com', 'two', 'example.com.');
const name = '_acme-challenge.example.com';

describe('cloudflare', () => {
  it('finds the zone once and makes one request a value', async () => {
    const { server, records } = await withCloudflare(token, async ({ open }) => {
      const provider = await open();
      const receipts = await provider.add([apex, wildcard], signal);
      expect(receipts).toEqual([{ id: 'r1' }, { id: 'r2' }]);
      await provider.remove(
        [apex, wildcard].map((record, index) => ({ record, receipt: receipts[index] })),
        signal,
      );
    });
    expect(server.requests.map(({ line }) => line)).toEqual([
      'GET /zones?name=example.com&per_page=50',
      'POST /zones/z1/dns_records',
      'POST /zones/z1/dns_records',
      'DELETE /zones/z1/dns_records/r1',
      'DELETE /zones/z1/dns_records/r2',
    ]);
    expect(JSON.parse(server.requests[1]?.body ?? '')).toEqual({ name, type: 'TXT', content: '"one"', ttl: 120 });
    expect(records).toEqual([]);
  });

  it('finds its records without receipts among those of others, on every page', async () => {
    const { contents } = await withCloudflare(token, async ({ open }, fake) => {
      for (const value of ['"f1"', '"f2"', 'f3']) fake.add(name, value);
      await (await open()).add([apex], signal);
      await (await open()).remove([{ record: apex }, { record: wildcard }], signal);
    });
    expect(contents).toEqual(['"f1"', '"f2"', 'f3']);
  });

  it('takes a record that is there already, and one that is gone, as done', async () => {
    await withCloudflare(token, async ({ open }, fake) => {
      const id = fake.add(name, '"one"');
      const provider = await open();
      expect(await provider.add([apex], signal)).toEqual([{ id }]);
      await provider.remove([{ record: apex, receipt: { id } }], signal);
      await provider.remove([{ record: apex, receipt: { id } }], signal);
      expect(fake.records).toEqual([]);
    });
  });

  it.each<[string, Environment, readonly (readonly [string, string])[]]>([
    ['a token', token, [['authorization', 'Bearer dns-token']]],
    [
      'the older names',
      { CF_DNS_API_TOKEN: 'dns-token' },
      [
        ['authorization', 'Bearer dns-token'],
        ['authorization', 'Bearer dns-token'],
      ],
    ],
    [
      'a token for zones and one for records',
      { ...token, CF_ZONE_API_TOKEN: 'zone-token' },
      [
        ['authorization', 'Bearer zone-token'],
        ['authorization', 'Bearer dns-token'],
      ],
    ],
    [
      'the global key',
      { CF_API_EMAIL: 'me@example.com', CF_API_KEY: 'global-key' },
      [
        ['x-auth-email', 'me@example.com'],
        ['x-auth-key', 'global-key'],
      ],
    ],
  ])('logs in by %s', async (_what, environment, headers) => {
    const { server } = await withCloudflare(environment, async ({ open }) => {
      await (await open()).add([apex], signal);
    });
    const sent = server.requests.map(({ headers: fields }) => fields);
    for (const [index, [field, value]] of headers.entries())
      expect((sent[field === 'authorization' ? index : 0] ?? new Headers()).get(field)).toBe(value);
  });

  it.each<[string, Environment, string]>([
    ['nothing', {}, 'CLOUDFLARE_DNS_API_TOKEN'],
    ['an address without a key', { CLOUDFLARE_EMAIL: 'me@example.com' }, 'CLOUDFLARE_DNS_API_TOKEN'],
  ])('misses credentials with %s', async (_what, environment, missing) => {
    await withCloudflare(environment, async ({ open }) => {
      expect(await failureOf(open())).toMatchObject({
        code: 'usage',
        message: `cloudflare: some credentials information are missing: ${missing}`,
      });
    });
  });

  it("tells Cloudflare's number and words", async () => {
    await withCloudflare({ CF_DNS_API_TOKEN: 'wrong' }, async ({ open }) => {
      expect(await failureOf((await open()).add([apex], signal))).toMatchObject({
        code: 'provider-failed',
        message: `Cloudflare: cannot find the zone of ${name}.: GET http://dns.example/zones was answered with 403: 9109: Unauthorized to access`,
        next: expect.stringContaining('right'),
      });
    });
  });

  it('says when the zone is not in the account', async () => {
    await withCloudflare(token, async ({ open }) => {
      const elsewhere = recordFor('example.org', 'v', 'example.org.');
      expect(await failureOf((await open()).add([elsewhere], signal))).toMatchObject({
        message: expect.stringContaining('it has no zone example.org'),
      });
    });
  });
});
