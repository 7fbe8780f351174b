import { describe, expect, it } from 'vitest';
import type { DirectoryCache } from './directory-source.ts';
import { type AcmeWorld, acmeWorld, issue, names, newSigner } from './harness.testing.ts';

/** A stored account and a cached directory: the state in which a renewal starts. */
async function renew(world: AcmeWorld, values: readonly string[]): Promise<void> {
  const entries = new Map<string, unknown>();
  const cache: DirectoryCache = {
    get: async (url) => entries.get(url),
    put: async (url, value) => {
      entries.set(url, JSON.parse(JSON.stringify(value)));
    },
  };
  const signer = newSigner();
  const first = world.connect({ cache });
  const { url } = await first.createAccount({ signer, contacts: [], termsAgreed: true });
  world.server.requests.length = 0;
  const order = await world
    .connect({ cache })
    .account({ signer, url })
    .newOrder({ identifiers: names(...values) });
  await issue(order, world.clock.deadline(60_000));
  await order.fetchCertificate();
}

describe('the requests of an issuance (design: 3 + 2n + polls, and at most min(8, n) nonces)', () => {
  it.each([
    { count: 1, requests: 7, nonces: 1 },
    { count: 2, requests: 9, nonces: 2 },
    { count: 10, requests: 25, nonces: 8 },
    { count: 100, requests: 205, nonces: 8 },
  ])('$count names: $requests requests and at most $nonces fresh nonces', async ({ count, requests, nonces }) => {
    const world = acmeWorld();
    await world.run(() =>
      renew(
        world,
        Array.from({ length: count }, (_, i) => `n${i}.example`),
      ),
    );
    expect(world.server.violations).toEqual([]);
    expect(world.server.count('newNonce')).toBeLessThanOrEqual(nonces);
    expect(world.server.count() - world.server.count('newNonce')).toBe(requests);
    expect(world.server.count('directory')).toBe(0);
  });

  it('are all reported as events', async () => {
    const world = acmeWorld();
    await world.run(() => renew(world, ['a.example']));
    const reported = world.events.filter(({ type }) => type === 'acme.request');
    expect(reported.slice(-world.server.count())).toHaveLength(world.server.count());
    expect(reported.at(-1)).toMatchObject({ method: 'POST', status: 200, url: 'https://ca.test/order/1/certificate' });
  });
});
