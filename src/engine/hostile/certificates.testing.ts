import type { Identifier } from '../../core/index.ts';
import { pemEncode } from '../../pki/index.ts';
import { type Forgery, forge, latin, root, rsaRoot, weakRoot } from './forgery.testing.ts';
import type { HostileRow, HostileTable } from './row.testing.ts';
import { change, changed, elsewhere, failure, instead, reply } from './tamper.testing.ts';

const day = 86_400_000;
const dns = (value: string): Identifier => ({ type: 'dns', value });
/** The chain that comes instead of the genuine one: a forged leaf, then its issuers unless the forgery names others. */
const chain = (forgery: Forgery) =>
  change('certificate', async (genuine, seen) => changed(genuine, { body: await forge(seen, forgery) }));
const text = (edit: (pem: string) => string) =>
  change('certificate', (genuine) => changed(genuine, { body: edit(latin(genuine.body)) }));
const blocks = (pem: string): readonly string[] => pem.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n?/g) ?? [];
const junk = (label: string) => pemEncode(label, Uint8Array.of(48, 3, 2, 1, 0));
const links = (...targets: readonly string[]) => targets.map((target) => `<${target}>;rel="alternate"`);
const preferred = { issuer: { preferredChain: 'No Such Root' } };

const rejected: readonly (readonly [string, Forgery])[] = [
  ['a certificate for another key', { key: 'another' }],
  ['no alternative names', { identifiers: [] }],
  ['the name only as common name', { identifiers: [], commonName: 'www.example' }],
  ['another name', { identifiers: [dns('evil.example')] }],
  ['one more name', { identifiers: [dns('www.example'), dns('evil.example')] }],
  ['one more address', { identifiers: [dns('www.example'), { type: 'ip', value: '192.0.2.7' }] }],
  ['a wildcard instead of the name', { identifiers: [dns('*.example')] }],
  ['not valid before the day after tomorrow', { notBeforeMs: 2 * day }],
  ['already expired', { notBeforeMs: -3 * day, notAfterMs: -day }],
  ['a lifetime of one second', { notAfterMs: 1000 }],
  ['an end before its beginning', { notBeforeMs: day / 2, notAfterMs: day / 4 }],
  ['CA:TRUE in the first certificate', { ca: true }],
  ['an extended key usage without serverAuth', { extendedKeyUsage: ['1.3.6.1.5.5.7.3.4'] }],
  ['a chain that does not belong to it', { chain: async () => [(await rsaRoot()).certificate.pem] }],
  ['itself as its own issuer', { chain: async (leaf) => [leaf] }],
  ['an issuer that expired', { issuer: 'expired' }],
  ['an issuer with an RSA key of 1024 bits', { issuer: 'weak' }],
  ['a SHA-1 signature', { issuer: 'rsa', sha1: true }],
  ['an issuer that is no CA', { issuer: 'leaf' }],
];

const accepted: readonly (readonly [string, Forgery, string])[] = [
  ['a lifetime of a hundred years', { notAfterMs: 36_500 * day }, 'private CAs issue such'],
  ['no issuer at all', { chain: async () => [] }, 'RFC 8555 §9.1 lets clients know it already'],
  ['a wrong authority key identifier', { authorityKeyId: Uint8Array.of(1, 2, 3) }, 'it only costs the CA’s advice'],
  ['no authority key identifier', { authorityKeyId: undefined }, 'there is no advice on it then'],
  [
    'the root twice',
    { chain: async () => [(await root()).certificate.pem, (await root()).certificate.pem] },
    'each certifies the one before it',
  ],
  [
    'a negative serial number',
    { serial: Uint8Array.of(0xff, 1), chain: async () => [] },
    'RFC 5280 §4.1.2.2: handle it gracefully',
  ],
  [
    'the serial number 0',
    { serial: Uint8Array.of(0), chain: async () => [] },
    'RFC 5280 §4.1.2.2: handle it gracefully',
  ],
  [
    'a serial number of 21 octets',
    { serial: new Uint8Array(21).fill(0x11), chain: async () => [] },
    'longer than allowed, and harmless',
  ],
  ['upper case in its name', { identifiers: [dns('WWW.example')] }, 'the same name (RFC 4343)'],
  ['no extended key usage', { extendedKeyUsage: [] }, 'RFC 5280 §4.2.1.12: then it is for everything'],
];

/** A good certificate is replaced only by one that is exactly what was ordered. */
export const certificates: HostileTable = {
  area: 'certificates',
  rows: [
    ...rejected.map(
      ([input, forgery]): HostileRow => ({ input, server: chain(forgery), expect: 'rejected-certificate' }),
    ),
    ...accepted.map(
      ([input, forgery, reason]): HostileRow => ({ input, server: chain(forgery), expect: 'issued', reason }),
    ),
    {
      input: 'a name with a NUL in it',
      server: chain({ identifiers: [dns('www.example'), dns('www.example~evil.example')], nul: true }),
      expect: 'rejected-certificate',
    },
    {
      input: 'the chain upside down',
      server: text((pem) => [...blocks(pem)].reverse().join('')),
      expect: 'rejected-certificate',
    },
    { input: 'the leaf twice', server: text((pem) => `${blocks(pem)[0]}${pem}`), expect: 'rejected-certificate' },
    { input: 'only the issuer', server: text((pem) => blocks(pem)[1] ?? ''), expect: 'rejected-certificate' },
    { input: 'nothing', server: text(() => ''), expect: 'bad-certificate' },
    { input: 'white space', server: text(() => '\n \n\t\n'), expect: 'bad-certificate' },
    {
      input: 'a private key behind the chain (RFC 8555 §11.4)',
      server: text((pem) => pem + junk('PRIVATE KEY')),
      expect: 'bad-certificate',
    },
    {
      input: 'a private key in front of the chain',
      server: text((pem) => junk('EC PRIVATE KEY') + pem),
      expect: 'bad-certificate',
    },
    ...['PKCS7', 'TRUSTED CERTIFICATE', 'X509 CRL', 'DH PARAMETERS'].map(
      (label): HostileRow => ({
        input: `a block of the kind ${label}`,
        server: text((pem) => pem + junk(label)),
        expect: 'bad-certificate',
      }),
    ),
    {
      input: 'text between the blocks',
      server: text((pem) => `subject=evil\n${pem}`),
      expect: 'bad-certificate',
      reason: 'what is stored holds nothing but certificates',
    },
    {
      input: 'a shell script behind the chain',
      server: text((pem) => `${pem}#!/bin/sh\nid\n`),
      expect: 'bad-certificate',
    },
    {
      input: 'CRLF line ends',
      server: text((pem) => pem.replaceAll('\n', '\r\n')),
      expect: 'issued',
      reason: 'RFC 7468 §3',
    },
    { input: 'no line end at the end', server: text((pem) => pem.trimEnd()), expect: 'issued' },
    {
      input: '21 certificates',
      server: text((pem) => pem + (blocks(pem)[1] ?? '').repeat(19)),
      expect: 'bad-certificate',
    },
    {
      input: '500 certificates',
      server: text((pem) => pem + (blocks(pem)[1] ?? '').repeat(498)),
      expect: 'bad-certificate',
    },
    { input: 'a block that does not end', server: text((pem) => pem.slice(0, 200)), expect: 'bad-certificate' },
    {
      input: 'a block that is not base64',
      server: text((pem) => pem.replace(/[A-Z]{2}/, '!!')),
      expect: 'bad-certificate',
    },
    {
      input: 'a block of random octets',
      server: text(() => pemEncode('CERTIFICATE', new Uint8Array(700).fill(0x5a))),
      expect: 'bad-certificate',
    },
    {
      input: 'a certificate that was cut off',
      server: text(() => pemEncode('CERTIFICATE', Uint8Array.of(0x30, 0x82, 0xff, 0xff, 1, 2, 3))),
      expect: 'bad-certificate',
    },
    {
      input: 'DER instead of PEM',
      server: change('certificate', (genuine) =>
        changed(genuine, {
          body: Buffer.from((blocks(latin(genuine.body))[0] ?? '').replace(/-----[^-]+-----/g, ''), 'base64'),
        }),
      ),
      expect: 'bad-certificate',
    },
    {
      input: 'one megabyte of white space',
      server: text((pem) => pem + ' '.repeat(1_000_000)),
      expect: 'issued',
      reason: 'it holds nothing else',
    },
    { input: '404', server: instead('certificate', { status: 404 }), expect: 'acme-problem' },
    {
      input: 'an alternate link to itself',
      server: change('certificate', (genuine, { request }) =>
        changed(genuine, { headers: { link: links(request.url) } }),
      ),
      expect: 'issued',
      setting: preferred,
      requests: 14,
    },
    {
      input: 'alternates that lead to each other',
      server: [
        reply('certificate', { headers: { link: links('https://ca.test/certificate/x/alternate/1') } }),
        change('alternate', (genuine) =>
          changed(genuine, { status: 404, headers: { link: links('https://ca.test/certificate/x/alternate/2') } }),
        ),
      ],
      expect: 'issued',
      setting: preferred,
      requests: 14,
    },
    {
      input: 'alternates at another origin, over http and as scripts',
      server: reply('certificate', {
        headers: { link: links(`${elsewhere}/a`, 'http://ca.test/a', 'javascript:alert(1)', 'file:///etc/passwd') },
      }),
      expect: 'issued',
      setting: preferred,
      elsewhere: true,
    },
    {
      input: '1000 alternates',
      server: [
        reply('certificate', {
          headers: {
            link: links(...Array.from({ length: 1000 }, (_, i) => `https://ca.test/certificate/x/alternate/${i}`)),
          },
        }),
        instead('alternate', { status: 200, body: 'x' }),
      ],
      expect: 'issued',
      setting: preferred,
      requests: 24,
    },
    {
      input: 'alternates that never answer',
      server: [
        reply('certificate', { headers: { link: links('https://ca.test/certificate/x/alternate/1') } }),
        failure('alternate', 'timeout'),
      ],
      expect: 'issued',
      setting: preferred,
    },
    {
      input: 'an alternate for another key, by the preferred root',
      server: [
        reply('certificate', { headers: { link: links('https://ca.test/certificate/x/alternate/1') } }),
        change('alternate', async (genuine, seen) =>
          changed(genuine, { status: 200, body: await forge(seen, { key: 'another' }) }),
        ),
      ],
      expect: 'rejected-certificate',
      setting: { issuer: { preferredChain: 'Hostile root' } },
    },
    {
      input: '`up` links without end',
      server: reply(['certificate', 'alternate'], { headers: { link: '<https://ca.test/certificate/up>;rel="up"' } }),
      expect: 'issued',
      reason: 'they are never followed',
      requests: 14,
    },
    {
      input: 'a Link header that is a puzzle for regular expressions',
      server: reply('certificate', { headers: { link: `<${'a'.repeat(20_000)}>${';x="'.repeat(10_000)}` } }),
      expect: 'issued',
      setting: preferred,
    },
    {
      input: 'the weak root itself',
      server: change('certificate', async (genuine) => changed(genuine, { body: (await weakRoot()).certificate.pem })),
      expect: 'rejected-certificate',
    },
  ],
};
