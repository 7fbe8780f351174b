import { describe, expect, it } from 'vitest';
import { EversealError, type Identifier } from '../core/index.ts';
import type { CaOptions } from './options.ts';
import { names, RawClient, textAt } from './raw-client.testing.ts';
import { createWorld, type World } from './world.testing.ts';

interface Trial {
  readonly world: World;
  readonly token: string;
  readonly answer: string;
  readonly page: string;
  /** Lets the CA validate; returns the challenge. */
  run(): Promise<unknown>;
}

async function trial(
  options: CaOptions = {},
  identifier: Identifier = { type: 'dns', value: 'a.test' },
): Promise<Trial> {
  const world = await createWorld(options);
  const client = await RawClient.registered(world);
  const made = await client.newOrder([identifier]);
  const authorization = await client.read(textAt(made.json, 'authorizations', 0));
  const token = textAt(authorization.json, 'challenges', 0, 'token');
  const url = textAt(authorization.json, 'challenges', 0, 'url');
  const host = identifier.value.includes(':') ? `[${identifier.value}]` : identifier.value;
  return {
    world,
    token,
    answer: await client.keyAuthorization(token),
    page: `http://${host}/.well-known/acme-challenge/${token}`,
    async run() {
      await client.post(url, {});
      await world.finish();
      return (await client.read(url)).json;
    },
  };
}

const valid = { status: 'valid' };
const failed = (type: string, detail: RegExp): object => ({
  status: 'invalid',
  error: { type: `urn:ietf:params:acme:error:${type}`, detail: expect.stringMatching(detail) },
});

describe('http-01', () => {
  it('asks the name on port 80, at the address that it resolves to', async () => {
    const { world, page, answer, run } = await trial();
    world.sites.set(page, { body: answer });
    expect(await run()).toMatchObject(valid);
    expect(world.requests).toMatchObject([{ method: 'GET', url: page, connectTo: { host: '192.0.2.1', port: 80 } }]);
  });

  it('asks on the port that stands for 80', async () => {
    const { world, page, answer, run } = await trial({ validation: { httpPort: 5002 } });
    world.sites.set(page, { body: answer });
    expect(await run()).toMatchObject(valid);
    expect(world.requests).toMatchObject([{ url: page, connectTo: { port: 5002 } }]);
  });

  it.each([
    [{ 'a.test': '127.0.0.9' }, '127.0.0.9'],
    [{ '*': '127.0.0.8', 'b.test': '127.0.0.9' }, '127.0.0.8'],
    [{ 'b.test': '127.0.0.9' }, '192.0.2.1'],
  ])('takes an address from the table %j', async (hosts, host) => {
    const { world, page, answer, run } = await trial({ validation: { hosts } });
    world.sites.set(page, { body: answer });
    expect(await run()).toMatchObject(valid);
    expect(world.requests).toMatchObject([{ connectTo: { host } }]);
  });

  it.each(['192.0.2.7', '2001:db8::7'])('asks an address by itself: %s', async (value) => {
    const { world, page, answer, run } = await trial(
      { validation: { hosts: { '*': '127.0.0.1' } } },
      { type: 'ip', value },
    );
    world.sites.set(page, { body: answer });
    expect(await run()).toMatchObject(valid);
    expect(world.requests).toMatchObject([{ connectTo: { host: value, port: 80 } }]);
  });

  it('tries the next address when nobody listens at the first', async () => {
    const { world, page, answer, run } = await trial();
    world.names.set('a.test', ['2001:db8::1', '192.0.2.1']);
    world.sites.set(page, ({ connectTo }) =>
      connectTo?.host === '192.0.2.1' ? { body: answer } : new EversealError('timeout', 'no answer'),
    );
    expect(await run()).toMatchObject(valid);
    expect(world.requests).toHaveLength(2);
  });

  it('tries again, and shows the error meanwhile', async () => {
    const { world, page, answer, run } = await trial();
    let calls = 0;
    world.sites.set(page, () => {
      calls += 1;
      return calls < 3 ? { status: 503 } : { body: answer };
    });
    expect(await run()).toMatchObject(valid);
    expect(calls).toBe(3);
    expect(world.clock.now()).toEqual(new Date('2026-11-24T12:00:00.850Z'));
  });

  it('gives up after as many attempts as it was told', async () => {
    const { world, run } = await trial({ validation: { attempts: 5, retryDelayMs: 1000 } });
    expect(await run()).toMatchObject(failed('connection', /at 192\.0\.2\.1:80: Nobody listens/));
    expect(world.requests).toHaveLength(5);
    expect(world.logged.filter(({ message }) => message === 'http-01 failed')).toHaveLength(5);
  });

  it('ignores white space at the end of the answer, and nothing else', async () => {
    const good = await trial();
    good.world.sites.set(good.page, { body: `${good.answer}\r\n ` });
    expect(await good.run()).toMatchObject(valid);
    for (const change of [
      (text: string) => ` ${text}`,
      (text: string) => `${text}x`,
      (text: string) => text.toUpperCase(),
      () => '',
    ]) {
      const bad = await trial({ validation: { attempts: 1 } });
      bad.world.sites.set(bad.page, { body: change(bad.answer) });
      expect(await bad.run()).toMatchObject(failed('incorrectResponse', /was expected/));
    }
  });

  it('shows what it got without control characters', async () => {
    const { world, page, run } = await trial({ validation: { attempts: 1 } });
    world.sites.set(page, { body: '\u001b[31m<b>no\nluck' });
    expect(await run()).toMatchObject(failed('incorrectResponse', /answered "\[31m<b>no luck"/));
  });

  it.each([404, 204, 500])('wants the status 200, not %i', async (status) => {
    const { world, page, answer, run } = await trial({ validation: { attempts: 1 } });
    world.sites.set(page, { status, body: answer });
    expect(await run()).toMatchObject(failed('incorrectResponse', new RegExp(`status ${status}`)));
  });

  it.each([
    ['timeout', 'connection'],
    ['connection-reset', 'connection'],
    ['reply-too-large', 'connection'],
    ['bad-reply', 'connection'],
    ['tls', 'tls'],
  ] as const)('reports %s as %s', async (code, type) => {
    const { world, page, run } = await trial({ validation: { attempts: 1 } });
    world.sites.set(page, new EversealError(code, 'as it is'));
    expect(await run()).toMatchObject(failed(type, /as it is/));
  });

  it('reports a name that is nowhere', async () => {
    const { world, run } = await trial({ validation: { attempts: 1 } });
    world.names.set('a.test', []);
    expect(await run()).toMatchObject(failed('dns', /There is no a\.test/));
  });
});

describe('redirects of http-01', () => {
  it('are followed, to HTTPS with any certificate and to relative places', async () => {
    const { world, page, answer, run } = await trial();
    world.names.set('b.test', ['192.0.2.2']);
    world.sites.set(page, { status: 301, headers: { location: 'https://b.test/x' } });
    world.sites.set('https://b.test/x', { status: 307, headers: { location: '/y?z#f' } });
    world.sites.set('https://b.test/y?z#f', { body: answer });
    expect(await run()).toMatchObject(valid);
    expect(world.requests.map(({ connectTo }) => connectTo)).toEqual([
      { host: '192.0.2.1', port: 80 },
      { host: '192.0.2.2', port: 443 },
      { host: '192.0.2.2', port: 443 },
    ]);
    expect(world.requests[1]?.tls).toEqual({ insecure: true });
  });

  it.each([
    [10, valid],
    [11, failed('connection', /More than 10 redirects/)],
  ])('are followed ten times: %i', async (hops, outcome) => {
    const { world, page, answer, run } = await trial({ validation: { attempts: 1 } });
    const at = (hop: number): string => (hop === 0 ? page : `http://a.test/${hop}`);
    for (let hop = 0; hop < hops; hop += 1)
      world.sites.set(at(hop), { status: 302, headers: { location: at(hop + 1) } });
    world.sites.set(at(hops), { body: answer });
    expect(await run()).toMatchObject(outcome);
  });

  it.each([
    ['http://a.test:8080/', /port 8080/],
    ['https://a.test:22/', /port 22/],
    ['ftp://a.test/', /scheme "ftp:"/],
    ['javascript:alert(1)', /scheme "javascript:"/],
    ['file:///etc/passwd', /scheme "file:"/],
    ['http://', /leads nowhere/],
    [undefined, /leads nowhere/],
  ])('are not followed to %s', async (location, reason) => {
    const { world, page, run } = await trial({ validation: { attempts: 1 } });
    world.sites.set(page, { status: 302, headers: location === undefined ? {} : { location } });
    expect(await run()).toMatchObject(failed('connection', reason));
    expect(world.requests).toHaveLength(1);
  });

  it('may name the configured ports', async () => {
    const { world, page, answer, run } = await trial({ validation: { httpPort: 5002, httpsPort: 5001 } });
    world.sites.set(page, { status: 308, headers: { location: 'https://a.test:5001/x' } });
    world.sites.set('https://a.test:5001/x', { body: answer });
    expect(await run()).toMatchObject(valid);
    expect(world.requests[1]?.connectTo?.port).toBe(5001);
  });
});

describe('a failure within the CA', () => {
  it('is logged and never left unhandled', async () => {
    const world = await createWorld({}, (ports) => ({
      ...ports,
      net: { ...ports.net, resolve: () => Promise.reject(new TypeError('a bug')) },
    }));
    const client = await RawClient.registered(world);
    const { order } = await client.readyOrder(names('a.test'));
    expect(order.json).toMatchObject({ status: 'invalid', error: { type: 'urn:ietf:params:acme:error:connection' } });
  });
});
