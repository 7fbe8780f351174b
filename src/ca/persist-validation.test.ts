import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Identifier } from '../core/index.ts';
import { dnsPersist01Hash } from '../pki/index.ts';
import type { CaOptions } from './options.ts';
import type { PersistDraft } from './persist-draft.ts';
import { persistHash } from './persist-validation.ts';
import { makeKey, RawClient } from './raw-client.testing.ts';
import { failed, followTrial, openTrial, type Trial, valid } from './trial.testing.ts';

const place = '_validation-persist.a.test';
const wildcard: Identifier = { type: 'dns', value: '*.a.test' };
/** The clock of the tests stands at noon of 24 November 2026. */
const noon = new Date('2026-11-24T12:00:00Z').getTime() / 1000;
const hour = 3600;

function open(draft: PersistDraft, identifier?: Identifier, options: CaOptions = {}): Promise<Trial> {
  return openTrial({
    type: 'dns-persist-01',
    options: { persist: [draft], ...options },
    ...(identifier === undefined ? {} : { identifier }),
  });
}

async function hashed(trial: Trial, domain = 'a.test'): Promise<string> {
  const thumbprint = (await trial.client.keyAuthorization('x')).slice(2);
  const hash = dnsPersist01Hash({ domain, thumbprint, accountUrl: trial.accountUrl });
  return `https://ca.test/account-hash/sha-256/${hash}`;
}

describe('what dns-persist-01 shows', () => {
  const issuers = ['ca.test'];
  it.each([
    ['draft-00', { 'issuer-domain-names': issuers }],
    [
      'draft-01',
      { 'issuer-domain-names': issuers, accounturi: expect.stringMatching(/^https:\/\/ca\.test\/account\//) },
    ],
    ['draft-02', { issuerDomainNames: issuers }],
  ] as const)('by %s', async (draft, members) => {
    const { offered } = await open(draft);
    expect(offered).toEqual({ type: 'dns-persist-01', url: expect.any(String), status: 'pending', ...members });
  });

  it('shows both shapes when it was told nothing else, and the directory what draft-02 needs', async () => {
    const { offered, client } = await openTrial({
      type: 'dns-persist-01',
      options: { caaIdentities: ['One.test', 'two.test'] },
    });
    const names = ['one.test', 'two.test'];
    expect(offered).toMatchObject({ issuerDomainNames: names, 'issuer-domain-names': names, accounturi: client.kid });
    expect((await client.get(client.url('/directory'))).json).toMatchObject({
      meta: { issuerDomainNames: names, accountHashPrefix: 'https://ca.test/account-hash/' },
    });
  });

  it('shows no more than ten names', async () => {
    const caaIdentities = Array.from({ length: 11 }, (_, i) => `ca${i}.test`);
    await expect(openTrial({ type: 'dns-persist-01', options: { caaIdentities } })).rejects.toThrow(
      /ten caaIdentities/,
    );
  });

  it.each(['draft-00', 'draft-01'] as const)('leaves the directory alone by %s, but for the names', async (draft) => {
    const { client } = await open(draft);
    const { json } = await client.get(client.url('/directory'));
    expect(json).toMatchObject({ meta: { caaIdentities: issuers } });
    expect(json).not.toHaveProperty('meta.issuerDomainNames');
    expect(json).not.toHaveProperty('meta.accountHashPrefix');
  });
});

describe.each(['draft-00', 'draft-01'] as const)('dns-persist-01 by %s', (draft) => {
  it('takes a record with the URL of the account', async () => {
    const trial = await open(draft);
    trial.dns.txt(place, `CA.test; accounturi=${trial.accountUrl}; colour=blue; persistUntil=${noon + hour}`);
    expect(await trial.run()).toMatchObject(valid);
    expect((await trial.client.read(trial.authorizationUrl)).json).toMatchObject({ expires: '2026-12-24T12:00:00Z' });
  });

  it('does not take the hash of draft-02', async () => {
    const trial = await open(draft);
    trial.dns.txt(place, `ca.test; accounturi=${await hashed(trial)}`);
    expect(await trial.run()).toMatchObject(failed('incorrectResponse', /its accounturi is not that of the account/));
  });
});

describe('dns-persist-01 by draft-02', () => {
  it.each(['a.test', '*'])('takes a record with the hash for %s', async (domain) => {
    const trial = await open('draft-02');
    trial.dns.txt(place, `ca.test; accounturi=${await hashed(trial, domain)}`);
    expect(await trial.run()).toMatchObject(valid);
  });

  it('does not take the URL of the account, nor the hash for another name', async () => {
    const trial = await open('draft-02');
    trial.dns.txt(
      place,
      `ca.test; accounturi=${trial.accountUrl}`,
      `ca.test; accounturi=${await hashed(trial, 'b.test')}`,
    );
    const outcome = await trial.run();
    expect(outcome).toMatchObject(
      failed('incorrectResponse', /No TXT record at _validation-persist\.a\.test authorizes/),
    );
    expect(JSON.stringify(outcome).match(/its accounturi is not/g)).toHaveLength(2);
  });

  it('ends the authorization when the record does, the one that lasts longest', async () => {
    const trial = await open('draft-02');
    const record = `ca.test; accounturi=${await hashed(trial)}`;
    trial.dns.txt(place, `${record}; persistUntil=${noon + hour}`, `${record}; persistUntil=${noon + 2 * hour}`);
    expect(await trial.run()).toMatchObject(valid);
    expect((await trial.client.read(trial.authorizationUrl)).json).toMatchObject({ expires: '2026-11-24T14:00:00Z' });
  });

  it('keeps the usual end when the record lasts longer, or another has no end', async () => {
    const trial = await open('draft-02');
    const record = `ca.test; accounturi=${await hashed(trial)}`;
    trial.dns.txt(place, `${record}; persistUntil=${noon + hour}`, record);
    expect(await trial.run()).toMatchObject(valid);
    expect((await trial.client.read(trial.authorizationUrl)).json).toMatchObject({ expires: '2026-12-24T12:00:00Z' });
  });

  it('honours the keys that the account had before, and not those of others', async () => {
    const trial = await open('draft-02');
    const record = `ca.test; accounturi=${await hashed(trial)}`;
    await rollOver(trial.client);
    const later = await followTrial(trial.client, trial.dns, 'dns-persist-01');
    trial.dns.txt(place, record);
    expect(await later.run()).toMatchObject(valid);

    const stranger = await RawClient.registered(trial.world);
    const other = await followTrial(stranger, trial.dns, 'dns-persist-01');
    expect(await other.run()).toMatchObject(failed('incorrectResponse', /its accounturi is not that of the account/));
  });

  it("has the hashes of the draft's examples", () => {
    const thumbprint = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs';
    const account = 'https://ca.example/acct/123';
    expect(persistHash('example.com', thumbprint, account)).toBe('5SQm7n6tPh2-PlLbCKGnViTXX5z19SCN4cPGQHSk-kw');
    expect(persistHash('*', thumbprint, account)).toBe('NpDnSwUthQK8zCgFdefYxAdAVPnygMLbs9US6oO-5ug');
  });
});

describe('a dns-persist-01 record', () => {
  const cases: readonly (readonly [what: string, text: (uri: string) => string, RegExp])[] = [
    ['of another issuer', (uri) => `other.test; accounturi=${uri}`, /its issuer is not ca\.test/],
    ['without an account', () => 'ca.test', /it has no accounturi/],
    ['of an account in other letters', (uri) => `ca.test; accounturi=${uri.toUpperCase()}`, /its accounturi is not/],
    [
      'that is over',
      (uri) => `ca.test; accounturi=${uri}; persistUntil=${noon}`,
      /persistUntil was 2026-11-24T12:00:00Z/,
    ],
    ['with no number', (uri) => `ca.test; accounturi=${uri}; persistUntil=soon`, /not a number of seconds/],
    ['with a tag twice', (uri) => `ca.test; accounturi=${uri}; accounturi=${uri}`, /"accounturi" twice/],
    ['with a semicolon too many', (uri) => `ca.test; accounturi=${uri};`, /an empty parameter/],
    ['of nonsense', () => '%%%', /not a domain name/],
  ];

  it.each(cases)('%s does not authorize', async (_what, text, reason) => {
    const trial = await open('draft-01');
    trial.dns.txt(place, text(trial.accountUrl));
    expect(await trial.run()).toMatchObject(failed('incorrectResponse', reason));
  });

  it('among others that do not authorize suffices', async () => {
    const trial = await open('draft-01');
    trial.dns.txt(place, ...cases.map(([, text]) => text(trial.accountUrl)), `ca.test; accounturi=${trial.accountUrl}`);
    expect(await trial.run()).toMatchObject(valid);
  });

  it('that is missing is reported', async () => {
    const trial = await open('draft-01');
    trial.dns.address(place, '192.0.2.1');
    expect(await trial.run()).toMatchObject(
      failed('incorrectResponse', /There is no TXT record at _validation-persist\.a/),
    );
  });

  it.each([
    ['', failed('incorrectResponse', /it has no policy=wildcard, which a wildcard needs/)],
    ['; policy=strict', failed('incorrectResponse', /no policy=wildcard/)],
    ['; policy=wildcard', valid],
    ['; policy=WildCard', valid],
  ])('for a wildcard: %j', async (policy, outcome) => {
    const trial = await open('draft-01', wildcard);
    trial.dns.txt(place, `ca.test; accounturi=${trial.accountUrl}${policy}`);
    expect(await trial.run()).toMatchObject(outcome);
  });

  it('in several strings is read as one', async () => {
    const trial = await open('draft-01');
    trial.dns.txt(place, `ca.test; accounturi=${trial.accountUrl}; filler=${'x'.repeat(600)}`);
    expect(await trial.run()).toMatchObject(valid);
  });
});

/** RFC 8555 §7.3.5. */
async function rollOver(client: RawClient): Promise<void> {
  const fresh = new RawClient(client.world);
  fresh.key = makeKey();
  const payload = { account: client.kid, oldKey: await client.jwk() };
  const url = client.url('/key-change');
  const inner = await fresh.sign(url, payload, { signWith: 'jwk', header: { nonce: undefined } });
  const before = await thumbprintOf(client);
  expect((await client.post(url, inner)).status).toBe(200);
  client.key = fresh.key;
  expect(await thumbprintOf(client)).not.toBe(before);
}

async function thumbprintOf(client: RawClient): Promise<string> {
  return createHash('sha256')
    .update(await client.keyAuthorization('x'))
    .digest('hex');
}
