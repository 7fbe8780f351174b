import type { HostileRow, HostileTable } from './row.testing.ts';
import { change, changed, instead, json, jsonOf, members, nowhere, refusal, reply } from './tamper.testing.ts';

const portal =
  '<!doctype html><html><head><title>Welcome to\u001b[31m Hotel Wi-Fi</title></head><body>Log in</body></html>';
/** The empty text, by gzip. */
const compressed = Buffer.from('H4sIAAAAAAAAAwMAAAAAAAAAAAA=', 'base64');
const deep = `${'[1,'.repeat(10_000)}1${']'.repeat(10_000)}`;
const labelled = (contentType: string | undefined) =>
  reply(['newOrder', 'order', 'authorization', 'certificate'], { headers: { 'content-type': contentType } });
/** Puts raw JSON text in front of the order's own members. */
const withRaw = (text: string) =>
  change(['newOrder', 'order'], (genuine) =>
    changed(genuine, { body: `{${text},${JSON.stringify(jsonOf(genuine)).slice(1)}` }),
  );

/** What a body may look like, whatever its label says. */
export const contentTypes: HostileTable = {
  area: 'content types and JSON',
  rows: [
    {
      input: 'an HTML page with status 200 for the directory (captive portal)',
      server: instead('directory', { headers: { 'content-type': 'text/html' }, body: portal }),
      expect: 'bad-server',
      message: /directory/,
      requests: 1,
    },
    {
      input: 'an HTML page with status 200 for newOrder',
      server: reply('newOrder', { body: portal }),
      expect: 'bad-server',
    },
    {
      input: 'an HTML page with status 200 for the certificate',
      server: reply('certificate', { body: portal }),
      expect: 'bad-certificate',
    },
    {
      input: 'an HTML page with status 503 for newOrder',
      server: instead('newOrder', { status: 503, headers: { 'content-type': 'text/html' }, body: portal }),
      expect: 'acme-problem',
      message: /HTML page titled "Welcome to \[31m Hotel Wi-Fi"/,
    },
    {
      input: 'a problem document with status 200',
      server: refusal('newOrder', 200, 'rejectedIdentifier'),
      expect: 'acme-problem',
      reason: 'the content says that it failed, and nothing was made',
    },
    {
      input: 'a good order that is labelled as a problem document',
      server: labelled('application/problem+json'),
      expect: 'issued',
      reason: 'it has no problem type: a wrong label does no harm',
    },
    ...(
      [
        ['text/plain', 'JSON as text/plain'],
        [undefined, 'no content type at all'],
        ['application/json; charset=iso-8859-1', 'another charset in the label'],
        ['application/json;charset="UTF-8";x', 'a label that is broken'],
        ['application/json', 'PEM served as JSON'],
      ] as const
    ).map(
      ([label, input]): HostileRow => ({
        input,
        server: labelled(label),
        expect: 'issued',
        reason: 'labels decide nothing: bodies are read strictly',
      }),
    ),
    {
      input: 'a byte order mark before JSON',
      server: change(['newOrder', 'order'], (genuine) =>
        changed(genuine, { body: Buffer.concat([Buffer.from('\ufeff'), genuine.body]) }),
      ),
      expect: 'issued',
      reason: 'RFC 8259 §8.1 lets parsers ignore it',
    },
    {
      input: 'doubled keys, the last of which is right',
      server: withRaw('"status":"invalid","status":"unheard"'),
      expect: 'issued',
      reason: 'RFC 8259 §4: the last one counts everywhere',
    },
    {
      input: '__proto__, constructor and toString as keys',
      server: withRaw(
        '"__proto__":{"status":"invalid","polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":1',
      ),
      expect: 'issued',
    },
    {
      input: 'nesting of 10,000 levels in a member nobody asked for',
      server: withRaw(`"deep":${deep}`),
      expect: 'bad-server',
      reason: 'nothing deep is ever built',
    },
    {
      input: 'nesting of 10,000 levels instead of an order',
      server: reply('order', { body: deep }),
      expect: 'bad-server',
    },
    { input: 'numbers as strings', server: members('authorization', { wildcard: 'false' }), expect: 'bad-server' },
    { input: 'strings as numbers', server: members('newOrder', { status: 200 }), expect: 'bad-server' },
    {
      input: 'authorizations: null',
      server: members('newOrder', { authorizations: null }),
      expect: 'bad-server',
      message: /no authorization/,
    },
    { input: 'challenges: null', server: members('authorization', { challenges: null }), expect: 'unsupported' },
    { input: 'null in arrays', server: members('newOrder', { authorizations: [null] }), expect: 'bad-server' },
    { input: 'null as the whole order', server: reply('newOrder', { body: 'null' }), expect: 'bad-server' },
    { input: 'an array around the order', server: json('newOrder', (order) => [order]), expect: 'bad-server' },
    {
      input: 'a huge number where a date belongs',
      server: withRaw('"x":123456789012345678901234567890e300,"big":1e999'),
      expect: 'issued',
    },
    { input: 'NaN', server: withRaw('"x":NaN'), expect: 'bad-server', reason: 'that is not JSON' },
    {
      input: 'invalid UTF-8 in a member nobody reads',
      server: change('newOrder', (genuine) =>
        changed(genuine, {
          body: Buffer.concat([
            Buffer.from('{"x":"'),
            Buffer.from([0xc3, 0x28, 0xff, 0xfe]),
            Buffer.from('",'),
            genuine.body.subarray(1),
          ]),
        }),
      ),
      expect: 'issued',
      reason: 'it becomes U+FFFD, as browsers do',
    },
    {
      input: 'a NUL octet in a string',
      server: withRaw('"x":"a\u0000b"'),
      expect: 'bad-server',
      reason: 'JSON has no raw control characters',
    },
    { input: 'an escaped NUL in a string', server: withRaw('"x":"a\\u0000b"'), expect: 'issued' },
    { input: 'an empty body with status 200 for an order', server: reply('order', { body: '' }), expect: 'bad-server' },
    { input: '204 for an order', server: reply('order', { status: 204, body: '' }), expect: 'bad-server' },
    {
      input: 'a body compressed without having been asked for',
      server: reply('newOrder', { headers: { 'content-encoding': 'gzip' }, body: compressed }),
      expect: 'bad-server',
      reason: 'nothing is ever inflated, so no bomb goes off',
    },
    {
      input: 'JSON that stops in the middle',
      server: change('order', (genuine) => changed(genuine, { body: genuine.body.subarray(0, 40) })),
      expect: 'bad-server',
    },
    {
      input: '404 with an empty body for an order',
      server: instead('order', { status: 404 }),
      expect: 'acme-problem',
      message: /404 without an explanation/,
    },
    {
      input: '418 with a body of one megabyte of letters',
      server: instead('newOrder', { status: 418, body: 'x'.repeat(1 << 20) }),
      expect: 'acme-problem',
    },
    {
      input: '500 with HTML on finalize, done all the same',
      server: reply('finalize', { status: 500, body: portal }),
      expect: 'issued',
      reason: 'the order says that it went through',
    },
    {
      input: '500 on finalize for ever',
      server: instead('finalize', { status: 500, body: portal }),
      expect: 'acme-problem',
    },
    { input: '501 on newOrder', server: instead('newOrder', { status: 501 }), expect: 'acme-problem', requests: 6 },
    {
      input: 'status 299 with an order',
      server: reply('newOrder', { status: 299 }),
      expect: 'issued',
      reason: 'RFC 9110 §15: an unknown 2xx is a 200',
    },
    { input: 'status 999', server: instead('newOrder', { status: 999, body: nowhere(1) }), expect: 'acme-problem' },
  ],
};
