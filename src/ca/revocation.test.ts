import { describe, expect, it } from 'vitest';
import { softwareKey } from '../core/index.ts';
import { readCertificateChain } from '../pki/index.ts';
import { makeKey, names, problem, RawClient } from './raw-client.testing.ts';
import { createWorld } from './world.testing.ts';

async function issued() {
  const world = await createWorld();
  const client = await RawClient.registered(world);
  const key = makeKey();
  const [leaf] = readCertificateChain((await client.issue(names('a.test', 'b.test'), {}, softwareKey(key))).text);
  const certificate = Buffer.from(leaf?.der ?? []).toString('base64url');
  return { world, client, key, certificate, serial: leaf?.serial ?? '', revokeCert: client.url('/revoke-cert') };
}

describe('revocation', () => {
  it('is done for the account that ordered', async () => {
    const { world, client, certificate, serial, revokeCert } = await issued();
    expect(world.ca.revocationOf(serial)).toBeUndefined();
    const reply = await client.post(revokeCert, { certificate, reason: 4 });
    expect(reply).toMatchObject({ status: 200, text: '' });
    expect(world.ca.revocationOf(serial)).toMatchObject({ reason: 4 });
    expect(await client.post(revokeCert, { certificate })).toMatchObject(problem('alreadyRevoked', 400));
  });

  it("is done for the certificate's own key", async () => {
    const { world, key, certificate, serial, revokeCert } = await issued();
    const holder = new RawClient(world);
    holder.key = key;
    expect((await holder.post(revokeCert, { certificate, reason: 1 }, { signWith: 'jwk' })).status).toBe(200);
    expect(world.ca.revocationOf(serial)).toMatchObject({ reason: 1 });
  });

  it('is not done for another key', async () => {
    const { world, certificate, revokeCert } = await issued();
    const stranger = new RawClient(world);
    expect(await stranger.post(revokeCert, { certificate }, { signWith: 'jwk' })).toMatchObject(
      problem('unauthorized', 403),
    );
  });

  it('is done for another account once it holds all the names', async () => {
    const { world, certificate, serial, revokeCert } = await issued();
    const other = await RawClient.registered(world);
    expect(await other.post(revokeCert, { certificate })).toMatchObject(problem('unauthorized', 403));
    await other.readyOrder(names('a.test'));
    expect(await other.post(revokeCert, { certificate })).toMatchObject(problem('unauthorized', 403));
    await other.readyOrder(names('b.test'));
    expect((await other.post(revokeCert, { certificate })).status).toBe(200);
    expect(world.ca.revocationOf(serial)).toMatchObject({ reason: 0 });
  });

  it.each([2, 6, 7, 8, 10, -1, 99])('is refused for the reason %i', async (reason) => {
    const { client, certificate, revokeCert } = await issued();
    expect(await client.post(revokeCert, { certificate, reason })).toMatchObject(
      problem('badRevocationReason', 400, /only 0, 1, 3/),
    );
  });

  it('is refused for what is no certificate of ours', async () => {
    const { world, client, certificate, revokeCert } = await issued();
    const { certificate: foreign } = await issued();
    expect(foreign).not.toBe(certificate);
    const cases: readonly [object, number, RegExp][] = [
      [{ certificate: foreign }, 404, /not issued here/],
      [{ certificate: 'AAAA' }, 400, /cannot be read/],
      [{ certificate: '*' }, 400, /base64url/],
      [{ certificate, reason: 'x' }, 400, /at "reason"/],
      [{ certificate, reason: 1.5 }, 400, /at "reason"/],
      [{}, 400, /at "certificate"/],
    ];
    for (const [payload, status, detail] of cases)
      expect(await client.post(revokeCert, payload)).toMatchObject(problem('malformed', status, detail));
    expect(world.ca.stats().certificates).toBe(1);
  });
});
