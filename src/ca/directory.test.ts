import { describe, expect, it } from 'vitest';
import { names, problem, RawClient } from './raw-client.testing.ts';
import { createWorld } from './world.testing.ts';

describe('the directory', () => {
  it('names every resource, and the profiles', async () => {
    const client = new RawClient(await createWorld({ baseUrl: 'https://ca.example:8443/acme/' }));
    const base = 'https://ca.example:8443/acme';
    const reply = await client.get(`${base}/directory`);
    expect(reply.status).toBe(200);
    expect(reply.json).toEqual({
      newNonce: `${base}/new-nonce`,
      newAccount: `${base}/new-account`,
      newOrder: `${base}/new-order`,
      revokeCert: `${base}/revoke-cert`,
      keyChange: `${base}/key-change`,
      renewalInfo: `${base}/renewal-info`,
      meta: {
        externalAccountRequired: false,
        profiles: { classic: expect.any(String), tlsserver: expect.any(String), shortlived: expect.any(String) },
      },
    });
  });

  it('tells what it was told', async () => {
    const options = {
      termsOfService: 'https://ca.test/tos',
      website: 'https://ca.test/',
      caaIdentities: ['ca.test'],
      externalAccountRequired: true,
      profiles: { short: { description: 'An hour', validityMs: 3_600_000 } },
      renewalInfo: false,
    };
    const client = new RawClient(await createWorld(options));
    const { json } = await client.get('https://ca.test/directory');
    expect(json).toMatchObject({
      meta: {
        termsOfService: 'https://ca.test/tos',
        website: 'https://ca.test/',
        caaIdentities: ['ca.test'],
        externalAccountRequired: true,
        profiles: { short: 'An hour' },
      },
    });
    expect(json).not.toHaveProperty('renewalInfo');
    expect(await client.get('https://ca.test/renewal-info/AA.AA')).toMatchObject(problem('malformed', 404));
  });

  it('works under a path of its own, whatever name led to it', async () => {
    const world = await createWorld({ baseUrl: 'https://ca.example/acme' });
    const client = await RawClient.registered(world);
    const reply = await client.post(
      client.url('/new-order'),
      { identifiers: names('a.test') },
      { sendTo: 'http://10.0.0.1/acme/new-order' },
    );
    expect(reply.status).toBe(201);
  });
});

describe('nonces', () => {
  it('come by HEAD with 200 and by GET with 204, uncached', async () => {
    const client = new RawClient(await createWorld());
    const head = await client.get(client.url('/new-nonce'), 'HEAD');
    const get = await client.get(client.url('/new-nonce'));
    expect([head.status, get.status]).toEqual([200, 204]);
    for (const { headers } of [head, get]) {
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('replay-nonce')).toMatch(/^[A-Za-z0-9_-]{22}$/);
    }
    expect(head.headers.get('replay-nonce')).not.toBe(get.headers.get('replay-nonce'));
  });

  it('come with every reply, of errors too, beside a link to the directory', async () => {
    const world = await createWorld();
    const client = await RawClient.registered(world);
    const replies = [
      await client.get(world.ca.directoryUrl),
      await client.get(client.url('/nothing')),
      await client.get(client.url('/new-order')),
      await client.get(client.url('/renewal-info/AA.AA')),
      await client.post(client.url('/new-order'), {}),
      await client.post(client.url('/new-order'), {}, { contentType: 'text/plain' }),
      await client.newOrder(names('a.test')),
    ];
    for (const { headers } of replies) {
      expect(headers.get('replay-nonce')).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(headers.get('link')).toContain(`<${world.ca.directoryUrl}>;rel="index"`);
    }
  });

  it('are good once', async () => {
    const client = await RawClient.registered(await createWorld());
    const { nonce } = client;
    expect((await client.read(client.kid)).status).toBe(200);
    const again = await client.post(client.kid, '', { header: { nonce } });
    expect(again).toMatchObject(problem('badNonce', 400));
    expect((await client.read(client.kid)).status).toBe(200);
  });

  it.each([undefined, 17, '', 'unknown', '*'])('that are not ours are refused: %s', async (nonce) => {
    const client = await RawClient.registered(await createWorld());
    expect(await client.post(client.kid, '', { header: { nonce } })).toMatchObject(problem('badNonce', 400));
  });

  it('are forgotten when too many are asked for', async () => {
    const client = await RawClient.registered(await createWorld());
    const { nonce } = client;
    for (let asked = 0; asked < 10_000; asked += 1) await client.get(client.url('/new-nonce'));
    expect(await client.post(client.kid, '', { header: { nonce } })).toMatchObject(problem('badNonce', 400));
  });

  it('are refused at the rate that was asked for', async () => {
    const client = new RawClient(await createWorld({ nonceRejectRate: 0.3 }));
    let refused = 0;
    for (let asked = 0; asked < 300; asked += 1) {
      const reply = await client.post(
        client.url('/new-order'),
        {},
        { header: { kid: 'https://ca.test/account/none' } },
      );
      if (reply.text.includes('badNonce')) refused += 1;
    }
    expect(refused).toBeGreaterThan(60);
    expect(refused).toBeLessThan(120);
  });
});

describe('what is not there', () => {
  it('is a problem document with 404', async () => {
    const client = await RawClient.registered(await createWorld());
    const paths = ['/', '/nothing', '/directory/', '/order', '/acme'];
    for (const path of paths) expect(await client.get(client.url(path))).toMatchObject(problem('malformed', 404));
    for (const path of ['/order/x', '/order/x/finalize', '/authorization/x', '/challenge/x', '/certificate/x']) {
      const reply = await client.post(client.url(path), '');
      expect(reply).toMatchObject(problem('malformed', 404, /There is no such/));
      expect(reply.headers.get('content-type')).toBe('application/problem+json');
    }
  });

  it('is 405 for a method that a resource does not have, with the ones it has', async () => {
    const client = new RawClient(await createWorld());
    const order = await client.get(client.url('/new-order'));
    expect(order).toMatchObject(problem('malformed', 405, /GET is not possible here/));
    expect(order.headers.get('allow')).toBe('POST');
    expect((await client.get(client.url('/directory'), 'DELETE')).headers.get('allow')).toBe('GET, HEAD');
  });
});

describe('the counters', () => {
  it('know what was asked, in bounded memory', async () => {
    const world = await createWorld();
    const client = await RawClient.registered(world);
    for (let index = 0; index < 200; index += 1) await client.get(client.url(`/${index}`));
    const { accounts, requests } = world.ca.stats();
    expect(accounts).toBe(1);
    expect(requests.get('POST /new-account')).toBe(1);
    expect(requests.size).toBeLessThanOrEqual(65);
  });
});
