import { describe, expect, it } from 'vitest';
import { names, problem, RawClient, textAt } from './raw-client.testing.ts';
import { createWorld } from './world.testing.ts';

async function withAuthorization(): Promise<{
  readonly client: RawClient;
  readonly order: string;
  readonly url: string;
}> {
  const client = await RawClient.registered(await createWorld());
  const made = await client.newOrder(names('a.test'));
  return { client, order: made.headers.get('location') ?? '', url: textAt(made.json, 'authorizations', 0) };
}

describe('an authorization', () => {
  it('is pending, with its challenges and their tokens', async () => {
    const { client, url } = await withAuthorization();
    const reply = await client.read(url);
    expect(reply.text.startsWith('{"status":"pending"')).toBe(true);
    expect(reply.json).toEqual({
      status: 'pending',
      expires: '2026-12-01T12:00:00Z',
      identifier: { type: 'dns', value: 'a.test' },
      challenges: ['http-01', 'tls-alpn-01', 'dns-01'].map((type) => ({
        type,
        url: expect.stringContaining('/challenge/'),
        status: 'pending',
        token: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      })),
    });
  });

  it('is valid once its challenge is, for as long as the profile says', async () => {
    const { client, url } = await withAuthorization();
    const challenge = await client.provision(url);
    const reply = await client.post(challenge, {});
    expect(reply).toMatchObject({ status: 200, json: { status: 'processing' } });
    expect(reply.headers.get('link')).toContain(`<${url}>;rel="up"`);
    await client.world.finish();
    expect((await client.read(url)).json).toMatchObject({
      status: 'valid',
      expires: '2026-12-24T12:00:00Z',
      challenges: [
        { status: 'valid', validated: '2026-11-24T12:00:00Z' },
        { status: 'pending' },
        { status: 'pending' },
      ],
    });
    expect((await client.read(challenge)).json).toMatchObject({ status: 'valid', url: challenge });
  });

  it('expires when it was valid', async () => {
    const { client, url } = await withAuthorization();
    await client.post(await client.provision(url), {});
    await client.world.finish();
    client.world.clock.advance(31 * 24 * 3_600_000);
    expect((await client.read(url)).json).toMatchObject({ status: 'expired' });
    expect(await client.post(url, { status: 'deactivated' })).toMatchObject(problem('malformed', 400, /is expired/));
  });

  it('is deactivated, and its order with it', async () => {
    const { client, url, order } = await withAuthorization();
    expect(await client.post(url, { status: 'valid' })).toMatchObject(problem('malformed', 400));
    expect(await client.post(url, {})).toMatchObject(problem('malformed', 400));
    expect((await client.post(url, { status: 'deactivated' })).json).toMatchObject({ status: 'deactivated' });
    expect((await client.post(url, { status: 'deactivated' })).status).toBe(200);
    expect((await client.read(order)).json).toMatchObject({ status: 'invalid' });
  });

  it('stays deactivated when its validation ends later', async () => {
    const { client, url } = await withAuthorization();
    await client.post(await client.provision(url), {});
    await client.post(url, { status: 'deactivated' });
    await client.world.finish();
    expect((await client.read(url)).json).toMatchObject({ status: 'deactivated' });
  });
});

describe('a challenge', () => {
  it('is only shown by an empty payload', async () => {
    const { client, url } = await withAuthorization();
    const challenge = await client.provision(url);
    expect((await client.read(challenge)).json).toMatchObject({ status: 'pending' });
    await client.world.finish();
    expect(client.world.requests).toEqual([]);
  });

  it('takes any response object, and a second one without harm', async () => {
    const { client, url } = await withAuthorization();
    const challenge = await client.provision(url);
    await client.post(challenge, { keyAuthorization: 'of another age' });
    expect((await client.post(challenge, {})).status).toBe(200);
    await client.world.finish();
    expect((await client.post(challenge, {})).json).toMatchObject({ status: 'valid' });
    await client.world.finish();
    expect(client.world.requests).toHaveLength(1);
  });

  it('cannot be tried again when it failed', async () => {
    const { client, url } = await withAuthorization();
    const challenge = textAt((await client.read(url)).json, 'challenges', 0, 'url');
    await client.post(challenge, {});
    await client.world.finish();
    expect(await client.post(challenge, {})).toMatchObject(problem('malformed', 400, /is invalid.*make a new order/));
    expect((await client.read(challenge)).json).toMatchObject({ status: 'invalid', error: { status: 400 } });
  });
});
