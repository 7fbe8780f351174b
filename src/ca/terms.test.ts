import { describe, expect, it } from 'vitest';
import { certificateKey, names, problem, RawClient, textAt } from './raw-client.testing.ts';
import { createWorld } from './world.testing.ts';

const termsOfService = 'https://ca.test/terms-1?a=1&b=2';

describe('the terms of service', () => {
  it('must be agreed to by a new account', async () => {
    const client = new RawClient(await createWorld({ termsOfService }));
    for (const payload of [{}, { termsOfServiceAgreed: false }]) {
      const reply = await client.newAccount(payload);
      expect(reply).toMatchObject(problem('userActionRequired', 403));
      expect(reply.headers.get('link')).toContain(`<${termsOfService}>;rel="terms-of-service"`);
    }
    expect(await client.newAccount({ termsOfServiceAgreed: true })).toMatchObject({
      status: 201,
      json: { termsOfServiceAgreed: true },
    });
  });

  it('may change, and then need a human before anything is issued', async () => {
    const world = await createWorld({ termsOfService });
    const client = await RawClient.registered(world);
    const { finalize } = await client.readyOrder(names('a.test'));
    const pending = await client.newOrder(names('b.test'));
    const challenge = await client.provision(textAt(pending.json, 'authorizations', 0));
    world.ca.changeTermsOfService('https://ca.test/terms-2');

    const refused = [
      await client.newOrder(names('c.test')),
      await client.post(challenge, {}),
      await client.finalize(finalize, names('a.test'), certificateKey()),
    ];
    for (const reply of refused) {
      expect(reply).toMatchObject(problem('userActionRequired', 403));
      expect(reply.headers.get('link')).toContain('<https://ca.test/terms-2>;rel="terms-of-service"');
    }
    expect((await client.read(client.kid)).json).toMatchObject({ termsOfServiceAgreed: false });
    expect((await client.post(client.kid, { termsOfServiceAgreed: true })).json).toMatchObject({
      termsOfServiceAgreed: false,
    });

    const instance = textAt(refused[0]?.json, 'instance');
    expect((await client.get(instance)).text).toContain('<a href="https://ca.test/terms-2">');
    expect((await world.ca.fetch(new Request(instance, { method: 'POST' }))).status).toBe(200);
    expect((await client.get(instance)).text).toContain('Nothing is left');
    client.nonce = '';
    expect((await client.newOrder(names('c.test'))).status).toBe(201);
    expect((await client.finalize(finalize, names('a.test'))).json).toMatchObject({ status: 'valid' });
  });

  it('are shown escaped, and only at the secret address', async () => {
    const world = await createWorld();
    const client = await RawClient.registered(world);
    world.ca.changeTermsOfService('https://ca.test/"><script>&');
    const instance = textAt((await client.newOrder(names('a.test'))).json, 'instance');
    expect((await client.get(instance)).text).not.toContain('<script>');
    expect(await client.get(client.url('/terms/x'))).toMatchObject(problem('malformed', 404));
  });
});
