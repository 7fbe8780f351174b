import { CompactSign, FlattenedSign } from 'jose';
import { describe, expect, it } from 'vitest';
import { problem, RawClient } from './raw-client.testing.ts';
import { createWorld } from './world.testing.ts';

const mac = 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W';
const options = { externalAccounts: { 'kid-1': mac }, externalAccountRequired: true };

async function bind(client: RawClient, header: object = {}, key: string = mac, payload?: object): Promise<object> {
  const protectedHeader = { alg: 'HS256', kid: 'kid-1', url: client.url('/new-account'), ...header };
  const text = JSON.stringify(payload ?? (await client.jwk()));
  return new FlattenedSign(new TextEncoder().encode(text))
    .setProtectedHeader(protectedHeader)
    .sign(Buffer.from(key, 'base64url'));
}

describe('an external account', () => {
  it('must be bound when the CA wants it', async () => {
    const client = new RawClient(await createWorld(options));
    expect(await client.newAccount({})).toMatchObject(problem('externalAccountRequired', 403));
  });

  it.each(['HS256', 'HS384', 'HS512'])('is bound by %s and shown', async (alg) => {
    const client = new RawClient(await createWorld(options));
    const externalAccountBinding = await bind(client, { alg });
    const reply = await client.newAccount({ externalAccountBinding });
    expect(reply).toMatchObject({ status: 201, json: { status: 'valid', externalAccountBinding } });
  });

  it('is refused for each thing that can be wrong', async () => {
    const client = new RawClient(await createWorld(options));
    const other = new RawClient(client.world);
    const cases: readonly [object, string, number, RegExp][] = [
      [await bind(client, { kid: 'kid-2' }), 'unauthorized', 403, /no external account "kid-2"/],
      [
        await bind(client, {}, 'AAAABBBBCCCCDDDDAAAABBBBCCCCDDDDAAAABBBBCCCC'),
        'unauthorized',
        403,
        /MAC does not verify/,
      ],
      [await bind(client, { url: 'https://ca.test/other' }), 'malformed', 400, /its "url"/],
      [await bind(client, { nonce: client.nonce }), 'malformed', 400, /nonce/],
      [await bind(client, { kid: undefined }), 'malformed', 400, /no "kid"/],
      [await bind(client, {}, mac, await other.jwk()), 'malformed', 400, /not the key that signed/],
      [{ protected: 'x' }, 'malformed', 400, /cannot be read/],
    ];
    for (const [externalAccountBinding, type, status, detail] of cases) {
      expect(await client.newAccount({ externalAccountBinding })).toMatchObject(problem(type, status, detail));
    }
    const signed = await client.sign(client.url('/new-account'), await client.jwk(), {
      header: { nonce: undefined, kid: 'kid-1' },
    });
    expect(await client.newAccount({ externalAccountBinding: signed })).toMatchObject(
      problem('malformed', 400, /HS256/),
    );
    const compact = await new CompactSign(new Uint8Array(1))
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new Uint8Array(32));
    expect(await client.newAccount({ externalAccountBinding: compact })).toMatchObject(problem('malformed', 400));
  });

  it('binds many accounts, or one when told so', async () => {
    for (const oneTime of [false, true]) {
      const world = await createWorld({ ...options, externalAccountsOneTime: oneTime });
      const [first, second] = [new RawClient(world), new RawClient(world)];
      expect((await first.newAccount({ externalAccountBinding: await bind(first) })).status).toBe(201);
      const reply = await second.newAccount({ externalAccountBinding: await bind(second) });
      expect(reply.status).toBe(oneTime ? 403 : 201);
      if (oneTime) expect(reply).toMatchObject(problem('unauthorized', 403, /used already/));
      world.ca.addExternalAccount('kid-1', mac);
      expect((await second.newAccount({ externalAccountBinding: await bind(second) })).status).toBe(
        oneTime ? 201 : 200,
      );
    }
  });

  it('is neither checked nor shown by a CA that has none', async () => {
    const client = new RawClient(await createWorld());
    const reply = await client.newAccount({ externalAccountBinding: await bind(client) });
    expect(reply.status).toBe(201);
    expect(reply.json).not.toHaveProperty('externalAccountBinding');
  });
});
