import { describe, expect, it } from 'vitest';
import { EversealError, Secret } from '../../core/index.ts';
import type { Api, ApiDefinition } from './api-definition.ts';
import { ApiStage, type FakeApi, failureOf, record, signal } from './api-stage.testing.ts';
import { inQuery, scheme } from './auth.ts';
import { fakeProvider, FakeDns, shapes } from './fake-dns.testing.ts';
import { form } from './api-codec.ts';

const one = record('a', 'one');

async function adding(
  answer: FakeApi,
  api: Partial<Api> = {},
  {
    environment = {},
    definition = {},
  }: { environment?: Record<string, string>; definition?: Partial<ApiDefinition> } = {},
) {
  const stage = new ApiStage(answer);
  const provider = await stage.open(fakeProvider(api, definition), environment);
  const failure = await failureOf(provider.add([one], signal));
  return { stage, provider, failure, times: stage.requests.map(({ at }) => at) };
}

/** Answers these, then 200. */
function inTurn(...replies: readonly (ReturnType<FakeApi> | EversealError)[]): FakeApi {
  const left = [...replies];
  return () => {
    const reply = left.shift() ?? { body: {} };
    if (reply instanceof EversealError) throw reply;
    return reply;
  };
}

const busy = { status: 503, body: 'busy' };
const reset = new EversealError('connection-reset', 'it was cut');
const refused = new EversealError('connection-refused', 'nobody listens');
const posting = { write: shapes['by-value'] };

describe('a request that fails', () => {
  it.each([
    ['503', busy],
    ['429', { status: 429 }],
    ['a connection that was cut', reset],
    ['a server that does not listen', refused],
  ])('is sent again after %s, with growing pauses', async (_what, reply) => {
    const { failure, times } = await adding(inTurn(reply, reply));
    expect(failure).toBeUndefined();
    expect(times).toEqual([0, 1000, 3000, 3000]);
  });

  it('is given up after five tries', async () => {
    const { failure, times } = await adding(() => busy);
    expect(times).toHaveLength(5);
    expect(failure).toMatchObject({ code: 'provider-failed' });
  });

  it.each([
    ['400', { status: 400 }],
    ['501', { status: 501 }],
    ['a certificate nobody trusts', new EversealError('tls', 'untrusted')],
  ])('is not sent again after %s', async (_what, reply) => {
    const { stage } = await adding(inTurn(reply));
    expect(stage.requests).toHaveLength(1);
  });

  it('that creates something is sent again only when nothing was done', async () => {
    const creating = {
      write: {
        ...shapes.rrset,
        add: async (_: unknown, session: Parameters<typeof shapes.rrset.add>[1]) =>
          void (await session.write({ method: 'POST', path: '/x' })),
      },
    };
    expect((await adding(inTurn({ status: 429 }, refused), creating)).times).toHaveLength(3);
    expect((await adding(inTurn(busy), creating)).times).toHaveLength(1);
    expect((await adding(inTurn(reset), creating)).times).toHaveLength(1);
  });

  it.each([
    ['seconds', '7', 7000],
    ['a date', new Date(Date.UTC(2026, 0, 1, 0, 0, 9)).toUTCString(), 9000],
  ])('waits as long as Retry-After says, in %s', async (_what, text, ms) => {
    const { times, stage } = await adding(inTurn({ status: 429, headers: { 'retry-after': text } }));
    expect(times.slice(0, 2)).toEqual([0, ms]);
    expect(stage.events).toContainEqual({ type: 'waiting', what: 'Fake DNS to take requests again', ms });
  });

  it('does not wait for hours', async () => {
    const { failure, times } = await adding(inTurn({ status: 429, headers: { 'retry-after': '3600' } }));
    expect(times).toEqual([0]);
    expect(failure).toMatchObject({ code: 'provider-failed', next: expect.stringContaining('try again later') });
  });

  it('ends with the signal', async () => {
    const stop = new AbortController();
    const stage = new ApiStage(() => {
      stop.abort(new Error('enough'));
      return busy;
    });
    const provider = await stage.open(fakeProvider({}));
    expect(await failureOf(provider.add([one], stop.signal))).toMatchObject({ message: 'enough' });
    expect(stage.requests).toHaveLength(1);
  });
});

describe('a failure', () => {
  it.each([
    ['message', { message: 'no such zone' }],
    ['error', { error: 'no such zone' }],
    ['error.message', { error: { message: 'no such zone' } }],
    ['a list of errors', { errors: [{ message: 'no such zone' }] }],
    ['detail', { detail: 'no such zone' }],
    ['text', 'no such zone'],
  ])("tells record, request, status and the API's words (%s)", async (_what, body) => {
    const { failure } = await adding(() => ({ status: 422, body }));
    expect(failure).toMatchObject({
      code: 'provider-failed',
      message:
        'Fake DNS: cannot add TXT at a.example.com.: GET https://dns.example/rrset/a was answered with 422: no such zone',
    });
  });

  it('shows the title of a web page, not the page', async () => {
    const { failure } = await adding(() => ({ status: 400, body: '<html><title>Bad gateway</title><p>long</html>' }));
    expect(failure).toMatchObject({ message: expect.stringMatching(/with 400: Bad gateway$/) });
  });

  it.each([
    [401, /credentials/],
    [403, /right to edit/],
    [404, /zone is in this account/],
    [429, /limits its requests/],
    [500, /try again later/],
    [302, /redirect/],
  ])('of status %i says what to do', async (status, advice) => {
    const { failure } = await adding(() => ({ status }), posting);
    expect(failure).toMatchObject({ next: expect.stringMatching(advice) });
  });

  it('can be a reply of status 200', async () => {
    const api = { ok: ({ data }: { data: unknown }) => JSON.stringify(data) !== '{"ok":false}' };
    expect((await adding(() => ({ body: { ok: false } }), api)).failure).toMatchObject({ code: 'provider-failed' });
    expect((await adding(() => ({ body: { ok: true } }), api)).failure).toBeUndefined();
  });

  it('is a reply that cannot be read', async () => {
    const { failure } = await adding(() => ({ body: '{"a":' }));
    expect(failure).toMatchObject({ message: expect.stringContaining('cannot be read') });
  });

  it('carries no secret, however the API repeats it', async () => {
    const secret = 'k/e y"+';
    const auth = inQuery({ key: new Secret(secret) });
    const forms = [secret, encodeURIComponent(secret), JSON.stringify(secret), Buffer.from(secret).toString('base64')];
    const environment = { FAKE_KEY: secret, LEGO_DEBUG_CLIENT_VERBOSE_ERROR: 'true' };
    const { failure } = await adding(() => ({ status: 400, body: forms.join(' ; ') }), { auth }, { environment });
    const { message } = failure as Error;
    for (const form of forms) expect(message).not.toContain(form.replace(/^"|"$/g, ''));
    expect(message).toContain('[request: GET https://dns.example/rrset/a?key=***] [status code: 400] [body: *** ;');
  });

  it('of wrong credentials ends the batch', async () => {
    const stage = new ApiStage(() => ({ status: 401 }));
    const provider = await stage.open(fakeProvider({ limits: { atOnce: 1 } }));
    const failure = await failureOf(provider.add([one, record('b', 'two'), record('c', 'three')], signal));
    expect(failure).toMatchObject({ failures: [{ index: 0 }, { index: 1 }, { index: 2 }] });
    expect(stage.requests).toHaveLength(1);
  });

  it('of one name leaves the others alone', async () => {
    const dns = new FakeDns();
    const stage = new ApiStage((request, body) =>
      request.url.endsWith('/a') ? { status: 422 } : dns.api(request, body),
    );
    const provider = await stage.open(fakeProvider({}));
    const failure = await failureOf(provider.add([record('b', 'x'), one, record('a', 'y')], signal));
    expect(failure).toMatchObject({ failures: [{ index: 1 }, { index: 2 }] });
    expect(dns.valuesAt('b')).toEqual(['x']);
  });
});

describe('the pace', () => {
  it('is not above so many requests a second', async () => {
    const stage = new ApiStage(new FakeDns().api);
    const provider = await stage.open(fakeProvider({ limits: { perSecond: 4 } }));
    const records = ['a', 'b', 'c'].map((label) => record(label, 'v'));
    await provider.add(records, signal);
    expect(stage.requests.map(({ at }) => at)).toEqual([0, 250, 500, 750, 1000, 1250]);
  });

  it('lends some requests after a pause', async () => {
    const stage = new ApiStage(new FakeDns().api);
    const provider = await stage.open(fakeProvider({ limits: { perSecond: 4, burst: 3, atOnce: 1 } }));
    const records = ['a', 'b', 'c'].map((label) => record(label, 'v'));
    await provider.add(records, signal);
    expect(stage.requests.map(({ at }) => at)).toEqual([0, 0, 0, 250, 500, 750]);
    await stage.clock.sleep(10_000);
    await provider.remove([{ record: record('a', 'v') }], signal);
    expect(stage.requests.slice(6).map(({ at }) => at)).toEqual([10_750, 10_750]);
  });

  it('of a sequential API is one write at a time, with a pause', async () => {
    let open = 0;
    let most = 0;
    const dns = new FakeDns();
    const stage = new ApiStage(async (request, body) => {
      open += 1;
      most = Math.max(most, open);
      await Promise.resolve();
      open -= 1;
      return dns.api(request, body);
    });
    const entry = fakeProvider(
      { limits: { sequential: true } },
      { defaults: { ttl: 60, propagationTimeout: 60, pollingInterval: 2, httpTimeout: 30, sequenceInterval: 5 } },
    );
    const provider = await stage.open(entry, { FAKE_SEQUENCE_INTERVAL: '7' });
    await provider.add(
      ['a', 'b', 'c'].map((label) => record(label, 'v')),
      signal,
    );
    expect(most).toBe(1);
    expect(stage.requests.map(({ at }) => at)).toEqual([0, 0, 7000, 7000, 14_000, 14_000]);
  });
});

describe('the traffic', () => {
  it('is shown when the environment says so, without secrets', async () => {
    const auth = scheme('Token', new Secret('hush-hush'));
    const environment = { FAKE_KEY: 'hush-hush', LEGO_DEBUG_DNS_API_HTTP_CLIENT: 'true' };
    const { stage } = await adding(() => ({ status: 400, body: 'no hush-hush' }), { auth }, { environment });
    expect(stage.shown).toBe(
      '[HTTP Request]\nGET https://dns.example/rrset/a\naccept: application/json\nauthorization: ***\n\n\n' +
        '[HTTP Response]\n400\n\nno ***\n',
    );
    expect(stage.events).toMatchObject([{ type: 'warning', message: expect.stringContaining('not known as such') }]);
  });

  it('does not steer the terminal', async () => {
    const body = 'a\r\nb\u001b[2Jc\rd';
    const { stage } = await adding(
      () => ({ status: 400, body }),
      {},
      { environment: { LEGO_DEBUG_DNS_API_HTTP_CLIENT: '1' } },
    );
    expect(stage.shown).toContain('a\nb\uFFFD[2Jc\uFFFDd\n');
  });

  it('is not shown otherwise', async () => {
    const { stage } = await adding(
      () => ({ status: 400 }),
      {},
      { environment: { LEGO_DEBUG_DNS_API_HTTP_CLIENT: 'false' } },
    );
    expect(stage.shown).toBe('');
    expect(stage.events).toEqual([]);
  });
});

describe('bodies', () => {
  it('go as forms where the API wants them', async () => {
    const { stage } = await adding(() => ({ body: '' }), { ...posting, codec: form('text') });
    expect(stage.requests[0]).toMatchObject({
      body: 'name=a&value=one',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  });
});
