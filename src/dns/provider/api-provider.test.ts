import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { json, plainText } from './api-codec.ts';
import type { Api, ApiDefinition } from './api-definition.ts';
import { ApiStage, type FakeApi, failureOf, record, signal } from './api-stage.testing.ts';
import type { AfterWrite } from './after-write.ts';
import { path } from './api-request.ts';
import { FakeDns, fakeProvider, shapes } from './fake-dns.testing.ts';
import { pick, pickList, pickNumber, pickText } from './pick.ts';
import { dottedName, relativeTo, wholeName } from './record-name.ts';
import { slot } from './slot.ts';
import { allowedTtl } from './ttl.ts';

async function open(
  api: Partial<Api> = {},
  definition: Partial<ApiDefinition> = {},
  environment = {},
  dns = new FakeDns(),
) {
  const stage = new ApiStage(dns.api);
  return { stage, dns, provider: await stage.open(fakeProvider(api, definition), environment) };
}

describe('the TTL', () => {
  it.each([
    ['its own', {}, undefined, 120],
    ['the variable', { FAKE_TTL: '600' }, undefined, 600],
    ["the record's", { FAKE_TTL: '600' }, 900, 900],
    ['the least of the API', { FAKE_TTL: '5' }, undefined, 60],
  ])('is %s', async (_what, environment, ttl, written) => {
    const { dns, provider } = await open({}, { ttlLimits: { min: 60 } }, environment);
    await provider.add([{ ...record('a', 'v'), ttl }], signal);
    expect(dns.records[0]?.ttl).toBe(written);
  });

  it('that is not possible is said', async () => {
    const { stage } = await open({}, { ttlLimits: { steps: [60, 300, 3600] } }, { FAKE_TTL: '61' });
    expect(stage.log).toEqual(['fake: FAKE_TTL=61 is not possible there: 300 is used']);
  });

  it.each([
    [30, {}, 30],
    [30, { min: 60 }, 60],
    [900, { max: 600 }, 600],
    [61, { steps: [60, 300] }, 300],
    [999, { steps: [60, 300] }, 300],
  ])('%i within %o is %i', (wanted, limits, allowed) => {
    expect(allowedTtl(wanted, limits)).toBe(allowed);
  });

  it('is at least that of the zone', async () => {
    const { dns, provider } = await open({ zoneMinTtl: () => 3600 });
    await provider.add([record('a', 'v')], signal);
    expect(dns.records[0]?.ttl).toBe(3600);
  });
});

describe('names and values', () => {
  it.each([
    ['relative', relativeTo('@'), 'a', 'a'],
    ['relative, at the apex', relativeTo('@'), '@', '@'],
    ['whole', wholeName, 'a', 'a.example.com'],
    ['with the final dot', dottedName, 'a', 'a.example.com.'],
  ])('are %s', async (_what, name, label, sent) => {
    const { stage, provider } = await open({ name, write: shapes['by-value'] });
    await provider.add([record(label, 'v')], signal);
    expect(JSON.parse(stage.requests[0]?.body ?? '')).toEqual({ name: sent, value: 'v' });
  });

  it('are quoted, and recognised bare or quoted', async () => {
    const { dns, stage, provider } = await open({ quoted: true });
    dns.add('a', 'bare');
    dns.add('a', '"foreign" "value"');
    await provider.add([record('a', 'bare'), record('a', 'foreignvalue'), record('a', 'new')], signal);
    expect(dns.valuesAt('a')).toEqual(['bare', '"foreign" "value"', '"new"']);
    expect(stage.lines).toEqual(['GET /rrset/a', 'PUT /rrset/a']);
  });
});

describe('locks', () => {
  const records = [record('a', 'one'), record('a', 'two'), record('b', 'one'), record('a', 'x', 'example.org.')];

  it.each([
    ['record-by-id', []],
    ['by-value', []],
    ['rrset', ['a.example.com.', 'a.example.org.', 'b.example.com.']],
    ['zone-rewrite', ['example.com.', 'example.org.']],
    ['slot', ['a.example.com.', 'a.example.org.', 'b.example.com.']],
  ] as const)('of %s', async (shape, parts) => {
    const { provider } = await open({ write: shapes[shape] }, {}, { FAKE_KEY: 'k' });
    const locks = provider.locks(records);
    expect(locks.map(({ key }) => key.replace(/^fake:[0-9a-f]{16}:/, ''))).toEqual(parts);
    expect(new Set(locks.map(({ hold }) => hold))).toEqual(
      new Set(parts.length === 0 ? [] : [shape === 'slot' ? 'order' : 'write']),
    );
  });

  it('are those of the credentials where there is one slot, or one write at a time', async () => {
    const write = slot({ room: 'credential', set: () => ({ method: 'PUT', path: '/x' }) });
    expect((await open({ write })).provider.locks(records)).toMatchObject([{ hold: 'order', key: /:$/ }]);
    const busy = await open({ write: shapes['by-value'], limits: { sequential: true } });
    expect(busy.provider.locks(records)).toMatchObject([{ hold: 'write', key: /:$/ }]);
  });

  it('differ by credentials, not by TTL, and show neither', async () => {
    const keys = await Promise.all(
      [{ FAKE_KEY: 'k1' }, { FAKE_KEY: 'k1', FAKE_TTL: '600' }, { FAKE_KEY: 'k2' }].map(
        async (environment) => (await open({}, {}, environment)).provider.locks(records)[0]?.key,
      ),
    );
    expect(keys[0]).toBe(keys[1]);
    expect(keys[0]).not.toBe(keys[2]);
    expect(keys.join()).not.toMatch(/k1|k2/);
  });
});

describe('after the writes', () => {
  it('one commit a zone and call, none when nothing was written', async () => {
    const after: AfterWrite = ({ zone, writes }) => [
      { request: { method: 'PUT', path: path`/commit/${zone.name}/${writes.length}` } },
    ];
    const dns = new FakeDns();
    const stage = new ApiStage((request, body) => (request.url.includes('/commit/') ? {} : dns.api(request, body)));
    const provider = await stage.open(fakeProvider({ after }));
    const records = [record('a', 'v'), record('b', 'v'), record('c', 'v', 'example.org.')];
    await provider.add(records, signal);
    expect(stage.lines.filter((line) => line.includes('commit')).sort()).toEqual([
      'PUT /commit/example.com/2',
      'PUT /commit/example.org/1',
    ]);
    await provider.add(records, signal);
    expect(stage.lines.filter((line) => line.includes('commit'))).toHaveLength(2);
  });

  const polling: AfterWrite = () => [
    { sleepMs: 5000 },
    {
      poll: { method: 'GET', path: '/job' },
      done: ({ data }) => pick(data, 'state') === 'done',
      failed: ({ data }) => (pick(data, 'state') === 'failed' ? pickText(data, 'why') : undefined),
      everyMs: 2000,
      timeoutMs: 10_000,
    },
  ];
  const jobs = (states: readonly object[]): FakeApi => {
    const dns = new FakeDns();
    const left = [...states];
    return (request, body) =>
      request.url.endsWith('/job') ? { body: left.shift() ?? { state: 'running' } } : dns.api(request, body);
  };

  it.each([
    ['is waited for', [{ state: 'running' }, { state: 'done' }], undefined],
    ['may fail', [{ state: 'failed', why: 'zone is locked' }], { message: /zone is locked/, code: 'provider-failed' }],
    ['may take too long', [], { message: /within 10 s/, code: 'timeout' }],
  ])('a job %s', async (_what, states, expected) => {
    const stage = new ApiStage(jobs(states));
    const provider = await stage.open(fakeProvider({ after: polling }));
    const failure = await failureOf(provider.add([record('a', 'v')], signal));
    if (expected === undefined) expect(failure).toBeUndefined();
    else expect(failure).toMatchObject({ ...expected, message: expect.stringMatching(expected.message) });
    const polls = stage.requests.filter(({ line }) => line === 'GET /job').map(({ at }) => at);
    expect(polls[0]).toBe(5000);
    expect(polls.slice(1).every((at, index) => at - (polls[index] ?? 0) === 2000)).toBe(true);
  });

  it('what is optional only warns', async () => {
    const dns = new FakeDns();
    const after: AfterWrite = () => [{ request: { method: 'PUT', path: '/notify' }, optional: true }];
    const stage = new ApiStage((request, body) =>
      request.url.endsWith('/notify') ? { status: 422, body: 'no secondaries' } : dns.api(request, body),
    );
    const provider = await stage.open(fakeProvider({ after }));
    await provider.add([record('a', 'v')], signal);
    expect(stage.events).toMatchObject([{ type: 'warning', message: /422: no secondaries\. The records are written/ }]);
  });
});

describe('what the engine adds to a definition', () => {
  it('are the usual variables, with other beginnings', () => {
    const { variables } = fakeProvider({}, { prefixAliases: ['FK'] });
    expect(variables.map(({ name, aliases, default: value }) => [name, aliases?.[0], value]).slice(1)).toEqual([
      ['FAKE_TTL', 'FK_TTL', '120'],
      ['FAKE_PROPAGATION_TIMEOUT', 'FK_PROPAGATION_TIMEOUT', '60'],
      ['FAKE_POLLING_INTERVAL', 'FK_POLLING_INTERVAL', '2'],
      ['FAKE_HTTP_TIMEOUT', 'FK_HTTP_TIMEOUT', '30'],
    ]);
  });

  it('is the timing', async () => {
    const { provider } = await open({}, {}, { FAKE_PROPAGATION_TIMEOUT: '90', FAKE_POLLING_INTERVAL: '5' });
    expect(provider.timing).toEqual({ timeoutMs: 90_000, intervalMs: 5000 });
  });

  it('is a look at the address of the API', async () => {
    expect(await failureOf(open({ base: 'dns.example' }))).toMatchObject({ code: 'usage' });
  });
});

describe('what an API says', () => {
  it('is read at places that need not be there', () => {
    const data = { a: [{ id: 7 }], n: '12', f: 1.5 };
    expect(pick(data, 'a', 0, 'id')).toBe(7);
    expect(pick(data, 'a', 'x', 'id')).toBeUndefined();
    expect(pick(data, 'constructor')).toBeUndefined();
    expect(pickText(data, 'a', 0, 'id')).toBe('7');
    expect(pickNumber(data, 'n')).toBe(12);
    expect(pickNumber(data, 'f')).toBeUndefined();
    expect(pickList(data, 'a')).toHaveLength(1);
    expect(pickList(data, 'n')).toEqual([]);
  });

  it('keeps the digits of long numbers, and texts as they are', () => {
    const text =
      '{"id":12345678901234567890,"n":-98765432109876543210,"f":1234567890123456.5,"g":0.0000011601805718983291,"e":1e-12345678901234567890,"t":"is 12345678901234567890 \\"","s":1234567890123456}';
    expect(json().decode(text)).toEqual({
      id: '12345678901234567890',
      n: '-98765432109876543210',
      f: 1234567890123456.5,
      g: 0.0000011601805718983291,
      e: 0,
      t: 'is 12345678901234567890 "',
      s: 1234567890123456,
    });
  });

  it('in JSON is read as everybody reads it, but for long numbers', () => {
    const digits = (value: unknown) => JSON.stringify(value).replace(/"(-?\d{16,})"/g, '$1');
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.parse(digits(json().decode(text)))).toEqual(JSON.parse(digits(JSON.parse(text))));
      }),
    );
  });

  it('can be plain text', () => {
    expect(plainText().decode('OK')).toBe('OK');
  });

  it('does not lead out of a path', () => {
    expect(path`/zones/${'a/../b?c#d'}`).toBe('/zones/a%2F..%2Fb%3Fc%23d');
    for (const id of ['', '.', '..']) expect(() => path`/zones/${id}`).toThrow(/cannot be a step/);
  });
});
