import { describe, expect, it } from 'vitest';
import type { Identifier } from '../core/index.ts';
import { challengeTypes, typesFor } from './challenge-types.ts';
import type { CaOptions } from './options.ts';
import { names, problem, RawClient, textAt } from './raw-client.testing.ts';
import { createWorld } from './world.testing.ts';

async function offers(options: CaOptions, identifier: Identifier, more: object = {}): Promise<readonly string[]> {
  const client = await RawClient.registered(await createWorld(options));
  const made = await client.newOrder([identifier], more);
  const { json } = await client.read(textAt(made.json, 'authorizations', 0));
  const { challenges }: { challenges: readonly unknown[] } = Object(json);
  return challenges.map((challenge) => textAt(challenge, 'type'));
}

const name: Identifier = { type: 'dns', value: 'a.test' };
const wildcard: Identifier = { type: 'dns', value: '*.a.test' };
const address: Identifier = { type: 'ip', value: '::1' };

describe('the challenges that are offered', () => {
  it('are those of RFCs that can validate the identifier', async () => {
    expect(await offers({}, name)).toEqual(['http-01', 'tls-alpn-01', 'dns-01']);
    expect(await offers({}, wildcard)).toEqual(['dns-01']);
    expect(await offers({}, address)).toEqual(['http-01', 'tls-alpn-01']);
  });

  it('are those of drafts, too, when the CA was told so', () => {
    expect(typesFor(name, challengeTypes)).toEqual(challengeTypes);
    expect(typesFor(wildcard, challengeTypes)).toEqual(['dns-01', 'dns-account-01', 'dns-persist-01']);
    expect(typesFor(address, challengeTypes)).toEqual(['http-01', 'tls-alpn-01']);
  });

  it('come in the order that was given, once each', async () => {
    const challenges = ['dns-persist-01', 'http-01', 'dns-persist-01'] as const;
    expect(await offers({ challenges }, name)).toEqual(['dns-persist-01', 'http-01']);
  });

  it('may be those of the profile', async () => {
    const options: CaOptions = { profiles: { plain: {}, modern: { challenges: ['dns-account-01'] } } };
    expect(await offers(options, name)).toEqual(['http-01', 'tls-alpn-01', 'dns-01']);
    expect(await offers(options, name, { profile: 'modern' })).toEqual(['dns-account-01']);
  });

  it('make an order impossible when none of them will do', async () => {
    const client = await RawClient.registered(await createWorld({ challenges: ['http-01'] }));
    expect(await client.newOrder(names('*.a.test', 'b.test'))).toMatchObject(
      problem(
        'rejectedIdentifier',
        400,
        /\*\.a\.test: a wildcard needs dns-01 or dns-account-01 or dns-persist-01, and this server offers http-01/,
      ),
    );
  });

  it('must be known', async () => {
    await expect(createWorld({ challenges: [] })).rejects.toThrow(/challenges must be among http-01, .*not none/);
    const unknown: CaOptions = JSON.parse('{"challenges":["http-02"]}');
    await expect(createWorld(unknown)).rejects.toThrow(/not http-02/);
    await expect(createWorld({ profiles: { empty: { challenges: [] } } })).rejects.toThrow(/not none/);
  });
});
