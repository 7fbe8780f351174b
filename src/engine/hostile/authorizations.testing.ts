import type { HostileRow, HostileTable } from './row.testing.ts';
import { elsewhere, instead, type Json, json, members, refusal, reply } from './tamper.testing.ts';

const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? value : []);
const challenges = (edit: (all: readonly Json[]) => unknown, when = {}) =>
  json('authorization', (object) => ({ ...object, challenges: edit(list(object.challenges)) }), when);
const each = (changes: Json, when = {}) => challenges((all) => all.map((one) => ({ ...one, ...changes })), when);
const problem = { type: 'urn:ietf:params:acme:error:dns', detail: 'no such name', status: 400 };
const pendingOrder = members('order', { status: 'pending' });

/** Each could leave the folder, the label or the command that a token is put into. */
const badTokens: readonly (readonly [string, unknown])[] = [
  ['../', '../../etc/passwd'],
  ['/', 'a/b'],
  ['%2f', '..%2f..%2fetc'],
  ['NUL', 'abc\u0000'],
  ['a line break', 'abc\n'],
  [';rm -rf', ';rm -rf /'],
  ['a backtick', '`id`'],
  ['$()', '$(id)'],
  ['10 KB', 'a'.repeat(10_240)],
  ['nothing', ''],
  ['letters beyond ASCII', 'tökén'],
  ['a number', 17],
  ['padding', 'YWJjZA=='],
  ['no token at all', undefined],
];

export const authorizations: HostileTable = {
  area: 'authorizations and challenges',
  rows: [
    { input: 'no challenges', server: challenges(() => []), expect: 'unsupported' },
    { input: 'challenges of unheard-of types only', server: each({ type: 'x-quantum-01' }), expect: 'unsupported' },
    {
      input: 'challenge types with escape sequences',
      server: each({ type: '\u001b[31mhttp-01' }),
      expect: 'unsupported',
    },
    {
      input: 'challenges that are no objects',
      server: challenges(() => [1, 'http-01', null, [], { type: 'http-01' }]),
      expect: 'unsupported',
    },
    {
      input: 'one type twice, the first without a usable token',
      server: challenges((all) => [...all.map((one) => ({ ...one, token: '../x' })), ...all]),
      expect: 'issued',
    },
    {
      input: '101 challenges',
      server: challenges((all) => Array.from({ length: 101 }, () => all[0])),
      expect: 'bad-server',
    },
    ...badTokens.map(
      ([what, token]): HostileRow => ({
        input: `a token with ${what}`,
        server: each({ token }),
        expect: 'unsupported',
        message: /token/,
      }),
    ),
    {
      input: 'a token that is another one than the CA looks for',
      server: each({ token: 'bm90LXRoZS1vbmU' }),
      expect: 'order-failed',
    },
    {
      input: 'only dns-persist-01, which needs no token',
      server: each({ type: 'dns-persist-01', token: undefined }),
      expect: 'unsupported',
    },
    { input: 'a challenge at a javascript: URL', server: each({ url: 'javascript:alert(1)' }), expect: 'unsupported' },
    { input: 'a challenge without a URL', server: each({ url: undefined }), expect: 'unsupported' },
    {
      input: 'a challenge on another origin',
      server: each({ url: `${elsewhere}/challenge/1` }),
      expect: 'name-not-found',
      elsewhere: true,
    },
    {
      input: 'a challenge of an unheard-of status',
      server: each({ status: 'thinking' }),
      expect: 'unsupported',
      reason: 'what cannot be understood is not used',
    },
    {
      input: 'the failed challenge stays pending with an error (Caddy)',
      server: [
        each({ status: 'pending', error: problem }, { from: 2 }),
        pendingOrder,
        members('authorization', { status: 'pending' }),
      ],
      expect: 'order-failed',
      message: /no such name/,
    },
    {
      input: 'processing with an error for ever',
      server: [
        each({ status: 'processing', error: problem }, { from: 2 }),
        pendingOrder,
        members('authorization', { status: 'pending' }),
      ],
      expect: 'timeout',
      reason: 'erratum 5732: the CA still tries',
      requests: 400,
    },
    {
      input: 'invalid without an error',
      server: [
        each({ status: 'invalid', error: undefined }, { from: 2 }),
        members('authorization', { status: 'invalid' }, { from: 2 }),
        members('order', { status: 'invalid', error: undefined }),
      ],
      expect: 'order-failed',
      message: /the authorization is invalid/,
    },
    {
      input: 'the authorization is invalid and the order stays pending',
      server: [members('authorization', { status: 'invalid' }, { from: 2 }), pendingOrder],
      expect: 'order-failed',
    },
    ...['invalid', 'expired', 'deactivated', 'revoked'].map(
      (status): HostileRow => ({
        input: `a new order with an authorization that is ${status}`,
        server: [members('authorization', { status }), pendingOrder],
        expect: 'order-failed',
      }),
    ),
    {
      input: 'valid at once, and expired long ago, while the order stays pending',
      server: [members('authorization', { status: 'valid', expires: '2001-01-01T00:00:00Z' }), pendingOrder],
      expect: 'timeout',
      reason: 'the order decides, and the deadline',
      requests: 300,
    },
    { input: 'an unheard-of status', server: members('authorization', { status: 'asleep' }), expect: 'bad-server' },
    {
      input: 'another identifier than ordered',
      server: members('authorization', { identifier: { type: 'dns', value: 'evil.example' } }),
      expect: 'bad-server',
    },
    {
      input: 'the identifier changes while it is polled',
      server: [
        members('authorization', { identifier: { type: 'dns', value: 'evil.example' } }, { from: 2 }),
        pendingOrder,
      ],
      expect: 'bad-server',
    },
    { input: 'no identifier', server: members('authorization', { identifier: undefined }), expect: 'bad-server' },
    {
      input: 'an identifier with control characters',
      server: members('authorization', { identifier: { type: 'dns', value: 'www.example\u001b[0m' } }),
      expect: 'bad-server',
    },
    {
      input: 'wildcard: true for a name that is none',
      server: members('authorization', { wildcard: true }),
      expect: 'bad-server',
    },
    {
      input: 'the same name twice for two names',
      server: members('authorization', { identifier: { type: 'dns', value: 'www.example' } }),
      expect: 'issued',
      reason: 'what counts is that each token was answered',
      setting: { names: ['www.example', 'n1.example'] },
    },
    { input: '404 for an authorization', server: instead('authorization', { status: 404 }), expect: 'acme-problem' },
    {
      input: '500 for an authorization, for ever',
      server: instead('authorization', { status: 500 }),
      expect: 'acme-problem',
    },
    {
      input: 'an HTML page for an authorization',
      server: reply('authorization', { body: '<html>' }),
      expect: 'bad-server',
    },
    {
      input: 'the response to the challenge is refused as malformed',
      server: refusal('challenge', 400, 'malformed'),
      expect: 'acme-problem',
      requests: 12,
    },
    {
      input: 'the response to the challenge gets an HTML page',
      server: reply('challenge', { body: '<html>' }),
      expect: 'bad-server',
    },
    {
      input: 'the response to the challenge gets the authorization',
      server: members('challenge', { status: 'deactivated' }),
      expect: 'bad-server',
    },
    {
      input: 'the open authorization cannot be given up',
      server: [each({ token: '../x' }), refusal('authorization', 403, 'unauthorized', {}, { from: 2 })],
      expect: 'unsupported',
    },
    {
      input: 'giving up never gets an answer',
      server: [
        each({ token: '../x' }),
        async (seen) =>
          seen.resource === 'authorization' && seen.nth > 1 ? seen.sleep(1e9).then(() => undefined) : undefined,
      ],
      expect: 'unsupported',
      withinMs: 60_000,
    },
  ],
};
