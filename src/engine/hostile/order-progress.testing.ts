import type { HostileRow, HostileTable, Resource } from './row.testing.ts';
import { elsewhere, instead, type Json, json, members, refusal, reply } from './tamper.testing.ts';

const all: readonly Resource[] = ['newOrder', 'order', 'finalize'];
const dns = (value: string) => ({ type: 'dns', value });
const certificateUrl = (value: unknown) =>
  json(all, (order) => (order.status === 'valid' ? { ...order, certificate: value } : order));
const _list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** From an order that exists to its certificate, and what becomes of it on the way. */
export const orderProgress: HostileTable = {
  area: 'the progress of orders',
  rows: [
    { input: 'no finalize URL', server: members(all, { finalize: undefined }), expect: 'bad-server' },
    {
      input: 'finalize at another origin',
      server: members(all, { finalize: `${elsewhere}/finalize` }),
      expect: 'name-not-found',
      elsewhere: true,
    },
    {
      input: 'finalize at the newOrder URL',
      server: members(all, { finalize: 'https://ca.test/new-order' }),
      expect: 'acme-problem',
    },
    ...[
      undefined,
      '2001-01-01T00:00:00Z',
      '0000-01-01T00:00:00Z',
      '9999-12-31T23:59:59Z',
      'tomorrow',
      17,
      '2030-02-31T25:61:61Z',
      '+275760-09-13T00:00:00Z',
    ].map(
      (expires): HostileRow => ({
        input: `expires: ${expires}`,
        server: members(all, { expires }),
        expect: 'issued',
        reason: 'dates of a server inform, they never decide',
      }),
    ),
    { input: 'an unheard-of status', server: members('order', { status: 'paused' }), expect: 'bad-server' },
    { input: 'no status', server: members('order', { status: undefined }), expect: 'bad-server' },
    {
      input: 'a status like a method of every object',
      server: members('order', { status: 'constructor' }),
      expect: 'bad-server',
    },
    {
      input: 'the status goes back to pending after finalize, for ever',
      server: [members('finalize', { status: 'processing' }), members('order', { status: 'pending' }, { from: 2 })],
      expect: 'bad-server',
    },
    {
      input: 'the status goes back once',
      server: [
        members('finalize', { status: 'processing' }),
        members('order', { status: 'ready' }, { from: 2, times: 1 }),
      ],
      expect: 'issued',
      reason: 'replicas of a CA may lag behind',
    },
    { input: 'pending for ever', server: members('order', { status: 'pending' }), expect: 'timeout', requests: 300 },
    {
      input: 'processing for ever',
      server: members(['finalize', 'order'], { status: 'processing', certificate: undefined }, { from: 1 }),
      expect: 'timeout',
      requests: 200,
    },
    {
      input: 'ready for ever after finalize',
      server: members(['finalize', 'order'], { status: 'ready' }),
      expect: 'bad-server',
    },
    { input: 'orderNotReady for ever', server: refusal('finalize', 403, 'orderNotReady'), expect: 'acme-problem' },
    {
      input: 'orderNotReady once',
      server: refusal('finalize', 403, 'orderNotReady', {}, { times: 1 }),
      expect: 'issued',
    },
    { input: 'badCSR', server: refusal('finalize', 400, 'badCSR'), expect: 'acme-problem' },
    { input: 'valid without a certificate URL', server: certificateUrl(undefined), expect: 'bad-server' },
    {
      input: 'a certificate at an http URL',
      server: certificateUrl('http://ca.test/certificate/1'),
      expect: 'bad-server',
    },
    {
      input: 'a certificate at another origin',
      server: certificateUrl(`${elsewhere}/certificate/1`),
      expect: 'name-not-found',
      elsewhere: true,
    },
    {
      input: 'another `replaces` than asked for',
      server: members(all, { replaces: 'AAAA.BBBB' }),
      expect: 'issued',
      reason: 'it only loses the privilege of a renewal',
    },
    { input: '`replaces` of a wrong type', server: members(all, { replaces: 17 }), expect: 'bad-server' },
    ...(
      [
        [409, 'alreadyReplaced'],
        [400, 'malformed'],
        [500, 'serverInternal'],
        [404, 'malformed'],
        [403, 'unauthorized'],
      ] as const
    ).map(
      ([status, type]): HostileRow => ({
        input: `\`replaces\` is refused with ${status} ${type}`,
        server: refusal('newOrder', status, type, {}, { times: 1 }),
        expect: 'issued',
      }),
    ),
    {
      input: 'another profile than asked for',
      server: members(all, { profile: 'classic' }),
      expect: 'bad-server',
      setting: { issuer: { profile: 'tlsserver' } },
    },
    {
      input: 'no Location with the new order',
      server: reply('newOrder', { headers: { location: undefined } }),
      expect: 'bad-server',
    },
    {
      input: 'the new order is at an http URL',
      server: reply('newOrder', { headers: { location: 'http://ca.test/order/1' } }),
      expect: 'bad-server',
    },
    {
      input: 'the new order is on another origin',
      server: reply('newOrder', { headers: { location: `${elsewhere}/order/1` } }),
      expect: 'name-not-found',
      elsewhere: true,
    },
    {
      input: 'the new order is where the directory is',
      server: reply('newOrder', { headers: { location: 'https://ca.test/directory' } }),
      expect: 'acme-problem',
    },
    {
      input: 'the order is forgotten after newOrder',
      server: instead('order', { status: 404 }),
      expect: 'acme-problem',
    },
    {
      input: 'newOrder works, yet says 500 for ever',
      server: reply('newOrder', { status: 500, body: '' }),
      expect: 'acme-problem',
      requests: 6,
    },
    {
      input: 'a rejected identifier',
      server: refusal('newOrder', 403, 'rejectedIdentifier', {
        document: { subproblems: [{ type: 'x', detail: 'no', identifier: dns('www.example') }] } satisfies Json,
      }),
      expect: 'acme-problem',
    },
  ],
};
