import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeKey, names, problem, RawClient } from './raw-client.testing.ts';
import { createWorld } from './world.testing.ts';

describe('the signature of a request', () => {
  it.each(['ES256', 'ES384', 'ES512', 'RS256', 'EdDSA'] as const)('is accepted by %s', async (kind) => {
    const client = await RawClient.registered(await createWorld(), kind);
    expect((await client.read(client.kid)).status).toBe(200);
  });

  it('must be that of the account', async () => {
    const client = await RawClient.registered(await createWorld());
    client.key = makeKey();
    expect(await client.read(client.kid)).toMatchObject(problem('malformed', 400, /signature does not verify/));
  });

  it('covers the payload', async () => {
    const client = await RawClient.registered(await createWorld());
    const other = Buffer.from('{"status":"deactivated"}').toString('base64url');
    const reply = await client.post(client.kid, {}, { tamper: (jws) => ({ ...jws, payload: other }) });
    expect(reply).toMatchObject(problem('malformed', 400, /signature does not verify/));
  });

  it('must have an algorithm that is accepted, and the reply lists them', async () => {
    const client = new RawClient(await createWorld());
    const reply = await client.newAccount({}, { tamper: (jws) => withHeader(jws, { alg: 'HS256' }) });
    expect(reply).toMatchObject(problem('badSignatureAlgorithm', 400));
    expect(reply.json).toMatchObject({ algorithms: ['ES256', 'ES384', 'ES512', 'RS256', 'EdDSA'] });
    const none = await client.newAccount({}, { tamper: (jws) => withHeader(jws, { alg: 'none' }) });
    expect(none).toMatchObject(problem('badSignatureAlgorithm', 400));
  });

  it('must have the algorithm of its key', async () => {
    const client = new RawClient(await createWorld());
    const reply = await client.newAccount({}, { tamper: (jws) => withHeader(jws, { alg: 'ES384' }) });
    expect(reply).toMatchObject(problem('malformed', 400, /the key signs with ES256, not with ES384/));
  });

  it.each([
    [
      'a small RSA key',
      {
        kty: 'RSA',
        e: 'AQAB',
        n: generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' }).n,
      },
    ],
    ['a secret', { kty: 'oct', k: 'AAAA' }],
    ['a text', 'key'],
    ['a point off the curve', { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) }],
  ])('refuses as a key %s', async (_what, jwk) => {
    const client = new RawClient(await createWorld());
    const reply = await client.newAccount({}, { tamper: (jws) => withHeader(jws, { jwk }) });
    expect(reply).toMatchObject(problem('badPublicKey', 400));
  });
});

describe('the form of a request', () => {
  it.each(['application/json', 'application/jose+json; charset=utf-8', 'text/plain'])(
    'is refused as %s',
    async (contentType) => {
      const client = await RawClient.registered(await createWorld());
      expect(await client.post(client.kid, '', { contentType })).toMatchObject(problem('malformed', 415));
    },
  );

  it('has no unprotected header, and one signature', async () => {
    const client = await RawClient.registered(await createWorld());
    const shapes: readonly ((jws: Readonly<Record<string, unknown>>) => unknown)[] = [
      (jws) => ({ ...jws, header: { kid: 'x' } }),
      (jws) => ({ ...jws, signatures: [] }),
      ({ payload: _payload, ...jws }) => jws,
      (jws) => ({ ...jws, signature: '*' }),
      (jws) => ({ ...jws, protected: 'e30' }),
      () => [],
      () => 'text',
    ];
    for (const tamper of shapes)
      expect(await client.post(client.kid, '', { tamper })).toMatchObject(problem('malformed', 400));
  });

  it('names the account or brings the key, not both and not neither', async () => {
    const client = await RawClient.registered(await createWorld());
    const both = await client.post(client.kid, '', { header: { jwk: await client.jwk() } });
    const neither = await client.post(client.kid, '', { header: { kid: undefined } });
    for (const reply of [both, neither])
      expect(reply).toMatchObject(problem('malformed', 400, /either "jwk" or "kid"/));
  });

  it('wants "kid" but for new accounts and revocation', async () => {
    const client = await RawClient.registered(await createWorld());
    const reply = await client.post(client.url('/new-order'), { identifiers: names('a.test') }, { signWith: 'jwk' });
    expect(reply).toMatchObject(problem('malformed', 400, /wants "kid"/));
    const account = await client.newAccount({}, { signWith: 'kid' });
    expect(account).toMatchObject(problem('malformed', 400, /"jwk", not "kid"/));
  });

  it.each(['https://ca.test/account/none', 'https://other.test/account/x', 'x', 17])(
    'knows no account %s',
    async (kid) => {
      const client = await RawClient.registered(await createWorld());
      expect(await client.post(client.kid, '', { header: { kid } })).toMatchObject(problem('accountDoesNotExist', 400));
    },
  );

  it('is for the URL that it is sent to', async () => {
    const client = await RawClient.registered(await createWorld());
    for (const url of [undefined, `${client.kid}/`, `${client.kid}?x=1`, 'https://other.test/', 17]) {
      const reply = await client.post(client.kid, '', { header: { url } });
      expect(reply).toMatchObject(problem('unauthorized', 401, /but the request was sent to/));
    }
  });

  it('has an object or nothing as payload', async () => {
    const client = await RawClient.registered(await createWorld());
    for (const payload of ['[]', '17', 'null', '{', '"x"']) {
      expect(await client.post(client.kid, payload)).toMatchObject(problem('malformed', 400, /not a JSON object/));
    }
  });

  it('is an empty payload where a resource is only read', async () => {
    const client = await RawClient.registered(await createWorld());
    const order = (await client.newOrder(names('a.test'))).headers.get('location') ?? '';
    expect(await client.post(order, {})).toMatchObject(problem('malformed', 400, /POST-as-GET/));
  });

  it('is not longer than any real one', async () => {
    const client = await RawClient.registered(await createWorld());
    const reply = await client.post(client.kid, { contact: ['x'.repeat(200_000)] });
    expect(reply).toMatchObject(problem('malformed', 413));
  });
});

function withHeader(jws: Readonly<Record<string, unknown>>, change: object): object {
  const header: unknown = JSON.parse(Buffer.from(String(jws.protected), 'base64url').toString());
  return { ...jws, protected: Buffer.from(JSON.stringify({ ...Object(header), ...change })).toString('base64url') };
}
