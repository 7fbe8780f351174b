import { describe, expect, it } from 'vitest';
import type { Api } from './api-definition.ts';
import { ApiStage, type FakeApi, failureOf, signal } from './api-stage.testing.ts';
import { bearer } from './auth.ts';
import { Secret } from '../../core/index.ts';
import { fakeProvider } from './fake-dns.testing.ts';
import { cursorPages, fullPages, numberedPages, type Pager } from './pager.ts';
import { pickList, pickNumber, pickText } from './pick.ts';
import { byValue } from './by-value.ts';
import {
  askedZone,
  givenZone,
  lastLabels,
  listedZone,
  noZoneLookup,
  probedZone,
  soaZone,
  soaZoneId,
  type ZoneLookup,
} from './zone-lookup.ts';
import { wholeName } from './record-name.ts';

/** Writes `POST /write/ID/APEX`. */
const write = byValue({
  add: ({ zone }) => ({ method: 'POST', path: `/write/${zone.id}/${zone.apex}` }),
  remove: ({ zone }) => ({ method: 'DELETE', path: `/write/${zone.id}/${zone.apex}` }),
});

async function looking(zone: ZoneLookup, api: FakeApi, names: readonly string[], more: Partial<Api> = {}) {
  const stage = new ApiStage((request, body) => (request.url.includes('/write/') ? {} : api(request, body)));
  const provider = await stage.open(fakeProvider({ zone, write, name: wholeName, ...more }));
  const records = names.map((name) => ({ name, zone: provider.zones === 'needed' ? 'example.com.' : '', value: 'v' }));
  const failure = await failureOf(provider.add(records, signal));
  return { stage, provider, failure, records };
}

const name = '_acme-challenge.www.sub.example.com.';
const lists =
  (zones: readonly unknown[]): FakeApi =>
  () => ({ body: zones });
const listing = (pager?: Pager) =>
  listedZone({
    request: (page) => ({ method: 'GET', path: '/zones', query: { page } }),
    items: ({ data }) =>
      pickList(data, ...(Array.isArray(data) ? [] : ['zones'])).map((zone) => ({
        name: pickText(zone, 'name') ?? '',
        id: pickText(zone, 'id'),
      })),
    pager,
  });

const probing = probedZone({
  request: (zone) => ({ method: 'GET', path: `/zones/${zone}` }),
  zone: ({ data }) => ({ id: pickText(data, 'id') }),
});

describe('the zone of a name', () => {
  it('is that of its SOA', async () => {
    const { stage, provider } = await looking(soaZone(), lists([]), [name]);
    expect(provider.zones).toBe('needed');
    expect(stage.lines).toEqual(['POST /write/example.com/example.com.']);
  });

  it('gets its id from the API, with credentials of its own', async () => {
    const lookup = soaZoneId({
      request: (zone) => ({ method: 'GET', path: '/zones', query: { name: zone } }),
      zone: ({ data }) => ({ id: pickText(data, 0, 'id') }),
    });
    const { stage } = await looking(lookup, lists([{ id: 7 }]), [name], {
      auth: bearer(new Secret('write')),
      zoneAuth: bearer(new Secret('read')),
    });
    expect(stage.lines).toEqual(['GET /zones?name=example.com', 'POST /write/7/example.com.']);
    expect(stage.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer read', 'Bearer write']);
  });

  it('is the longest of those that the API lists', async () => {
    const zones = ['com', 'example.com', 'Sub.Example.com.', 'b.example.com', 'ple.com', '', 'not a name..'];
    const { stage, provider } = await looking(listing(), lists(zones.map((zone, id) => ({ name: zone, id }))), [name]);
    expect(provider.zones).toBe('not-needed');
    expect(stage.lines).toEqual(['GET /zones', 'POST /write/2/sub.example.com.']);
  });

  it('is asked for label by label', async () => {
    const api: FakeApi = ({ url }) => (url.endsWith('/zones/example.com') ? { body: { id: 'z' } } : { status: 404 });
    const { stage } = await looking(probing, api, [name]);
    expect(stage.lines).toEqual([
      'GET /zones/_acme-challenge.www.sub.example.com',
      'GET /zones/www.sub.example.com',
      'GET /zones/sub.example.com',
      'GET /zones/example.com',
      'POST /write/z/example.com.',
    ]);
  });

  it('is not asked for further after a refusal that says something else', async () => {
    const { stage, failure } = await looking(probing, () => ({ status: 403, body: 'no' }), [name]);
    expect(stage.lines).toHaveLength(1);
    expect(failure).toMatchObject({ message: expect.stringContaining(`cannot find the zone of ${name}: GET`) });
  });

  it('is what the API says that it is', async () => {
    const lookup = askedZone({
      request: (asked) => ({ method: 'GET', path: '/owner', query: { of: asked } }),
      zone: ({ data }) => ({ name: pickText(data, 'zone') ?? '' }),
    });
    const { stage } = await looking(lookup, () => ({ body: { zone: 'sub.example.com' } }), [name]);
    expect(stage.lines[0]).toBe('GET /owner?of=_acme-challenge.www.sub.example.com');
    expect(stage.lines[1]).toBe('POST /write/sub.example.com/sub.example.com.');
    const elsewhere = await looking(lookup, () => ({ body: { zone: 'example.org' } }), [name]);
    expect(elsewhere.failure).toMatchObject({ code: 'provider-failed' });
  });

  it.each<[string, ZoneLookup, string]>([
    ['its last labels', lastLabels(3), '/write/sub.example.com/sub.example.com.'],
    ['the one the user gave', givenZone({ name: 'example.com', id: '7' }), '/write/7/example.com.'],
    ['none', noZoneLookup(), '/write//'],
  ])('is %s', async (_what, lookup, line) => {
    const { stage, provider } = await looking(lookup, lists([]), [name]);
    expect(provider.zones).toBe('not-needed');
    expect(stage.lines).toEqual([`POST ${line}`]);
  });

  it.each<[string, ZoneLookup]>([
    ['listed', listing()],
    ['found label by label', probing],
    ['given', givenZone({ name: 'example.org' })],
    ['long enough', lastLabels(9)],
  ])('that is not %s is a failure that names record and cure', async (_what, lookup) => {
    const { failure } = await looking(lookup, () => ({ status: lookup === probing ? 404 : 200, body: [] }), [name]);
    expect(failure).toMatchObject({
      code: 'provider-failed',
      message: expect.stringContaining(`no zone of the API holds ${name}`),
      next: expect.stringContaining('account'),
    });
  });

  it('is looked up once, for many names, at once and later', async () => {
    const api = lists([{ name: 'example.com', id: 1 }]);
    const names = ['a', 'b', 'c'].map((label) => `${label}.example.com.`);
    const { stage, provider, records } = await looking(listing(), api, names);
    await provider.remove(
      records.map((one) => ({ record: one })),
      signal,
    );
    expect(stage.lines.filter((line) => line.startsWith('GET'))).toHaveLength(1);
  });

  it('is looked up again when it was not there before', async () => {
    const zones = [{ name: 'example.org', id: 1 }];
    const { provider, records, failure, stage } = await looking(listing(), lists(zones), [name]);
    expect(failure).toMatchObject({ code: 'provider-failed' });
    zones.push({ name: 'example.com', id: 2 });
    await provider.add(records, signal);
    expect(stage.lines.at(-1)).toBe('POST /write/2/example.com.');
  });
});

describe('a list in pages', () => {
  const zones = ['a', 'b', 'c', 'd', 'example.com'].map((zone, id) => ({ name: zone, id }));
  const page = (url: string, size: number) => {
    const asked = new URL(url).searchParams.get('page') ?? '0';
    const number = Number(asked);
    return { number, items: zones.slice(number * size, number * size + size) };
  };

  it.each<[string, Pager, FakeApi, number]>([
    [
      'whose number the reply tells',
      numberedPages(({ data }) => pickNumber(data, 'pages')),
      ({ url }) => ({ body: { pages: 3, zones: page(url, 2).number === 3 ? zones.slice(4) : zones.slice(0, 2) } }),
      3,
    ],
    ['of which the last is not full', fullPages(2, 0), ({ url }) => ({ body: page(url, 2).items }), 3],
    [
      'that name the next one',
      cursorPages(({ data }) => pickText(data, 'next')),
      ({ url }) => {
        const { number, items } = page(url, 2);
        return { body: { zones: items, next: number < 2 ? String(number + 1) : '' } };
      },
      3,
    ],
  ])('%s is read to its end', async (_what, pager, api, requests) => {
    const { stage, failure } = await looking(listing(pager), api, [name]);
    expect(failure).toBeUndefined();
    expect(stage.lines.filter((line) => line.startsWith('GET'))).toHaveLength(requests);
    expect(stage.lines.at(-1)).toBe('POST /write/4/example.com.');
  });

  it('that does not end is a failure', async () => {
    const { failure } = await looking(listing(fullPages(1)), lists([{ name: 'a' }]), [name]);
    expect(failure).toMatchObject({ message: expect.stringContaining('1000 pages') });
  });
});
