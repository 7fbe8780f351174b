import type { HostileRow, HostileTable } from './row.testing.ts';
import { instead, json, members, payloadOf, refusal } from './tamper.testing.ts';

const ansi = '\u001b[31m\u001b]8;;https://evil.test\u0007click\u001b]8;;\u0007\u001b[2J\r\n\u0008';
const rightToLeft = 'certificate \u202e\u2066gpj.exe\u2069 \u200b\ufeff';
const dns = { type: 'dns', value: 'www.example' };

const texts: readonly (readonly [string, string])[] = [
  ['escape sequences', ansi],
  ['bidirectional overrides', rightToLeft],
  ['one megabyte', 'x'.repeat(900_000)],
  ['one megabyte of escape sequences', '\u001b[31m'.repeat(180_000)],
  ['format strings', '%s%n%x%99999999d $\u007bjndi:ldap://evil.test} {{7*7}}'],
  ['markup', '<script>alert(1)</script><img src=x onerror=alert(1)>'],
  ['line separators', 'a\u2028b\u2029c\nd\u0085e'],
  ['lone surrogates', 'a\ud800b'],
  ['nothing', ''],
];

/** What a person reads must not act on the terminal, the log or the page that it is shown in. */
export const strings: HostileTable = {
  area: 'strings shown to people',
  rows: [
    ...texts.map(
      ([what, detail]): HostileRow => ({
        input: `a refusal whose detail is ${what}`,
        server: refusal('newOrder', 403, 'rejectedIdentifier', { document: { detail } }),
        expect: 'acme-problem',
      }),
    ),
    ...texts.map(
      ([what, type]): HostileRow => ({
        input: `a refusal whose type is ${what}`,
        server: refusal('newOrder', 403, `x:${type}`, { document: { title: type, instance: type } }),
        expect: 'acme-problem',
      }),
    ),
    ...texts.map(
      ([what, detail]): HostileRow => ({
        input: `an order that failed because of ${what}`,
        server: members('order', {
          status: 'invalid',
          error: { type: `urn:x:${detail}`, detail, subproblems: [{ type: detail, detail, identifier: dns }] },
        }),
        expect: 'order-failed',
      }),
    ),
    {
      input: '1000 subproblems of 500 characters',
      server: refusal('newOrder', 403, 'compound', {
        document: {
          subproblems: Array.from({ length: 1000 }, (_, i) => ({
            type: 'x',
            detail: 'y'.repeat(500),
            identifier: { type: 'dns', value: `${'z'.repeat(60)}${i}.example` },
          })),
        },
      }),
      expect: 'acme-problem',
    },
    {
      input: 'five names that failed with 500 characters each',
      server: members('order', {
        status: 'invalid',
        error: {
          type: 'x',
          detail: 'y'.repeat(500),
          subproblems: Array.from({ length: 5 }, (_, i) => ({
            type: 'x',
            detail: 'y'.repeat(500),
            identifier: { type: 'dns', value: `n${i}.example` },
          })),
        },
      }),
      expect: 'order-failed',
    },
    {
      input: 'everything that was sent is echoed back',
      server: async (seen) =>
        seen.resource === 'finalize'
          ? refusal('finalize', 400, 'badCSR', {
              document: { detail: `${seen.request.body} ${JSON.stringify(payloadOf(seen))}` },
            })(seen)
          : undefined,
      expect: 'acme-problem',
    },
    {
      input: 'algorithms with escape sequences',
      server: refusal('newOrder', 400, 'badSignatureAlgorithm', {
        document: { algorithms: [ansi, rightToLeft, 'x'.repeat(10_000), 17] },
      }),
      expect: 'acme-problem',
    },
    {
      input: 'an HTML page whose title has escape sequences',
      server: instead('newOrder', { status: 502, body: `<title>${ansi}</title>` }),
      expect: 'acme-problem',
    },
    {
      input: 'a body of escape sequences',
      server: instead('newOrder', { status: 403, body: ansi.repeat(1000) }),
      expect: 'acme-problem',
    },
    { input: 'a status with escape sequences', server: members('order', { status: ansi }), expect: 'bad-server' },
    {
      input: 'a profile with escape sequences',
      server: members('newOrder', { profile: ansi }),
      expect: 'bad-server',
      setting: { issuer: { profile: 'tlsserver' } },
    },
    {
      input: 'keys with escape sequences',
      server: json('order', (order) => ({ ...order, [ansi]: 1, identifiers: [{ [ansi]: 1 }] })),
      expect: 'bad-server',
    },
    {
      input: 'the order fails with an identifier of escape sequences',
      server: members('order', {
        status: 'invalid',
        error: { type: 'x', detail: 'd', subproblems: [{ identifier: { type: 'dns', value: ansi } }] },
      }),
      expect: 'order-failed',
    },
  ],
};
