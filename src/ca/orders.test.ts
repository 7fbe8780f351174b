import { describe, expect, it } from 'vitest';
import { names, problem, RawClient, textAt } from './raw-client.testing.ts';
import { createWorld } from './world.testing.ts';

const hourMs = 3_600_000;

describe('a new order', () => {
  it('has what RFC 8555 wants, status first and nothing null', async () => {
    const client = await RawClient.registered(await createWorld());
    const reply = await client.newOrder([...names('A.test', 'b.test'), { type: 'ip', value: '192.0.2.7' }], {
      notBefore: '',
      notAfter: null,
    });
    expect(reply.status).toBe(201);
    expect(reply.headers.get('location')).toMatch(/^https:\/\/ca\.test\/order\//);
    expect(reply.text.startsWith('{"status":"pending","expires":')).toBe(true);
    expect(reply.text).not.toContain('null');
    expect(reply.json).toEqual({
      status: 'pending',
      expires: '2026-12-01T12:00:00Z',
      identifiers: [...names('a.test', 'b.test'), { type: 'ip', value: '192.0.2.7' }],
      profile: 'classic',
      authorizations: [expect.any(String), expect.any(String), expect.any(String)],
      finalize: `${reply.headers.get('location')}/finalize`,
    });
  });

  it('is refused with one subproblem for each bad identifier', async () => {
    const client = await RawClient.registered(await createWorld({ refusedNames: ['evil.test'] }));
    const reply = await client.newOrder([...names('good.test', 'www.evil.test', 'a..b'), { type: 'x', value: 'y' }]);
    expect(reply).toMatchObject(problem('compound', 400, /3 identifiers/));
    expect(reply.json).toMatchObject({
      subproblems: [
        { type: 'urn:ietf:params:acme:error:rejectedIdentifier', identifier: { type: 'dns', value: 'www.evil.test' } },
        { type: 'urn:ietf:params:acme:error:malformed', identifier: { type: 'dns', value: 'a..b' } },
        { type: 'urn:ietf:params:acme:error:unsupportedIdentifier' },
      ],
    });
  });

  it('is refused by one type when all are bad in one way', async () => {
    const client = await RawClient.registered(await createWorld({ refusedNames: ['evil.test'] }));
    expect(await client.newOrder(names('www.evil.test'))).toMatchObject(
      problem('rejectedIdentifier', 400, /www\.evil\.test: this server is told to refuse evil\.test/),
    );
  });

  it.each([
    {},
    { identifiers: [] },
    { identifiers: 'a.test' },
    { identifiers: [{ type: 'dns' }] },
    { identifiers: [null] },
  ])('is malformed as %j', async (payload) => {
    const client = await RawClient.registered(await createWorld());
    expect(await client.post(client.url('/new-order'), payload)).toMatchObject(
      problem('malformed', 400, /identifiers/),
    );
  });

  it('takes dates within the profile, and no others', async () => {
    const client = await RawClient.registered(await createWorld());
    const dates = { notBefore: '2026-11-24T13:00:00+01:00', notAfter: '2026-12-24T12:00:00Z' };
    expect((await client.newOrder(names('a.test'), dates)).json).toMatchObject({
      notBefore: '2026-11-24T12:00:00Z',
      notAfter: '2026-12-24T12:00:00Z',
    });
    const wrong = [
      { notAfter: 'garbage' },
      { notBefore: '2026-13-24T12:00:00Z' },
      { notBefore: 'Tue Nov 24 2026' },
      { notAfter: '2026-11-24T11:00:00Z' },
      { notAfter: '2027-11-24T12:00:00Z' },
      { notBefore: '2026-12-24T12:00:00Z', notAfter: '2026-12-23T12:00:00Z' },
    ];
    for (const more of wrong)
      expect(await client.newOrder(names('a.test'), more)).toMatchObject(
        problem('malformed', 400, /not(Before|After)/),
      );
  });

  it('follows its profile', async () => {
    const client = await RawClient.registered(await createWorld());
    const reply = await client.newOrder(names('a.test'), { profile: 'shortlived' });
    expect(reply.json).toMatchObject({ profile: 'shortlived', expires: '2026-11-24T20:00:00Z' });
    const authorization = await client.read(textAt(reply.json, 'authorizations', 0));
    expect(authorization.json).toMatchObject({ expires: '2026-11-24T13:00:00Z' });
    expect(await client.newOrder(names('a.test'), { profile: 'nope' })).toMatchObject(
      problem('invalidProfile', 400, /classic, tlsserver, shortlived/),
    );
    const many = names(...Array.from({ length: 26 }, (_, index) => `h${index}.test`));
    expect(await client.newOrder(many, { profile: 'shortlived' })).toMatchObject(
      problem('malformed', 400, /allows 25/),
    );
  });

  it('has the profile that the CA makes the default', async () => {
    const client = await RawClient.registered(await createWorld({ defaultProfile: 'tlsserver' }));
    expect((await client.newOrder(names('a.test'))).json).toMatchObject({ profile: 'tlsserver' });
    await expect(createWorld({ defaultProfile: 'nope' })).rejects.toThrow(TypeError);
  });
});

describe('an order', () => {
  it('becomes ready when every authorization is valid', async () => {
    const client = await RawClient.registered(await createWorld());
    const made = await client.newOrder(names('a.test', 'b.test'));
    const url = made.headers.get('location') ?? '';
    const statuses: string[] = [];
    for (const index of [0, 1]) {
      await client.post(await client.provision(textAt(made.json, 'authorizations', index)), {});
      await client.world.finish();
      statuses.push(textAt((await client.read(url)).json, 'status'));
    }
    expect(statuses).toEqual(['pending', 'ready']);
  });

  it('becomes invalid with one authorization, and says which and why', async () => {
    const client = await RawClient.registered(await createWorld());
    const made = await client.newOrder(names('a.test', 'b.test'));
    const { json } = await client.read(textAt(made.json, 'authorizations', 1));
    await client.post(textAt(json, 'challenges', 0, 'url'), {});
    await client.world.finish();
    const order = await client.read(made.headers.get('location') ?? '');
    expect(order.json).toMatchObject({
      status: 'invalid',
      error: {
        type: 'urn:ietf:params:acme:error:connection',
        subproblems: [
          { identifier: { type: 'dns', value: 'b.test' }, detail: expect.stringContaining('Nobody listens') },
        ],
      },
    });
  });

  it('becomes invalid when its time is over', async () => {
    const world = await createWorld({
      profiles: { p: { orderLifetimeMs: hourMs, pendingAuthorizationLifetimeMs: 2 * hourMs } },
    });
    const client = await RawClient.registered(world);
    const url = (await client.newOrder(names('a.test'))).headers.get('location') ?? '';
    world.clock.advance(hourMs);
    expect((await client.read(url)).json).toMatchObject({
      status: 'invalid',
      error: { detail: expect.stringContaining('expired') },
    });
  });

  it('becomes invalid when a pending or a valid authorization is over', async () => {
    const lifetimes = { pendingAuthorizationLifetimeMs: hourMs, authorizationLifetimeMs: hourMs };
    const world = await createWorld({ profiles: { p: lifetimes } });
    const client = await RawClient.registered(world);
    const pending = (await client.newOrder(names('a.test'))).headers.get('location') ?? '';
    const { url: ready, order } = await client.readyOrder(names('b.test'));
    expect(order.json).toMatchObject({ status: 'ready' });
    world.clock.advance(hourMs);
    for (const url of [pending, ready]) expect((await client.read(url)).json).toMatchObject({ status: 'invalid' });
  });

  it('is shown to its account only', async () => {
    const world = await createWorld();
    const client = await RawClient.registered(world);
    const other = await RawClient.registered(world);
    const order = await client.newOrder(names('a.test'));
    const authorization = textAt(order.json, 'authorizations', 0);
    const challenge = textAt((await client.read(authorization)).json, 'challenges', 0, 'url');
    for (const url of [order.headers.get('location') ?? '', authorization, challenge, textAt(order.json, 'finalize')]) {
      expect(await other.read(url)).toMatchObject(problem('unauthorized', 403, /another account/));
    }
  });

  it('asks to be polled by Retry-After when told so', async () => {
    const client = await RawClient.registered(await createWorld({ pollRetryAfterSeconds: 3 }));
    const made = await client.newOrder(names('a.test'));
    const authorization = await client.read(textAt(made.json, 'authorizations', 0));
    const challenge = await client.read(textAt(authorization.json, 'challenges', 0, 'url'));
    for (const { headers } of [made, authorization, challenge]) expect(headers.get('retry-after')).toBe('3');
    const { order } = await client.readyOrder(names('b.test'));
    expect(order.headers.has('retry-after')).toBe(false);
  });
});

describe('a valid authorization', () => {
  it.each([false, true])('serves a later order when told so: %s', async (reuseAuthorizations) => {
    const client = await RawClient.registered(await createWorld({ reuseAuthorizations }));
    await client.readyOrder(names('a.test'));
    const later = await client.newOrder(names('a.test'));
    expect(later.json).toMatchObject({ status: reuseAuthorizations ? 'ready' : 'pending' });
  });
});
