import { describe, expect, it } from 'vitest';
import { certId, readCertificateChain } from '../pki/index.ts';
import { names, problem, RawClient, textAt } from './raw-client.testing.ts';
import { createWorld } from './world.testing.ts';
import type { CaOptions } from './options.ts';

async function issued(options: CaOptions = {}) {
  const world = await createWorld(options);
  const client = await RawClient.registered(world);
  const [leaf] = readCertificateChain((await client.issue(names('a.test', 'b.test'))).text);
  if (leaf === undefined) throw new TypeError('no certificate');
  const id = certId(leaf) ?? '';
  return { world, client, leaf, id, url: client.url(`/renewal-info/${id}`) };
}

describe('renewal information', () => {
  it('suggests a window of a day around two thirds of the life', async () => {
    const { client, leaf, url } = await issued();
    const reply = await client.get(url);
    expect(reply.status).toBe(200);
    expect(reply.headers.get('retry-after')).toBe('21600');
    const start = new Date(textAt(reply.json, 'suggestedWindow', 'start')).getTime();
    const end = new Date(textAt(reply.json, 'suggestedWindow', 'end')).getTime();
    expect(end - start).toBe(24 * 3_600_000);
    const life = leaf.notAfter.getTime() - leaf.notBefore.getTime();
    expect((start + end) / 2).toBeCloseTo(leaf.notBefore.getTime() + (life * 2) / 3, -4);
  });

  it('fits the shortest life', async () => {
    const { client, leaf, url } = await issued({ profiles: { blink: { validityMs: 30_000 } } });
    const { json } = await client.get(url);
    const start = new Date(textAt(json, 'suggestedWindow', 'start'));
    const end = new Date(textAt(json, 'suggestedWindow', 'end'));
    expect(start < end && start >= leaf.notBefore && end < leaf.notAfter).toBe(true);
  });

  it('says "at once" for a revoked certificate', async () => {
    const { world, client, leaf, url } = await issued();
    await client.post(client.url('/revoke-cert'), { certificate: Buffer.from(leaf.der).toString('base64url') });
    const { json } = await client.get(url);
    expect(new Date(textAt(json, 'suggestedWindow', 'end')).getTime()).toBeLessThan(world.clock.now().getTime());
  });

  it('says what a script says, for one certificate or all', async () => {
    const { world, client, id, url } = await issued({ renewalInfoRetryAfterSeconds: 60 });
    const window = { start: new Date('2026-11-25T00:00:00Z'), end: new Date('2026-11-26T00:00:00Z') };
    world.ca.setRenewalInfo('*', { ...window, explanationUrl: 'https://ca.test/why', retryAfterSeconds: 5 });
    const all = await client.get(url);
    expect(all.json).toEqual({
      suggestedWindow: { start: '2026-11-25T00:00:00Z', end: '2026-11-26T00:00:00Z' },
      explanationURL: 'https://ca.test/why',
    });
    expect(all.headers.get('retry-after')).toBe('5');
    world.ca.setRenewalInfo(id, '{"suggestedWindow": oops');
    const raw = await client.get(url);
    expect(raw).toMatchObject({ status: 200, text: '{"suggestedWindow": oops' });
    expect(raw.headers.get('retry-after')).toBe('60');
    world.ca.setRenewalInfo(id, undefined);
    expect((await client.get(url)).text).toBe(all.text);
  });

  it('is not there for what was not issued here', async () => {
    const { client } = await issued();
    expect(await client.get(client.url('/renewal-info/aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE'))).toMatchObject(
      problem('malformed', 404),
    );
    for (const id of ['x', 'a.b.c', 'a=.b', 'a.%00', 'a.']) {
      expect(await client.get(client.url(`/renewal-info/${id}`))).toMatchObject(
        problem('malformed', 400, /not a certificate identifier/),
      );
    }
  });
});

describe('an order that replaces', () => {
  it('echoes what it replaces, and is the only one', async () => {
    const { client, id } = await issued();
    const order = await client.newOrder(names('a.test', 'c.test'), { replaces: id });
    expect(order).toMatchObject({ status: 201, json: { replaces: id } });
    expect((await client.read(order.headers.get('location') ?? '')).json).toMatchObject({ replaces: id });
    expect(await client.newOrder(names('a.test'), { replaces: id })).toMatchObject(problem('alreadyReplaced', 409));
  });

  it('frees its predecessor when it fails', async () => {
    const { client, id } = await issued();
    const order = await client.newOrder(names('a.test'), { replaces: id });
    await client.post(textAt(order.json, 'authorizations', 0), { status: 'deactivated' });
    await client.read(order.headers.get('location') ?? '');
    expect((await client.newOrder(names('a.test'), { replaces: id })).status).toBe(201);
  });

  it('is refused for a predecessor that is foreign, unrelated or nonsense', async () => {
    const { world, client, id } = await issued();
    const other = await RawClient.registered(world);
    expect(await other.newOrder(names('a.test'), { replaces: id })).toMatchObject(
      problem('unauthorized', 403, /another account/),
    );
    expect(await client.newOrder(names('c.test'), { replaces: id })).toMatchObject(
      problem('malformed', 400, /shares no identifier/),
    );
    expect(await client.newOrder(names('a.test'), { replaces: 'AA.AA' })).toMatchObject(
      problem('malformed', 400, /not issued here/),
    );
    expect(await client.newOrder(names('a.test'), { replaces: '?' })).toMatchObject(
      problem('malformed', 400, /not a certificate identifier/),
    );
  });
});
