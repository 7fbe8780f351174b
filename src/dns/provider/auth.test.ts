import { describe, expect, it } from 'vitest';
import { Secret } from '../../core/index.ts';
import type { Codec } from './api-codec.ts';
import { form, json } from './api-codec.ts';
import { ApiStage, type FakeApi, failureOf, record, signal } from './api-stage.testing.ts';
import { allOf, type Auth, basicAuth, bearer, headers, inBody, inQuery, noAuth, scheme, signed } from './auth.ts';
import { login, oauth2 } from './auth-session.ts';
import { FakeDns, fakeProvider, shapes } from './fake-dns.testing.ts';
import { pickNumber, pickText } from './pick.ts';

const secret = new Secret('s3cret');
const one = record('a', 'one');

async function requestWith(auth: Auth, codec: Codec = json()) {
  const stage = new ApiStage(() => ({ body: {} }));
  const provider = await stage.open(fakeProvider({ auth, codec, write: shapes['by-value'] }));
  await provider.add([one], signal);
  const [request] = stage.requests;
  if (request === undefined) throw new Error('nothing was sent');
  return request;
}

describe('credentials', () => {
  it.each([
    ['bearer', bearer(secret), { authorization: 'Bearer s3cret' }],
    ['a scheme', scheme('Token', secret), { authorization: 'Token s3cret' }],
    ['no scheme', scheme('', secret), { authorization: 's3cret' }],
    ['headers', headers({ 'x-id': 'me', 'x-key': secret, 'x-none': undefined }), { 'x-id': 'me', 'x-key': 's3cret' }],
    // RFC 7617 §2: the pair of its example.
    ['basic', basicAuth('Aladdin', new Secret('open sesame')), { authorization: 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==' }],
    ['nothing', noAuth(), {}],
  ])('go by %s', async (_what, auth, fields) => {
    const { headers: sent } = await requestWith(auth);
    expect(sent).toEqual({ accept: 'application/json', 'content-type': 'application/json', ...fields });
  });

  it('go into the query, escaped', async () => {
    const { line } = await requestWith(inQuery({ key: new Secret('a&b') }));
    expect(line).toBe('POST /value?key=a%26b');
  });

  it('go into a JSON body and into a form', async () => {
    expect(JSON.parse((await requestWith(inBody({ key: secret }))).body)).toEqual({
      key: 's3cret',
      name: 'a',
      value: 'one',
    });
    expect((await requestWith(inBody({ key: secret }), form('text'))).body).toBe('key=s3cret&name=a&value=one');
  });

  it('go several ways at once, the signature last', async () => {
    const sign = signed((request, { clock }) => ({
      ...request,
      headers: { ...request.headers, 'x-signature': `${clock.now().toISOString()} ${request.url} ${request.body}` },
    }));
    const { headers: sent } = await requestWith(allOf(headers({ 'x-id': 'me' }), inQuery({ v: '2' }), sign));
    expect(sent).toMatchObject({
      'x-id': 'me',
      'x-signature': '2026-01-01T00:00:00.000Z https://dns.example/value?v=2 {"name":"a","value":"one"}',
    });
  });
});

/** A session that the API forgets after so many requests. */
function sessions(life = Number.POSITIVE_INFINITY, lifetimeSeconds?: number) {
  const dns = new FakeDns();
  let made = 0;
  let left = 0;
  const api: FakeApi = (request, body) => {
    if (request.url.endsWith('/login')) {
      made += 1;
      left = life;
      return { body: { token: `token-${made}`, seconds: lifetimeSeconds } };
    }
    if (request.url.endsWith('/logout')) return {};
    left -= 1;
    if (left < 0 || request.headers?.['x-session'] !== `token-${made}`) return { status: 401, body: 'who?' };
    return dns.api(request, body);
  };
  const auth = login({
    request: () => ({ method: 'POST', path: '/login', body: { password: secret.reveal() } }),
    session: ({ data }) => {
      const token = pickText(data, 'token');
      const seconds = pickNumber(data, 'seconds');
      return token === undefined ? undefined : { token, ...(seconds !== undefined && { lifetimeMs: seconds * 1000 }) };
    },
    apply: (request, token) => ({ ...request, headers: { ...request.headers, 'x-session': token } }),
    logout: (token) => ({ method: 'DELETE', path: '/logout', headers: { 'x-session': token } }),
  });
  return { stage: new ApiStage(api), entry: fakeProvider({ auth }) };
}

describe('a session', () => {
  it('begins with one login, however many requests there are at once, and ends once', async () => {
    const { stage, entry } = sessions();
    const provider = await stage.open(entry);
    await provider.add([one, record('b', 'two'), record('c', 'three')], signal);
    await provider.close?.();
    await provider.close?.();
    expect(stage.lines.filter((line) => line === 'POST /login')).toHaveLength(1);
    expect(stage.lines.filter((line) => line === 'DELETE /logout')).toHaveLength(1);
    expect(stage.requests[0]?.headers['x-session']).toBeUndefined();
  });

  it('that the API has forgotten is begun anew', async () => {
    const { stage, entry } = sessions(3);
    const provider = await stage.open(entry);
    await provider.add([one], signal);
    await provider.add([record('a', 'two')], signal);
    expect(stage.lines.filter((line) => line === 'POST /login')).toHaveLength(2);
  });

  it('that never works ends', async () => {
    const { stage, entry } = sessions(0);
    const failure = await failureOf((await stage.open(entry)).add([one], signal));
    expect(failure).toMatchObject({ code: 'provider-failed', message: expect.stringContaining('401: who?') });
    expect(stage.lines).toEqual(['POST /login', 'GET /rrset/a', 'POST /login', 'GET /rrset/a']);
  });

  it('is begun anew before its time is over', async () => {
    const { stage, entry } = sessions(undefined, 600);
    const provider = await stage.open(entry);
    await provider.add([one], signal);
    await stage.clock.sleep(539_000);
    await provider.add([one], signal);
    await stage.clock.sleep(2000);
    await provider.add([one], signal);
    expect(stage.lines.filter((line) => line === 'POST /login')).toHaveLength(2);
  });

  it('without a token is a failure, and no token shows in one', async () => {
    const mute = login({
      request: () => ({ method: 'POST', path: '/login' }),
      session: () => undefined,
      apply: (request) => request,
    });
    const stage = new ApiStage(() => ({}));
    const failure = await failureOf((await stage.open(fakeProvider({ auth: mute }))).add([one], signal));
    expect(failure).toMatchObject({ message: expect.stringContaining('without a token') });
    const told = sessions();
    const telling = new ApiStage((request) =>
      request.url.endsWith('/login') ? { body: { token: 'token-1' } } : { status: 400, body: 'bad token-1' },
    );
    expect(await failureOf((await telling.open(told.entry)).add([one], signal))).toMatchObject({
      message: expect.stringMatching(/400: bad \*\*\*$/),
    });
  });
});

describe('OAuth 2.0 client credentials', () => {
  it.each([
    ['basic', 'grant_type=client_credentials&scope=dns', `Basic ${Buffer.from('me:s3cret').toString('base64')}`],
    ['body', 'grant_type=client_credentials&scope=dns&client_id=me&client_secret=s3cret', undefined],
  ] as const)('are changed for a token (%s)', async (credentials, body, authorization) => {
    const auth = oauth2({
      tokenUrl: 'https://login.example/token',
      clientId: 'me',
      clientSecret: secret,
      scope: 'dns',
      credentials,
    });
    const stage = new ApiStage((request) =>
      request.url === 'https://login.example/token'
        ? { body: { access_token: 'granted', expires_in: 3600 } }
        : { body: {} },
    );
    await (await stage.open(fakeProvider({ auth, codec: json() }))).add([one], signal);
    expect(stage.requests[0]).toMatchObject({ line: 'POST /token', body });
    expect(stage.requests[0]?.headers.authorization).toBe(authorization);
    expect(stage.requests[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(stage.requests[1]?.headers.authorization).toBe('Bearer granted');
  });
});
