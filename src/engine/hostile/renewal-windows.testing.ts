import type { HostileRow, HostileTable, Setting, Tamper } from './row.testing.ts';
import { change, changed, failure, type HeaderChanges, instead, refusal, reply } from './tamper.testing.ts';

/** The certificate of 90 days is not due: only the CA's advice could renew it. */
const early: Setting = { unforced: true };
/** Dates as text, as numbers of days from now, or as anything else. */
const window = (
  start: unknown,
  end: unknown,
  more: { readonly explanationURL?: unknown; readonly headers?: HeaderChanges } = {},
): Tamper =>
  change('renewalInfo', (genuine, { town }) => {
    const date = (value: unknown): unknown =>
      typeof value === 'number' ? new Date(town.web.now + value * 86_400_000).toISOString() : value;
    const body = { suggestedWindow: { start: date(start), end: date(end) }, explanationURL: more.explanationURL };
    return changed(genuine, { ...(more.headers && { headers: more.headers }), body: JSON.stringify(body) });
  });
const past = [-20, -19] as const;
const future = [50, 51] as const;

const useless: readonly (readonly [string, HostileRow['server']])[] = [
  ['malformed JSON', reply('renewalInfo', { body: '{"suggestedWindow":' })],
  ['an HTML page', reply('renewalInfo', { body: '<html>' })],
  ['a window that ends before it starts', window(past[1], past[0])],
  ['a window of no length', window(past[0], past[0])],
  ['dates that are none', window('yesterday', 'tomorrow')],
  ['dates as numbers', reply('renewalInfo', { body: '{"suggestedWindow":{"start":0,"end":1}}' })],
  ['dates without a zone', window('2001-01-01T00:00:00', '2001-01-02T00:00:00')],
  ['a year of five digits', window('12001-01-01T00:00:00Z', '12002-01-01T00:00:00Z')],
  ['no window', reply('renewalInfo', { body: '{}' })],
  ['a window after expiry', window(120, 150)],
  ['a window of ten years', window(10, 3650)],
  ['a window in the year 9999', window('9999-01-01T00:00:00Z', '9999-12-31T00:00:00Z')],
  ['404', instead('renewalInfo', { status: 404 })],
  ['410', instead('renewalInfo', { status: 410 })],
  ['500 for ever', instead('renewalInfo', { status: 500 })],
  [
    '500, then 404, then 200 with nothing',
    [instead('renewalInfo', { status: 500 }, { times: 1 }), instead('renewalInfo', { status: 404 }, { from: 2 })],
  ],
  [
    '429 with a thousand years',
    refusal('renewalInfo', 429, 'rateLimited', { headers: { 'retry-after': '31536000000' } }),
  ],
  ['a redirect', instead('renewalInfo', { status: 302, headers: { location: 'https://elsewhere.test/' } })],
  ['a broken connection for ever', failure('renewalInfo', 'connection-reset')],
  ['no answer, ever', failure('renewalInfo', 'timeout')],
  ['a body without end', failure('renewalInfo', 'reply-too-large')],
];

/** Advice never stops or hastens a renewal against the dates, and never fails a run. */
export const renewalWindows: HostileTable = {
  area: 'renewal information',
  rows: [
    ...useless.map(
      ([input, server]): HostileRow => ({
        input,
        ...(server && { server }),
        expect: 'kept',
        setting: early,
        requests: 8,
        withinMs: 180_000,
      }),
    ),
    {
      input: 'a window all in the past',
      server: window(...past),
      expect: 'issued',
      reason: 'RFC 9773 §4.2: renew now',
      setting: early,
    },
    {
      input: 'no Retry-After',
      server: window(...future, { headers: { 'retry-after': undefined } }),
      expect: 'kept',
      setting: early,
    },
    ...['0', '-1', '1e12', '999999999999', 'soon'].map(
      (value): HostileRow => ({
        input: `Retry-After: ${value}`,
        server: window(...future, { headers: { 'retry-after': value } }),
        expect: 'kept',
        setting: early,
        requests: 2,
      }),
    ),
    ...[
      'javascript:alert(1)',
      'data:text/html,x',
      'https://ca.test/\u001b[31m',
      `https://ca.test/${'x'.repeat(10_000)}`,
      17,
      'file:///etc/passwd',
    ].map(
      (explanationURL): HostileRow => ({
        input: `an explanation at ${String(explanationURL).slice(0, 30)}`,
        server: window(...future, { explanationURL }),
        expect: 'kept',
        setting: early,
      }),
    ),
    {
      input: 'another window each time it is asked',
      server: async (seen) =>
        seen.resource === 'renewalInfo' ? window(30 + seen.nth, 40 + seen.nth)(seen) : undefined,
      expect: 'kept',
      setting: early,
    },
    {
      input: 'a window far away for a certificate that is due',
      server: window(3650, 4000),
      expect: 'issued',
      reason: 'the dates of the certificate decide',
      setting: { unforced: true, ageMs: 70 * 86_400_000 },
    },
    {
      input: 'no answer for a certificate that is due',
      server: failure('renewalInfo', 'timeout'),
      expect: 'issued',
      setting: { unforced: true, ageMs: 70 * 86_400_000 },
    },
  ],
};
