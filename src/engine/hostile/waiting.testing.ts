import type { HostileRow, HostileTable, Resource } from './row.testing.ts';
import { type HeaderChanges, instead, members, refusal, reply } from './tamper.testing.ts';

const polled: readonly Resource[] = ['newOrder', 'order', 'authorization', 'challenge', 'finalize'];
/** The CA takes its time, so that there is something to wait for. */
const slow = { ca: { asynchronousFinalize: { ms: 400 } } };
const minute = 60_000;

const onPolls: readonly (readonly [input: string, headers: HeaderChanges, withinMs: number])[] = [
  ['negative', { 'retry-after': '-5' }, minute],
  ['zero', { 'retry-after': '0' }, minute],
  ['a fraction', { 'retry-after': '1.5' }, minute],
  ['1e12, as a number with an exponent', { 'retry-after': '1e12' }, minute],
  ['a word', { 'retry-after': 'soon' }, minute],
  ['empty', { 'retry-after': '' }, minute],
  ['a date of the past', { 'retry-after': 'Sat, 01 Jan 2000 00:00:00 GMT' }, minute],
  ['a date that does not exist', { 'retry-after': 'Sat, 99 Foo 2000 99:99:99 GMT' }, minute],
  ['a date in another zone', { 'retry-after': 'Sat, 01 Jan 2050 00:00:00 +0100' }, minute],
  ['two headers, 1 and 2 seconds', { 'retry-after': ['1', '2'] }, minute],
  [
    'a date with both clocks years off',
    { 'retry-after': 'Sat, 01 Jan 2050 00:00:02 GMT', date: 'Sat, 01 Jan 2050 00:00:00 GMT' },
    minute,
  ],
];

export const waiting: HostileTable = {
  area: 'Retry-After',
  rows: [
    ...onPolls.map(
      ([input, headers, withinMs]): HostileRow => ({
        input: `on polls: ${input}`,
        server: reply(polled, { headers }),
        expect: 'issued',
        withinMs,
        setting: slow,
      }),
    ),
    ...['1000000000000', '9'.repeat(400), 'Fri, 31 Dec 9999 23:59:59 GMT'].map(
      (value): HostileRow => ({
        input: `on polls: ${value.slice(0, 40)}`,
        server: reply('challenge', { headers: { 'retry-after': value } }),
        expect: 'issued',
        reason: 'no single wait is longer than five minutes',
        withinMs: 6 * minute,
      }),
    ),
    {
      input: 'on every poll: a thousand years',
      server: [reply(polled, { headers: { 'retry-after': '31536000000' } }), members('order', { status: 'pending' })],
      expect: 'timeout',
      reason: 'waits are capped, and the deadline ends them',
      requests: 12,
    },
    ...['1000000000000', 'Fri, 31 Dec 9999 23:59:59 GMT', '9'.repeat(400)].map(
      (value): HostileRow => ({
        input: `with 429: ${value.slice(0, 40)}`,
        server: refusal('newOrder', 429, 'rateLimited', { headers: { 'retry-after': value } }),
        expect: 'rate-limited',
        requests: 4,
      }),
    ),
    ...['-1', '0', '1.5', 'soon', undefined].map(
      (value): HostileRow => ({
        input: `with 429: ${value}`,
        server: refusal('newOrder', 429, 'rateLimited', { headers: { 'retry-after': value } }),
        expect: 'rate-limited',
        requests: 8,
        withinMs: minute,
      }),
    ),
    {
      input: 'with 429: one second, for ever',
      server: refusal('newOrder', 429, 'rateLimited', { headers: { 'retry-after': '1' } }),
      expect: 'rate-limited',
      requests: 8,
      withinMs: minute,
    },
    {
      input: 'with 429, and a help page that is a script',
      server: refusal('newOrder', 429, 'rateLimited', { headers: { link: '<javascript:alert(1)>;rel="help"' } }),
      expect: 'rate-limited',
    },
    {
      input: 'with 503: two minutes',
      server: instead('newOrder', { status: 503, headers: { 'retry-after': '120' } }),
      expect: 'acme-problem',
      reason: 'longer than a run should wait for one request',
      requests: 4,
      withinMs: minute,
    },
    {
      input: 'with 503: one second, for ever',
      server: instead('newOrder', { status: 503, headers: { 'retry-after': '1' } }),
      expect: 'acme-problem',
      requests: 8,
      withinMs: minute,
    },
    {
      input: 'with 503: one second, once',
      server: instead('newOrder', { status: 503, headers: { 'retry-after': '1' } }, { times: 1 }),
      expect: 'issued',
      withinMs: minute,
    },
    {
      input: 'with 503 on every poll of an order',
      server: instead('order', { status: 503, headers: { 'retry-after': '30' } }),
      expect: 'acme-problem',
      requests: 20,
    },
  ],
};
