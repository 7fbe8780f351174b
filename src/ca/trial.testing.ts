/** One authorization and one of its challenges, from the order to the verdict. */
import { expect } from 'vitest';
import type { Identifier } from '../core/index.ts';
import type { ChallengeType } from './challenge-types.ts';
import { DnsTable } from './dns-table.testing.ts';
import type { CaOptions } from './options.ts';
// Loaded up front: an import takes real time, for which the clock of the tests does not wait.
import './open-resolver.ts';
import { RawClient, textAt } from './raw-client.testing.ts';
import { createWorld, type World } from './world.testing.ts';

export interface Trial {
  readonly world: World;
  readonly client: RawClient;
  readonly dns: DnsTable;
  readonly accountUrl: string;
  /** The challenge as it was offered. */
  readonly offered: unknown;
  readonly authorizationUrl: string;
  readonly orderUrl: string;
  /** `token.thumbprint`; empty for a challenge without a token. */
  readonly keyAuthorization: string;
  /** Lets the CA validate; returns the challenge. */
  run(): Promise<unknown>;
}

export interface TrialOptions {
  readonly type: ChallengeType;
  readonly identifier?: Identifier;
  readonly options?: CaOptions;
}

/** The CA asks a table of DNS records, once unless it is told otherwise. */
export async function openTrial({ type, identifier, options = {} }: TrialOptions): Promise<Trial> {
  const dns = new DnsTable();
  const world = await createWorld({
    challenges: [type],
    ...options,
    validation: { attempts: 1, resolver: dns, ...options.validation },
  });
  const client = await RawClient.registered(world);
  return followTrial(client, dns, type, identifier);
}

/** A further order of the same client. */
export async function followTrial(
  client: RawClient,
  dns: DnsTable,
  type: ChallengeType,
  identifier: Identifier = { type: 'dns', value: 'a.test' },
): Promise<Trial> {
  const { world } = client;
  const made = await client.newOrder([identifier]);
  const authorizationUrl = textAt(made.json, 'authorizations', 0);
  const { json } = await client.read(authorizationUrl);
  const offered = challengeOf(json, type);
  const url = textAt(offered, 'url');
  const token: unknown = Object(offered).token;
  return {
    world,
    client,
    dns,
    accountUrl: client.kid,
    offered,
    authorizationUrl,
    orderUrl: made.headers.get('location') ?? '',
    keyAuthorization: typeof token === 'string' ? await client.keyAuthorization(token) : '',
    async run() {
      await client.post(url, {});
      await world.finish();
      return (await client.read(url)).json;
    },
  };
}

function challengeOf(authorization: unknown, type: string): unknown {
  const challenges: unknown = Object(authorization).challenges;
  const found = Array.isArray(challenges) ? challenges.find((challenge) => Object(challenge).type === type) : undefined;
  if (found === undefined) throw new TypeError(`no ${type} in ${JSON.stringify(authorization)}`);
  return found;
}

export const valid = { status: 'valid' };

export function failed(type: string, detail: RegExp): object {
  return {
    status: 'invalid',
    error: { type: `urn:ietf:params:acme:error:${type}`, detail: expect.stringMatching(detail) },
  };
}
