import { describe, expect, it } from 'vitest';
import { entry } from './desec.ts';
import { failureOf, onStage, recordFor, type Stage, signal } from './stage.testing.ts';
import { WebServer } from './web-server.testing.ts';

interface Stored {
  readonly subname: string;
  readonly ttl: number;
  readonly records: readonly string[];
}

class FakeDesec {
  rrsets: Stored[] = [];
  /** Requests that are put off before any is answered. */
  throttled = 0;
  readonly server = new WebServer((request, body) => this.#answer(request, body));

  #answer(request: Request, body: string): Response {
    if (this.throttled > 0) {
      this.throttled -= 1;
      const headers = { 'retry-after': '17' };
      return Response.json({ detail: 'Request was throttled.' }, { status: 429, headers });
    }
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/domains/')
      return Response.json(
        searchParams.get('owns_qname')?.endsWith('example.com') ? [{ name: 'example.com', minimum_ttl: 3600 }] : [],
      );
    if (request.method === 'POST') return this.#create(JSON.parse(body));
    const subname = /^\/domains\/example\.com\/rrsets\/([^/]+)\/TXT\/$/.exec(pathname)?.[1]?.replace('@', '');
    const stored = this.rrsets.find((one) => one.subname === subname);
    if (stored === undefined) return Response.json({ detail: 'Not found.' }, { status: 404 });
    if (request.method === 'GET') return Response.json(stored);
    const { records }: Stored = JSON.parse(body);
    this.rrsets = this.rrsets.filter((one) => one !== stored);
    if (records.length > 0) this.rrsets.push({ ...stored, records });
    return records.length > 0 ? Response.json({ ...stored, records }) : new Response(null, { status: 204 });
  }

  #create({ subname, ttl, records }: Stored): Response {
    if (ttl < 3600) return Response.json({ ttl: ['Ensure this value is greater.'] }, { status: 400 });
    this.rrsets.push({ subname, ttl, records });
    return Response.json({}, { status: 201 });
  }
}

async function withDesec(story: (stage: Stage, fake: FakeDesec) => Promise<void>): Promise<FakeDesec> {
  const fake = new FakeDesec();
  await onStage(
    {
      entry,
      environment: { DESEC_BASE_URL: 'http://dns.example', DESEC_TOKEN: 'hush-token', DESEC_TTL: '60' },
      secrets: ['hush-token'],
      prepare: (world) => fake.server.start(world, 'dns.example'),
    },
    (stage) => story(stage, fake),
  );
  return fake;
}

const records = ['one', 'two'].map((value) => recordFor('example.com', value));
const items = records.map((record) => ({ record }));

describe('desec', () => {
  it('asks for the domain, then reads and writes a name once; raises the TTL to what the domain takes', async () => {
    const { server, rrsets } = await withDesec(async ({ open }, fake) => {
      const provider = await open();
      await provider.add(records, signal);
      expect(fake.rrsets).toEqual([{ subname: '_acme-challenge', ttl: 3600, records: ['"one"', '"two"'] }]);
      await provider.remove(items, signal);
    });
    const url = '/domains/example.com/rrsets/_acme-challenge/TXT/';
    expect(server.requests.map(({ line }) => line)).toEqual([
      'GET /domains/?owns_qname=_acme-challenge.example.com',
      `GET ${url}`,
      'POST /domains/example.com/rrsets/',
      `GET ${url}`,
      `PATCH ${url}`,
    ]);
    expect(server.requests[0]?.headers.get('authorization')).toBe('Token hush-token');
    expect(rrsets).toEqual([]);
  });

  it('keeps the values of others', async () => {
    const foreign = { subname: '_acme-challenge', ttl: 7200, records: ['"foreign"'] };
    const { rrsets } = await withDesec(async ({ open }, fake) => {
      fake.rrsets.push(foreign);
      const provider = await open();
      await provider.add(records, signal);
      expect(fake.rrsets[0]?.records).toEqual(['"foreign"', '"one"', '"two"']);
      await provider.remove(items, signal);
    });
    expect(rrsets).toEqual([foreign]);
  });

  it('writes at the apex', async () => {
    const { rrsets, server } = await withDesec(async ({ open }) => {
      await (await open()).add([{ name: 'example.com.', zone: '', value: 'v' }], signal);
    });
    expect(server.requests[1]?.line).toBe('GET /domains/example.com/rrsets/@/TXT/');
    expect(rrsets[0]?.subname).toBe('');
  });

  it('waits as long as deSEC wants', async () => {
    await withDesec(async ({ open, ports }, fake) => {
      fake.throttled = 2;
      const before = ports.clock.monotonic();
      await (await open()).add(records, signal);
      expect(ports.clock.monotonic() - before).toBeGreaterThanOrEqual(34_000);
      expect(fake.rrsets).toHaveLength(1);
    });
  });

  it('says when no domain of the account holds the name', async () => {
    await withDesec(async ({ open }) => {
      const failure = await failureOf((await open()).add([recordFor('example.org', 'v')], signal));
      expect(failure).toMatchObject({ code: 'provider-failed', message: /no zone of the API holds _acme-challenge/ });
    });
  });
});
