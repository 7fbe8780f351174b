import { describe, expect, it } from 'vitest';
import type { Environment } from '../core/index.ts';
import { entry } from './gandiv5.ts';
import { failureOf, onStage, recordFor, type Stage, signal } from './stage.testing.ts';
import { WebServer } from './web-server.testing.ts';

interface Stored {
  rrset_ttl: number;
  rrset_values: readonly string[];
}

/** Shows every TXT value in quotes, as Gandi does. */
class FakeGandi {
  readonly rrsets = new Map<string, Stored>();
  readonly server = new WebServer((request, body) => this.#answer(request, body));

  #answer(request: Request, body: string): Response {
    const name = /^\/domains\/example\.com\/records\/([^/]+)\/TXT$/.exec(new URL(request.url).pathname)?.[1];
    if (name === undefined) return Response.json({ object: 'HTTPNotFound', message: 'no such zone' }, { status: 404 });
    if (request.method === 'PUT') {
      const { rrset_ttl, rrset_values }: Stored = JSON.parse(body);
      const quoted = rrset_values.map((value) => (value.startsWith('"') ? value : `"${value}"`));
      this.rrsets.set(name, { rrset_ttl, rrset_values: quoted });
      return Response.json({ message: 'Zone Record Created' }, { status: 201 });
    }
    const stored = this.rrsets.get(name);
    if (stored === undefined) return Response.json({ message: 'no such record' }, { status: 404 });
    if (request.method === 'GET') return Response.json(stored);
    this.rrsets.delete(name);
    return new Response(null, { status: 204 });
  }
}

async function withGandi(
  story: (stage: Stage, fake: FakeGandi) => Promise<void>,
  environment: Environment = { GANDIV5_PERSONAL_ACCESS_TOKEN: 'pat-secret' },
): Promise<FakeGandi> {
  const fake = new FakeGandi();
  await onStage(
    {
      entry,
      environment: { GANDIV5_BASE_URL: 'http://dns.example', ...environment },
      secrets: ['pat-secret', 'key-secret'],
      prepare: (world) => fake.server.start(world, 'dns.example'),
    },
    (stage) => story(stage, fake),
  );
  return fake;
}

const records = ['one', 'two'].map((value) => recordFor('www.example.com', value, 'example.com.'));
const items = records.map((record) => ({ record }));
const label = '_acme-challenge.www';

describe('gandiv5', () => {
  it('reads and writes a name once, whatever it holds', async () => {
    const { server, rrsets } = await withGandi(async ({ open }) => {
      const provider = await open();
      await provider.add(records, signal);
      await provider.remove(items, signal);
    });
    const url = `/domains/example.com/records/${label}/TXT`;
    expect(server.requests.map(({ line }) => line)).toEqual([
      `GET ${url}`,
      `PUT ${url}`,
      `GET ${url}`,
      `DELETE ${url}`,
    ]);
    expect(JSON.parse(server.requests[1]?.body ?? '')).toEqual({ rrset_ttl: 300, rrset_values: ['one', 'two'] });
    expect(rrsets.size).toBe(0);
  });

  it('keeps the values and the TTL of others', async () => {
    const foreign = { rrset_ttl: 10_800, rrset_values: ['"v=spf1 -all"', '"a" "b"'] };
    const { rrsets } = await withGandi(async ({ open }, fake) => {
      fake.rrsets.set(label, foreign);
      const provider = await open();
      await provider.add(records, signal);
      expect(fake.rrsets.get(label)?.rrset_values).toEqual([...foreign.rrset_values, '"one"', '"two"']);
      await provider.remove(items, signal);
    });
    expect(rrsets.get(label)).toEqual(foreign);
  });

  it('calls the apex @', async () => {
    const { server } = await withGandi(async ({ open }) => {
      await (await open()).add([{ name: 'example.com.', zone: 'example.com.', value: 'v' }], signal);
    });
    expect(server.requests[0]?.line).toBe('GET /domains/example.com/records/@/TXT');
  });

  it.each<[string, Environment, string]>([
    ['a personal access token', { GANDIV5_PERSONAL_ACCESS_TOKEN: 'pat-secret' }, 'Bearer pat-secret'],
    ['an API key', { GANDIV5_API_KEY: 'key-secret' }, 'Apikey key-secret'],
  ])('logs in by %s', async (_what, environment, authorization) => {
    const { server } = await withGandi(async ({ open }) => {
      await (await open()).add(records, signal);
    }, environment);
    expect(server.requests[0]?.headers.get('authorization')).toBe(authorization);
  });

  it('needs one of them', async () => {
    await withGandi(async ({ open }) => {
      expect(await failureOf(open())).toMatchObject({ code: 'usage' });
    }, {});
  });

  it('tells what Gandi says of a zone that it does not have', async () => {
    await withGandi(async ({ open }) => {
      const elsewhere = recordFor('example.org', 'v', 'example.org.');
      expect(await failureOf((await open()).add([elsewhere], signal))).toMatchObject({
        message: expect.stringMatching(/PUT .* was answered with 404: no such zone$/),
        next: expect.stringContaining('zone is in this account'),
      });
    });
  });
});
