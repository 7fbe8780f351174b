import type { HostileRow, HostileTable } from './row.testing.ts';
import { elsewhere, instead, type Json, json, members, refusal, reply } from './tamper.testing.ts';

const meta = (value: unknown) => members('directory', { meta: value });
const account = { id: 'new@example.com', email: 'new@example.com', keyAlgorithm: 'EC256' } as const;
const longUrl = `https://ca.test/${'x'.repeat(10_240)}`;

const badUrls: readonly (readonly [string, unknown])[] = [
  ['a relative URL', '/new-order'],
  ['an http URL', 'http://ca.test/new-order'],
  ['user information in a URL', 'https://root:secret@ca.test/new-order'],
  ['a javascript: URL', 'javascript:alert(1)'],
  ['a URL of 10 KB', longUrl],
  ['a fragment', 'https://ca.test/new-order#x'],
  ['line breaks in a URL', 'https://ca.test/\r\nHost: evil/new-order'],
  ['a number for a URL', 17],
  ['an object for a URL', { href: 'https://ca.test/new-order' }],
  ['an empty URL', ''],
];

/** The stale directory is asked for again; the next, honest run shows whether a bad one was kept. */
export const directories: HostileTable = {
  area: 'directory',
  rows: [
    ...['newNonce', 'newAccount', 'newOrder'].map(
      (name): HostileRow => ({
        input: `${name} is missing`,
        server: members('directory', { [name]: undefined }),
        expect: 'bad-server',
        requests: 1,
      }),
    ),
    ...badUrls.map(
      ([input, url]): HostileRow => ({
        input,
        server: members('directory', { newOrder: url }),
        expect: 'bad-server',
        requests: 1,
      }),
    ),
    {
      input: 'revokeCert, keyChange and renewalInfo are missing',
      server: members('directory', { revokeCert: undefined, keyChange: undefined, renewalInfo: undefined }),
      expect: 'issued',
    },
    {
      input: 'a bad URL for a resource that is not needed',
      server: members('directory', { newAuthz: 'javascript:alert(1)' }),
      expect: 'bad-server',
      reason: 'a directory with one bad URL is not trusted with the others',
    },
    {
      input: 'newOrder at another origin that does not exist',
      server: members('directory', { newOrder: `${elsewhere}/new-order` }),
      expect: 'name-not-found',
      elsewhere: true,
      reason: 'other origins are legal (RFC 8555 §7.1)',
    },
    {
      input: 'random members beside the known ones',
      server: members('directory', { 'kd3-Ia_x': 'https://community.test/', n: 1, o: {} }),
      expect: 'issued',
    },
    { input: 'no meta', server: json('directory', ({ meta: _, ...others }: Json) => others), expect: 'issued' },
    ...[17, 'text', [], ['x'], true].map(
      (value): HostileRow => ({ input: `meta is ${JSON.stringify(value)}`, server: meta(value), expect: 'issued' }),
    ),
    { input: 'profiles as an array', server: meta({ profiles: ['classic'] }), expect: 'issued' },
    {
      input: '10,000 profiles',
      server: meta({
        profiles: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`p${i}`, 'x'.repeat(20)])),
      }),
      expect: 'issued',
    },
    {
      input: 'a wanted profile that only Object.prototype has',
      server: meta({ profiles: {} }),
      expect: 'unsupported',
      setting: { issuer: { profile: 'constructor' } },
    },
    {
      input: 'profile names with escape sequences, when another is wanted',
      server: meta({ profiles: { '\u001b[31mred': 'x', ok: 'fine' } }),
      expect: 'unsupported',
      setting: { issuer: { profile: 'other' } },
    },
    {
      input: 'meta members of wrong types',
      server: meta({ termsOfService: 1, website: {}, caaIdentities: 'x', externalAccountRequired: 'yes' }),
      expect: 'issued',
    },
    {
      input: 'terms of service at a javascript: URL, to be asked about',
      server: meta({ termsOfService: 'javascript:alert(1)' }),
      expect: 'issued',
      reason: 'there is no page to show, so nothing is agreed to; the CA may refuse then',
      setting: { issuer: { account: { ...account, terms: { ask: async (url) => !url.startsWith('javascript') } } } },
    },
    { input: '404', server: instead('directory', { status: 404 }), expect: 'bad-server', requests: 1 },
    { input: '500 for ever', server: instead('directory', { status: 500 }), expect: 'acme-problem', requests: 6 },
    { input: '401', server: refusal('directory', 401, 'unauthorized'), expect: 'acme-problem', requests: 2 },
    {
      input: 'a directory of a megabyte of members',
      server: members('directory', { x: 'y'.repeat(1_000_000) }),
      expect: 'issued',
      reason: 'below the cap of 1 MiB; unknown members are dropped',
    },
    {
      input: 'URLs that lead nowhere, kept for years by Cache-Control',
      server: [
        members('directory', {
          newOrder: 'https://ca.test/gone/new-order',
          newNonce: 'https://ca.test/gone/new-nonce',
        }),
        reply('directory', { headers: { 'cache-control': 'max-age=999999999' } }),
      ],
      expect: 'acme-problem',
      reason: 'the next run finds that nothing is there and asks for the directory again',
    },
    {
      input: 'a newOrder of the account resource',
      server: members('directory', { newOrder: 'https://ca.test/new-account' }),
      expect: 'acme-problem',
    },
  ],
};
