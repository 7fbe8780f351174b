/** Each challenge with real resolvers, DNS servers and handshakes: in virtual time, and on this machine. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { World as SimulatedWorld } from '../../sim/index.ts';
import { type Identifier, type Ports, Secret, softwareKey, type TlsIdentity, ecKeyPair } from '../core/index.ts';
import { DnsServer, DnsZone } from '../dns/index.ts';
import { nodePorts } from '../node/index.ts';
import {
  buildCertificate,
  dns01Value,
  dnsAccount01Label,
  dnsPersist01Hash,
  pemEncode,
  readCertificate,
  tlsAlpn01Digest,
} from '../pki/index.ts';
import { type Ca, createCa } from './ca.ts';
import { type ChallengeType, challengeTypes } from './challenge-types.ts';
// Loaded up front: an import takes real time, for which the simulated world does not wait.
import './open-resolver.ts';
import { type ClientWorld, RawClient, textAt } from './raw-client.testing.ts';
import type { World } from './world.testing.ts';

/** A CA, and the servers that it looks at. */
interface Ground extends ClientWorld {
  readonly ca: Ca;
  readonly zone: DnsZone;
  readonly pages: Map<string, string>;
  /** By server name. */
  readonly identities: Map<string, TlsIdentity>;
  close(): Promise<void>;
}

async function openGround(ports: Ports, address: string): Promise<Omit<Ground, 'finish' | 'sites'>> {
  const zone = new DnsZone('a.test', {
    records: `* 60 IN ${address.includes(':') ? 'AAAA' : 'A'} ${address}\n@ 60 IN CAA 0 issue "ca.test"`,
  });
  const pages = new Map<string, string>();
  const identities = new Map<string, TlsIdentity>();
  const free = { host: address, port: 0 };
  const dns = await new DnsServer({ ports, zones: [zone] }).serve(ports.net, free);
  const web = await ports.net.serveHttp({
    address: free,
    handler: async (request) => new Response(pages.get(new URL(request.url).pathname) ?? 'nothing'),
  });
  const tls = await ports.net.serveTls({
    address: free,
    select: (serverName = '', protocols) => {
      const identity = identities.get(serverName);
      return identity && protocols.includes('acme-tls/1') ? { identity, protocol: 'acme-tls/1' } : undefined;
    },
  });
  const ca = await createCa(ports, {
    challenges: challengeTypes,
    persist: ['draft-02'],
    validation: {
      httpPort: web.addresses[0]?.port ?? 0,
      tlsPort: tls.addresses[0]?.port ?? 0,
      resolvers: dns.addresses,
      caa: true,
      attempts: 1,
    },
  });
  const close = async (): Promise<void> => void (await Promise.all([dns.close(), web.close(), tls.close()]));
  return { ca, zone, pages, identities, close };
}

const noSites: World['sites'] = new Map();

/** In virtual time the client lives outside, and the world moves while the CA validates. */
async function simulated(): Promise<Ground> {
  const world = new SimulatedWorld({ seed: 'every challenge' });
  const machine = world.machine({ name: 'town', addresses: ['10.0.0.1', 'fd00::1'] });
  const ground = await world.drive(
    new Promise<Omit<Ground, 'finish' | 'sites'>>((resolve, reject) => {
      const main = async (ports: Ports): Promise<void> => {
        await openGround(ports, 'fd00::1').then(resolve, reject);
        await new Promise(() => undefined);
      };
      world.boot({ machine, name: 'town', main });
    }),
  );
  return { ...ground, sites: noSites, finish: () => world.drive(ground.ca.idle()), close: async () => undefined };
}

async function onThisMachine(): Promise<Ground> {
  const ground = await openGround(nodePorts(), '127.0.0.1');
  return { ...ground, sites: noSites, finish: () => ground.ca.idle() };
}

interface Answer {
  readonly ground: Ground;
  readonly client: RawClient<Ground>;
  readonly identifier: Identifier;
  readonly token: string;
  readonly keyAuthorization: string;
}

/** Puts up the answer to each type. */
const put: Readonly<Record<ChallengeType, (answer: Answer) => void | Promise<void>>> = {
  'http-01': ({ ground, token, keyAuthorization }) => {
    ground.pages.set(`/.well-known/acme-challenge/${token}`, keyAuthorization);
  },
  'tls-alpn-01': async ({ ground, identifier, keyAuthorization }) => {
    const serverName = identifier.type === 'dns' ? identifier.value : reverseNames[identifier.value];
    ground.identities.set(serverName ?? '', await challengeIdentity(identifier, keyAuthorization));
  },
  'dns-01': ({ ground, identifier, keyAuthorization }) => {
    ground.zone.add(`_acme-challenge.${identifier.value}. 60 IN TXT "foreign"`);
    ground.zone.add(`_acme-challenge.${identifier.value}. 60 IN TXT "${dns01Value(keyAuthorization)}"`);
  },
  'dns-account-01': ({ ground, client, identifier, keyAuthorization }) => {
    const owner = `${dnsAccount01Label(client.kid)}._acme-challenge.${identifier.value}.`;
    ground.zone.add(`${owner} 60 IN CNAME elsewhere.a.test.`);
    ground.zone.add(`elsewhere.a.test. 60 IN TXT "${dns01Value(keyAuthorization)}"`);
  },
  'dns-persist-01': async ({ ground, client, identifier }) => {
    const [, thumbprint = ''] = (await client.keyAuthorization('x')).split('.');
    const hash = dnsPersist01Hash({ domain: '*', thumbprint, accountUrl: client.kid });
    const value = `ca.test; accounturi=https://ca.test/account-hash/sha-256/${hash}; policy=wildcard`;
    ground.zone.add(`_validation-persist.${identifier.value.replace('*.', '')}. 60 IN TXT "${value}"`);
  },
};

const reverseNames: Readonly<Record<string, string>> = {
  '127.0.0.1': '1.0.0.127.in-addr.arpa',
  'fd00::1': `1.${'0.'.repeat(29)}d.f.ip6.arpa`,
};

async function challengeIdentity(identifier: Identifier, keyAuthorization: string): Promise<TlsIdentity> {
  const { privateKey } = ecKeyPair('P-256');
  const key = softwareKey(privateKey);
  const subject = [{ type: 'CN', value: 'challenge' }] as const;
  const der = await buildCertificate({
    subject,
    issuer: subject,
    publicKey: key.publicKey,
    signer: key,
    serial: Uint8Array.of(1),
    notBefore: new Date('2020-01-01T00:00:00Z'),
    notAfter: new Date('2040-01-01T00:00:00Z'),
    extensions: { identifiers: [identifier], acmeIdentifier: tlsAlpn01Digest(keyAuthorization) },
  });
  const pkcs8 = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  return { chain: pemEncode('CERTIFICATE', der), key: new Secret(pkcs8) };
}

/** Orders, answers (with `spoil`: wrongly), and returns the challenge after the validation. */
async function validate(ground: Ground, type: ChallengeType, identifier: Identifier, spoil = ''): Promise<unknown> {
  const client = await RawClient.registered(ground);
  const made = await client.newOrder([identifier]);
  const { json } = await client.read(textAt(made.json, 'authorizations', 0));
  const { challenges }: { challenges: readonly unknown[] } = Object(json);
  const challenge = challenges.find((candidate) => textAt(candidate, 'type') === type);
  const token = type === 'dns-persist-01' ? '' : textAt(challenge, 'token');
  const keyAuthorization = (await client.keyAuthorization(token)) + spoil;
  const given = { ...identifier, value: identifier.value.replace('*.', '') };
  await put[type]({ ground, client, identifier: given, token, keyAuthorization });
  const url = textAt(challenge, 'url');
  await client.post(url, {});
  await ground.finish();
  return (await client.read(url)).json;
}

describe.each([
  ['in virtual time', simulated, 'fd00::1'],
  ['on this machine', onThisMachine, '127.0.0.1'],
] as const)('every challenge %s', (_where, open, address) => {
  it('is validated by what its servers really show', async () => {
    const ground = await open();
    for (const type of challengeTypes) {
      const name: Identifier = { type: 'dns', value: `${createHash('sha1').update(type).digest('hex')}.a.test` };
      expect(await validate(ground, type, name), type).toMatchObject({ status: 'valid' });
    }
    for (const type of ['http-01', 'tls-alpn-01'] as const)
      expect(await validate(ground, type, { type: 'ip', value: address }), type).toMatchObject({ status: 'valid' });
    for (const type of ['dns-01', 'dns-persist-01'] as const)
      expect(await validate(ground, type, { type: 'dns', value: `*.${type}.a.test` }), type).toMatchObject({
        status: 'valid',
      });
    await ground.close();
  });

  it.each(challengeTypes.filter((type) => type !== 'dns-persist-01'))('is refused a wrong answer: %s', async (type) => {
    const ground = await open();
    expect(await validate(ground, type, { type: 'dns', value: 'wrong.a.test' }, 'x')).toMatchObject({
      status: 'invalid',
      error: { type: 'urn:ietf:params:acme:error:incorrectResponse' },
    });
    await ground.close();
  });

  it('gets a certificate for a name and its wildcard, with two values at one place', async () => {
    const ground = await open();
    const both: readonly Identifier[] = ['a.test', '*.a.test'].map((value) => ({ type: 'dns', value }));
    const client = await RawClient.registered(ground);
    const made = await client.newOrder(both);
    for (const index of both.keys()) {
      const { json } = await client.read(textAt(made.json, 'authorizations', index));
      const { challenges }: { challenges: readonly unknown[] } = Object(json);
      const challenge = challenges.find((candidate) => textAt(candidate, 'type') === 'dns-01');
      const value = dns01Value(await client.keyAuthorization(textAt(challenge, 'token')));
      ground.zone.add(`_acme-challenge.a.test. 60 IN TXT "${value}"`);
      await client.post(textAt(challenge, 'url'), {});
    }
    await ground.finish();
    const done = await client.finalize(textAt(made.json, 'finalize'), both);
    const { text } = await client.read(textAt(done.json, 'certificate'));
    expect(readCertificate(text).identifiers).toEqual(both);
    await ground.close();
  });

  it('is refused where CAA forbids it, and where the resolver says nothing useful', async () => {
    const ground = await open();
    ground.zone.add('other.a.test. 60 IN CAA 0 issue "other.test"');
    expect(await validate(ground, 'dns-01', { type: 'dns', value: 'other.a.test' })).toMatchObject({
      error: { type: 'urn:ietf:params:acme:error:caa', status: 403 },
    });
    expect(await validate(ground, 'tls-alpn-01', { type: 'dns', value: 'a.nowhere' })).toMatchObject({
      error: {
        type: 'urn:ietf:params:acme:error:dns',
        detail: expect.stringMatching(/A of a\.nowhere cannot be looked up.*REFUSED/),
      },
    });
    await ground.close();
  });
});
