import { describe, expect, it } from 'vitest';
import { type RawOptions, problem, RawClient } from './raw-client.testing.ts';
import { createWorld } from './world.testing.ts';

interface Change {
  readonly header?: RawOptions['header'];
  readonly payload?: object;
}

/** The inner JWS, signed by the new key. */
async function innerJws(old: RawClient, fresh: RawClient, change: Change = {}): Promise<object> {
  const payload = { account: old.kid, oldKey: await old.jwk(), ...change.payload };
  return fresh.sign(old.url('/key-change'), payload, {
    signWith: 'jwk',
    header: { nonce: undefined, ...change.header },
  });
}

describe('a key change', () => {
  it.each(['ES256', 'ES384', 'RS256', 'EdDSA'] as const)('gives the account a new key: %s', async (kind) => {
    const world = await createWorld();
    const old = await RawClient.registered(world);
    const fresh = new RawClient(world, kind);
    const reply = await old.post(old.url('/key-change'), await innerJws(old, fresh));
    expect(reply).toMatchObject({ status: 200, json: { status: 'valid' } });
    expect(reply.headers.get('location')).toBe(old.kid);
    expect(await old.read(old.kid)).toMatchObject(problem('malformed', 400));
    expect((await fresh.newAccount({ onlyReturnExisting: true })).status).toBe(200);
    expect(fresh.kid).toBe(old.kid);
    expect(await new RawClient(world).newAccount({ onlyReturnExisting: true })).toMatchObject(
      problem('accountDoesNotExist', 400),
    );
    old.kid = '';
    expect(await old.newAccount({ onlyReturnExisting: true })).toMatchObject(problem('accountDoesNotExist', 400));
  });

  it('is refused with 409 and the account when the new key has one', async () => {
    const world = await createWorld();
    const old = await RawClient.registered(world);
    const taken = await RawClient.registered(world);
    const reply = await old.post(old.url('/key-change'), await innerJws(old, taken));
    expect(reply).toMatchObject(problem('malformed', 409, /already/));
    expect(reply.headers.get('location')).toBe(taken.kid);
    expect((await old.post(old.url('/key-change'), await innerJws(old, old))).status).toBe(409);
  });

  it('is refused for each thing that can be wrong, and changes nothing', async () => {
    const world = await createWorld();
    const old = await RawClient.registered(world);
    const fresh = new RawClient(world);
    const url = old.url('/key-change');
    const cases: readonly [Change, string, RegExp][] = [
      [{ header: { nonce: 'AAAA' } }, 'malformed', /nonce/],
      [{ header: { url: 'https://ca.test/other' } }, 'malformed', /inner "url"/],
      [{ header: { jwk: undefined } }, 'badPublicKey', /./],
      [{ header: { jwk: await old.jwk() } }, 'malformed', /signature/],
      [{ payload: { account: 'https://ca.test/account/x' } }, 'malformed', /its account/],
      [{ payload: { oldKey: await fresh.jwk() } }, 'malformed', /oldKey/],
      [{ payload: { oldKey: undefined } }, 'malformed', /at "oldKey"/],
      [{ payload: { oldKey: 'x' } }, 'badPublicKey', /./],
      [{ payload: { account: 7 } }, 'malformed', /at "account"/],
    ];
    for (const [change, type, detail] of cases) {
      expect(await old.post(url, await innerJws(old, fresh, change))).toMatchObject(problem(type, 400, detail));
    }
    expect(await old.post(url, '')).toMatchObject(problem('malformed', 400));
    expect(await old.post(url, { a: 1 })).toMatchObject(problem('malformed', 400));
    expect((await old.read(old.kid)).status).toBe(200);
  });
});
