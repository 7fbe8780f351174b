import type { HostileRow, HostileTable, Resource, Setting } from './row.testing.ts';
import { change, changed, instead, refusal, reply } from './tamper.testing.ts';

/** With a cached directory the first request is for a nonce. */
const cached: Setting = { ageMs: 600_000 };
const signed: readonly Resource[] = ['newOrder', 'order', 'finalize', 'authorization', 'challenge', 'certificate'];
const every: readonly Resource[] = ['directory', 'newNonce', ...signed];
const speechless = reply('directory', { headers: { 'replay-nonce': undefined } });
const nonce = (resources: readonly Resource[], value: string | readonly string[] | undefined) =>
  reply(resources, { headers: { 'replay-nonce': value } });

export const nonces: HostileTable = {
  area: 'nonces',
  rows: [
    { input: 'none with any reply but that of newNonce', server: nonce(signed, undefined), expect: 'issued' },
    ...(
      [
        ['absent', undefined],
        ['empty', ''],
        ['not base64url', 'a+b/c='],
        ['with a space', 'abc def'],
        ['of one megabyte', 'A'.repeat(1 << 20)],
        ['with a line break', 'abc\r\nx'],
      ] as const
    ).map(
      ([what, value]): HostileRow => ({
        input: `${what}, in every reply`,
        server: nonce(every, value),
        expect: 'bad-server',
        setting: cached,
        requests: 4,
      }),
    ),
    {
      input: 'two in one reply, the first unusable',
      server: change(every, (genuine) =>
        changed(genuine, { headers: { 'replay-nonce': ['!', ...(genuine.headers.get('replay-nonce') ?? [])] } }),
      ),
      expect: 'issued',
    },
    {
      input: 'the same one again and again',
      server: nonce(every, 'AAAA'),
      expect: 'acme-problem',
      message: /badNonce/,
      setting: cached,
      requests: 12,
    },
    {
      input: 'badNonce for ever',
      server: refusal('newOrder', 400, 'badNonce', { headers: { 'replay-nonce': 'AAAA' } }),
      expect: 'acme-problem',
      requests: 14,
    },
    {
      input: 'badNonce for ever and no nonce with it',
      server: refusal('newOrder', 400, 'badNonce', { headers: { 'replay-nonce': undefined } }),
      expect: 'acme-problem',
      requests: 24,
    },
    {
      input: 'badNonce once, without a nonce',
      server: refusal('newOrder', 400, 'badNonce', { headers: { 'replay-nonce': undefined } }, { times: 1 }),
      expect: 'issued',
    },
    {
      input: 'badNonce once, with status 401',
      server: [refusal('newOrder', 401, 'badNonce', { headers: { 'replay-nonce': undefined } }, { times: 1 })],
      expect: 'issued',
    },
    {
      input: 'badNonce with status 200',
      server: refusal('newOrder', 200, 'badNonce'),
      expect: 'acme-problem',
      reason: 'a success and a refusal in one: not repeated',
      requests: 6,
    },
    {
      input: 'badNonce at every second request',
      server: [...signed].map((resource) =>
        refusal(resource, 400, 'badNonce', { headers: { 'replay-nonce': undefined } }, { times: 1 }),
      ),
      expect: 'issued',
    },
    {
      input: 'newNonce answers 404',
      server: [speechless, instead('newNonce', { status: 404 })],
      expect: 'acme-problem',
      setting: cached,
      requests: 6,
    },
    {
      input: 'newNonce answers 405',
      server: [speechless, instead('newNonce', { status: 405 })],
      expect: 'acme-problem',
      setting: cached,
      requests: 6,
    },
    {
      input: 'newNonce answers 500 for ever',
      server: [speechless, instead('newNonce', { status: 500 })],
      expect: 'acme-problem',
      setting: cached,
      requests: 8,
    },
    {
      input: 'newNonce has a body',
      server: reply('newNonce', { body: 'surprise' }),
      expect: 'issued',
      setting: cached,
    },
  ],
};
