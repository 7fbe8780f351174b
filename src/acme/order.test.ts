import { describe, expect, it } from 'vitest';
import { jwkThumbprint } from '../pki/index.ts';
import { type AcmeWorld, acmeWorld, csrFor, issue, names, newSigner, respondToAll } from './harness.testing.ts';
import type { Order } from './order.ts';
import { OrderFailedError } from './order-failed.ts';
import { amend, fails, json, loseReply, problem, reply, withHeaders } from './scripted-replies.testing.ts';
import type { ScriptedAnswer } from './scripted-server.testing.ts';

const changed =
  (changes: Readonly<Record<string, unknown>>): ScriptedAnswer =>
  async (_request, honest) =>
    amend(await honest(), changes);

async function orderOf({ register }: AcmeWorld, ...values: readonly string[]): Promise<Order> {
  return (await register()).newOrder({ identifiers: names(...values) });
}

const dns = (detail: string): object => ({ type: 'urn:ietf:params:acme:error:dns', detail });
const challenge = (status: string, more: object = {}): object => ({
  type: 'dns-01',
  status,
  url: 'https://ca.test/authorization/1/0/dns-01',
  token: 'dG9rZW4',
  ...more,
});

describe('an order', () => {
  it('goes from names to a certificate', async () => {
    const world = acmeWorld();
    await world.run(async () => {
      const order = await orderOf(world, 'a.example', '*.a.example', 'b.example');
      await issue(order, world.clock.deadline(60_000));
      const { chain, pem, url, preferredFound } = await order.fetchCertificate();
      expect(chain[0]?.identifiers.map(({ value }) => value)).toEqual(['a.example', '*.a.example', 'b.example']);
      expect(pem).toMatch(/^-----BEGIN CERTIFICATE-----/);
      expect(url).toBe('https://ca.test/order/1/certificate');
      expect(preferredFound).toBe(true);
    });
    expect(world.server.violations).toEqual([]);
  });

  it('passes what was asked for', async () => {
    const world = acmeWorld();
    const order = await world.run(async () =>
      (await world.register()).newOrder({
        identifiers: [...names('a.example'), { type: 'ip', value: '2001:db8::1' }],
        profile: 'shortlived',
        notBefore: new Date('2026-11-02T00:00:00Z'),
        notAfter: new Date('2026-11-08T00:00:00Z'),
      }),
    );
    expect(world.server.requests.find(({ resource }) => resource === 'newOrder')?.payload).toEqual({
      identifiers: [
        { type: 'dns', value: 'a.example' },
        { type: 'ip', value: '2001:db8::1' },
      ],
      profile: 'shortlived',
      notBefore: '2026-11-02T00:00:00.000Z',
      notAfter: '2026-11-08T00:00:00.000Z',
    });
    expect(order.profile).toBe('shortlived');
  });

  it('is taken up again by its URL', async () => {
    const world = acmeWorld();
    await world.run(async () => {
      const signer = newSigner();
      const account = await world.register(signer);
      const { url } = await account.newOrder({ identifiers: names('a.example') });
      const again = await world.connect().account({ signer, url: account.url }).fetchOrder(url);
      await issue(again, world.clock.deadline(60_000));
      expect(again.status).toBe('valid');
    });
  });

  it.each([
    ['for other names', { identifiers: [{ type: 'dns', value: 'evil.example' }] }],
    [
      'with a name more',
      {
        identifiers: [
          { type: 'dns', value: 'a.example' },
          { type: 'dns', value: 'b.example' },
        ],
      },
    ],
    ['for a name of a type nobody asked for', { identifiers: [{ type: 'permanent-identifier', value: 'a.example' }] }],
    ['without identifiers', { identifiers: null }],
    ['of an unknown status', { status: 'happy' }],
    ['with an http finalize', { finalize: 'http://ca.test/finalize' }],
    ['with an authorization that is no URL', { authorizations: ['../x'] }],
    [
      'with 1001 authorizations',
      { authorizations: Array.from({ length: 1001 }, (_, i) => `https://ca.test/authorization/1/${i}`) },
    ],
    ['with status as a number', { status: 1 }],
    ['of another profile', { profile: 'other' }],
  ])('%s is refused', async (_what, changes) => {
    const world = acmeWorld();
    world.server.script('newOrder', changed(changes));
    const placed = world.run(async () =>
      (await world.register()).newOrder({ identifiers: names('a.example'), profile: 'classic' }),
    );
    await expect(placed).rejects.toMatchObject({ code: 'bad-server' });
  });

  it.each([
    ['names in capitals', { identifiers: [{ type: 'dns', value: 'A.EXAMPLE' }] }],
    ['no expiry', { expires: null }],
    ['an expiry that is no date', { expires: 'soon' }],
    ['members nobody knows', { 'x-colour': 'red' }],
    ['no profile', { profile: null }],
  ])('with %s is fine', async (_what, changes) => {
    const world = acmeWorld();
    world.server.script('newOrder', changed(changes));
    const order = await world.run(async () =>
      (await world.register()).newOrder({ identifiers: names('a.example'), profile: 'classic' }),
    );
    expect(order.status).toBe('pending');
  });

  it('without a Location is refused', async () => {
    const world = acmeWorld();
    world.server.always('newOrder', async (_request, honest) => {
      const { headers, ...rest } = await honest();
      return { ...rest, headers: new Map([...headers].filter(([name]) => name !== 'location')) };
    });
    await expect(world.run(() => orderOf(world, 'a.example'))).rejects.toMatchObject({ code: 'bad-server' });
  });
});

describe('a profile', () => {
  it('that is not advertised is not asked for; the error names those that are', async () => {
    const world = acmeWorld();
    const placed = world.run(async () =>
      (await world.register()).newOrder({ identifiers: names('a.example'), profile: 'toString' }),
    );
    await expect(placed).rejects.toMatchObject({
      code: 'unsupported',
      next: expect.stringContaining('classic, shortlived'),
    });
    expect(world.server.count('newOrder')).toBe(0);
  });
});

describe('replaces (RFC 9773 §5)', () => {
  const replaces = 'aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE';

  it('is sent and echoed', async () => {
    const world = acmeWorld();
    const order = await world.run(async () =>
      (await world.register()).newOrder({ identifiers: names('a.example'), replaces }),
    );
    expect(order).toMatchObject({ replaced: true, replaces });
  });

  it.each([
    ['409 alreadyReplaced', problem(409, 'alreadyReplaced', 'it is')],
    ['400 malformed', problem(400, 'malformed', 'foreign issuer')],
    ['500 serverInternal', problem(500, 'serverInternal', 'no such certificate')],
    ['403 unauthorized', problem(403, 'unauthorized', 'another account')],
    ['404', reply(404)],
  ])('refused by %s is left out in a second try', async (_what, refusal) => {
    const world = acmeWorld();
    world.server.script('newOrder', () => refusal);
    const order = await world.run(async () =>
      (await world.register()).newOrder({ identifiers: names('a.example'), replaces }),
    );
    expect(order.replaced).toBe(false);
    expect(
      world.server.requests
        .filter(({ resource }) => resource === 'newOrder')
        .map(({ payload }) => payload?.['replaces']),
    ).toEqual([replaces, undefined]);
  });

  it.each([
    ['rateLimited', problem(429, 'rateLimited', 'too many'), 'rate-limited'],
    ['rejectedIdentifier', problem(400, 'rejectedIdentifier', 'no'), 'acme-problem'],
  ])('%s is not its refusal', async (_what, refusal, code) => {
    const world = acmeWorld();
    world.server.always('newOrder', () => refusal);
    const placed = world.run(async () =>
      (await world.register()).newOrder({ identifiers: names('a.example'), replaces }),
    );
    await expect(placed).rejects.toMatchObject({ code });
    expect(world.server.count('newOrder')).toBe(1);
  });

  it('is not sent to a CA without renewal information', async () => {
    const world = acmeWorld({ directory: { renewalInfo: undefined } });
    const order = await world.run(async () =>
      (await world.register()).newOrder({ identifiers: names('a.example'), replaces }),
    );
    expect(order.replaced).toBe(false);
    expect(world.server.requests.at(-1)?.payload?.['replaces']).toBeUndefined();
  });
});

describe('authorizations', () => {
  it('belong to the names whatever their order, wildcards told apart', async () => {
    const world = acmeWorld();
    const authorizations = await world.run(async () =>
      (await orderOf(world, 'a.example', '*.a.example')).fetchAuthorizations(),
    );
    expect(authorizations.map(({ orderedIdentifier }) => orderedIdentifier.value).sort()).toEqual([
      '*.a.example',
      'a.example',
    ]);
    expect(authorizations.map(({ identifier }) => identifier.value)).toEqual(['a.example', 'a.example']);
  });

  it('listed twice are fetched once', async () => {
    const world = acmeWorld();
    const url = 'https://ca.test/authorization/1/0';
    world.server.script('newOrder', changed({ authorizations: [url, url] }));
    expect(await world.run(async () => (await orderOf(world, 'a.example')).fetchAuthorizations())).toHaveLength(1);
  });

  it.each([
    ['for a name that was not ordered', { identifier: { type: 'dns', value: 'evil.example' } }],
    ['for a wildcard that was not ordered', { wildcard: true }],
    ['of an unknown status', { status: 'happy' }],
    ['for an identifier of another type', { identifier: { type: 'email', value: 'a.example' } }],
    ['with challenges that are no list', { challenges: { 'dns-01': {} } }],
  ])('%s are refused', async (_what, changes) => {
    const world = acmeWorld();
    world.server.always('authorization', changed(changes));
    await expect(
      world.run(async () => (await orderOf(world, 'a.example')).fetchAuthorizations()),
    ).rejects.toMatchObject({ code: 'bad-server' });
  });

  it('a missing wildcard flag is made up for when only the wildcard was ordered', async () => {
    const world = acmeWorld();
    world.server.always('authorization', changed({ wildcard: null }));
    const [authorization] = await world.run(async () => (await orderOf(world, '*.a.example')).fetchAuthorizations());
    expect(authorization?.wildcard).toBe(true);
  });

  it('an order that waits for none is refused', async () => {
    const world = acmeWorld();
    world.server.script('newOrder', changed({ authorizations: null }));
    await expect(
      world.run(async () => (await orderOf(world, 'a.example')).fetchAuthorizations()),
    ).rejects.toMatchObject({ code: 'bad-server' });
  });

  it('are given up', async () => {
    const world = acmeWorld();
    await world.run(async () => {
      const order = await orderOf(world, 'a.example', 'b.example');
      const [first] = await order.fetchAuthorizations();
      await first?.deactivate();
      expect(first?.status).toBe('deactivated');
      await order.deactivatePending();
    });
    expect(world.server.requests.filter(({ payload }) => payload?.['status'] === 'deactivated')).toHaveLength(2);
  });
});

describe('challenges', () => {
  it('carry the key authorization of the account (RFC 8555 §8.1)', async () => {
    const world = acmeWorld();
    const signer = newSigner();
    const [authorization] = await world.run(async () =>
      (await (await world.register(signer)).newOrder({ identifiers: names('a.example') })).fetchAuthorizations(),
    );
    const http = authorization?.challenges.find(({ type }) => type === 'http-01');
    expect(http?.keyAuthorization).toBe(`${http?.token}.${jwkThumbprint(signer.publicKey)}`);
    expect(authorization?.challenges.map(({ type }) => type)).toContain('x-unheard-01');
  });

  it.each([
    '../etc/passwd',
    'a/b',
    '%2e%2e',
    'a\u0000b',
    'a\nb',
    ';rm -rf /',
    '`id`',
    '',
    'ü',
    'a'.repeat(10_000),
    'a b',
    'abcd=',
    7,
    null,
  ])('the token %j makes a challenge unusable', async (token) => {
    const world = acmeWorld();
    world.server.always('authorization', changed({ challenges: [challenge('pending', { token })] }));
    const [authorization] = await world.run(async () => (await orderOf(world, 'a.example')).fetchAuthorizations());
    const [unusable] = authorization?.challenges ?? [];
    expect(unusable).toMatchObject({ usable: false, token: undefined });
    expect(() => unusable?.keyAuthorization).toThrow(/no usable token/);
  });

  it('dns-persist-01 needs no token and keeps its own members', async () => {
    const world = acmeWorld();
    const persist = challenge('pending', { type: 'dns-persist-01', token: undefined, issuerDomainNames: ['ca.test'] });
    world.server.always('authorization', changed({ challenges: [persist] }));
    const [authorization] = await world.run(async () => (await orderOf(world, 'a.example')).fetchAuthorizations());
    expect(authorization?.challenges[0]).toMatchObject({ usable: true, members: { issuerDomainNames: ['ca.test'] } });
  });

  it('that cannot be addressed are left out, the others stay', async () => {
    const world = acmeWorld();
    const challenges = [
      { type: 'dns-01' },
      challenge('pending', { url: 'http://ca.test/x' }),
      challenge('happy'),
      7,
      challenge('pending'),
    ];
    world.server.always('authorization', changed({ challenges }));
    const [authorization] = await world.run(async () => (await orderOf(world, 'a.example')).fetchAuthorizations());
    expect(authorization?.challenges).toHaveLength(1);
  });

  it('a response whose reply was lost is not taken for a failure when the server calls its repetition malformed', async () => {
    const world = acmeWorld();
    await world.run(async () => {
      const order = await orderOf(world, 'a.example');
      world.server.script('challenge', loseReply);
      await respondToAll(order);
      await order.pollReady(world.clock.deadline(10_000));
    });
    expect(world.server.violations).toEqual([]);
  });

  it('a response that is malformed for another reason fails', async () => {
    const world = acmeWorld();
    world.server.script('challenge', () => problem(400, 'malformed', 'no'));
    await expect(world.run(async () => respondToAll(await orderOf(world, 'a.example')))).rejects.toMatchObject({
      code: 'acme-problem',
    });
  });
});

describe('waiting', () => {
  it('starts after 50 ms and doubles up to 5 s', async () => {
    const world = acmeWorld({ validationPolls: 12 });
    const times: number[] = [];
    world.server.always('order', (_request, honest) => {
      times.push(world.clock.elapsed);
      return honest();
    });
    await world.run(async () => {
      const order = await orderOf(world, 'a.example');
      await respondToAll(order);
      await order.pollReady(world.clock.deadline(3_600_000));
    });
    expect(times.slice(0, 10)).toEqual([50, 150, 350, 750, 1550, 3150, 6350, 11_350, 16_350, 21_350]);
  });

  it.each([
    ['seconds', '17', 17_000],
    ['a date', 'Sun, 01 Nov 2026 12:00:17 GMT', 17_000],
    ['a century', '3155760000', 300_000],
  ])('obeys Retry-After in %s, for five minutes at most', async (_form, value, ms) => {
    const world = acmeWorld();
    world.server.script('challenge', async (_request, honest) => withHeaders(await honest(), { 'retry-after': value }));
    await world.run(async () => {
      const order = await orderOf(world, 'a.example');
      await respondToAll(order);
      await order.pollReady(world.clock.deadline(3_600_000));
    });
    expect(world.clock.elapsed).toBe(ms);
  });

  it.each([
    ['pollReady', { status: 'pending' }],
    ['pollValid', { status: 'processing' }],
  ] as const)('%s for ever ends at the deadline', async (wait, changes) => {
    const world = acmeWorld();
    world.server.always('order', changed(changes));
    await world.run(async () => {
      const order = await orderOf(world, 'a.example');
      await expect(order[wait](world.clock.deadline(600_000))).rejects.toMatchObject({ code: 'timeout' });
    });
    expect(world.clock.elapsed).toBe(600_000);
    expect(world.server.count()).toBeLessThan(400);
  });

  it('a failed order names the identifiers, challenge types and reasons', async () => {
    const world = acmeWorld();
    const error = await world.run(async () => {
      const order = await orderOf(world, 'a.example', 'b.example');
      await order.fetchAuthorizations();
      world.server.always(
        'order',
        changed({ status: 'invalid', error: { type: 'about:blank', detail: 'authorizations failed' } }),
      );
      world.server.script(
        'authorization',
        changed({ status: 'invalid', challenges: [challenge('invalid', { error: dns('no TXT\u001b[2J') })] }),
      );
      return order.pollReady(world.clock.deadline(60_000)).catch((reason: unknown) => reason);
    });
    expect(error).toBeInstanceOf(OrderFailedError);
    expect(error).toMatchObject({
      code: 'order-failed',
      message: expect.stringMatching(/(a|b)\.example \(dns-01\): dns: no TXT \[2J/),
    });
    if (error instanceof OrderFailedError) expect(error.failures).toHaveLength(1);
  });

  it('a failed order that says nothing is still a failed order', async () => {
    const world = acmeWorld();
    world.server.always('order', changed({ status: 'invalid' }));
    world.server.always('authorization', fails('timeout'));
    await world.run(async () => {
      const order = await orderOf(world, 'a.example');
      await expect(order.pollReady(world.clock.deadline(600_000))).rejects.toMatchObject({ code: 'order-failed' });
    });
  });

  it('a challenge left pending with an error fails the order from the third poll on (Caddy)', async () => {
    const world = acmeWorld();
    await world.run(async () => {
      const order = await orderOf(world, 'a.example');
      await order.fetchAuthorizations();
      world.server.always('authorization', changed({ challenges: [challenge('pending', { error: dns('no TXT') })] }));
      await expect(order.pollReady(world.clock.deadline(60_000))).rejects.toMatchObject({ code: 'order-failed' });
    });
    expect(world.server.count('order')).toBe(3);
  });

  it('a challenge that is tried again in spite of an error is waited for (RFC 8555 §8.2)', async () => {
    const world = acmeWorld({ validationPolls: 6 });
    await world.run(async () => {
      const order = await orderOf(world, 'a.example');
      await respondToAll(order);
      world.server.always(
        'authorization',
        changed({ status: 'pending', challenges: [challenge('processing', { error: dns('not yet') })] }),
      );
      await order.pollReady(world.clock.deadline(60_000));
      expect(order.status).toBe('ready');
    });
  });

  it('a status that goes back once is a lagging replica, for ever a broken server', async () => {
    const world = acmeWorld({ issuancePolls: 2 });
    await world.run(async () => {
      const order = await orderOf(world, 'a.example');
      await respondToAll(order);
      await order.pollReady(world.clock.deadline(60_000));
      world.server.script('order', changed({ status: 'ready' }));
      await order.finalize(await csrFor(order.identifiers), world.clock.deadline(60_000));
      expect(order.status).toBe('valid');
      world.server.always('order', changed({ status: 'pending' }));
      await order.fetch();
      await order.fetch();
      await expect(order.fetch()).rejects.toMatchObject({ code: 'bad-server' });
    });
  });
});

describe('finalize', () => {
  async function ready(world: AcmeWorld): Promise<Order> {
    const order = await orderOf(world, 'a.example');
    await respondToAll(order);
    await order.pollReady(world.clock.deadline(60_000));
    return order;
  }

  it.each([
    ['whose reply is lost', loseReply, 1],
    ['that never arrives', fails('connection-reset'), 2],
    ['that fails inside the server', () => reply(500), 2],
    ['that comes too early', () => problem(403, 'orderNotReady', 'wait'), 2],
  ] as const)('%s is looked after before it is repeated', async (_what, answer, times) => {
    const world = acmeWorld();
    await world.run(async () => {
      const order = await ready(world);
      world.server.script('finalize', answer);
      await order.finalize(await csrFor(order.identifiers), world.clock.deadline(60_000));
      expect(order.status).toBe('valid');
    });
    expect(world.server.count('finalize')).toBe(times);
    expect(world.server.violations).toEqual([]);
  });

  it('that is never the right time ends', async () => {
    const world = acmeWorld();
    world.server.always('finalize', () => problem(403, 'orderNotReady', 'wait'));
    await world.run(async () => {
      const order = await ready(world);
      await expect(order.finalize(await csrFor(order.identifiers), world.clock.deadline(60_000))).rejects.toMatchObject(
        { problem: { detail: 'wait' } },
      );
    });
    expect(world.server.count('finalize')).toBe(3);
  });

  it('with a bad CSR fails at once', async () => {
    const world = acmeWorld();
    world.server.always('finalize', () => problem(400, 'badCSR', 'weak key'));
    await world.run(async () => {
      const order = await ready(world);
      await expect(order.finalize(await csrFor(order.identifiers), world.clock.deadline(60_000))).rejects.toMatchObject(
        { problem: { detail: 'weak key' } },
      );
    });
    expect(world.server.count('finalize')).toBe(1);
  });

  it('may be synchronous, as at Caddy, and need no poll', async () => {
    const world = acmeWorld();
    world.server.always('finalize', async (_request, honest) =>
      amend(await honest(), { status: 'valid', certificate: 'https://ca.test/order/1/certificate' }),
    );
    await world.run(async () => {
      const order = await ready(world);
      const polls = world.server.count('order');
      await order.finalize(await csrFor(order.identifiers), world.clock.deadline(60_000));
      await order.fetchCertificate();
      expect(world.server.count('order')).toBe(polls);
    });
  });

  it('after which nothing moves is a broken server', async () => {
    const world = acmeWorld();
    world.server.always('finalize', async () => json(200, { status: 'ready', identifiers: names('a.example') }));
    await world.run(async () => {
      const order = await ready(world);
      await expect(
        order.finalize(await csrFor(order.identifiers), world.clock.deadline(3_600_000)),
      ).rejects.toMatchObject({ code: 'bad-server' });
    });
    expect(world.clock.elapsed).toBeLessThan(60_000);
  });

  it('that ends invalid says why', async () => {
    const world = acmeWorld();
    await world.run(async () => {
      const order = await ready(world);
      world.server.always(
        'order',
        changed({ status: 'invalid', error: { type: 'urn:ietf:params:acme:error:caa', detail: 'CAA forbids it' } }),
      );
      const finalized = order.finalize(await csrFor(order.identifiers), world.clock.deadline(60_000));
      await expect(finalized).rejects.toMatchObject({
        code: 'order-failed',
        message: expect.stringContaining('caa: CAA forbids it'),
      });
    });
  });
});
