import type { HostileTable, Resource } from './row.testing.ts';
import { elsewhere, instead, reply } from './tamper.testing.ts';

const to = (resource: Resource, status: number, location: string) =>
  reply(resource, { status, headers: { location }, body: '' });

/** A JWS is signed for one URL: it must never go to another, and nothing that a redirect names may be requested. */
export const redirects: HostileTable = {
  area: 'redirects',
  rows: [
    ...[301, 302, 303, 307, 308].map((status) => ({
      input: `${status} on newOrder, to another host`,
      server: to('newOrder', status, `${elsewhere}/new-order`),
      expect: 'bad-server' as const,
      message: /redirects \(\d+\) to https:\/\/elsewhere\.test/,
      requests: 4,
    })),
    {
      input: 'a loop: newOrder redirects to itself',
      server: to('newOrder', 307, 'https://ca.test/new-order'),
      expect: 'bad-server',
      requests: 4,
    },
    {
      input: 'a downgrade from https to http',
      server: to('order', 308, 'http://ca.test/order/1'),
      expect: 'bad-server',
    },
    ...[
      'http://169.254.169.254/latest/meta-data/',
      'file:///etc/passwd',
      'data:text/html,x',
      '//elsewhere.test/',
      '',
    ].map((location) => ({
      input: `finalize redirects to "${location}"`,
      server: instead('finalize', { status: 302, headers: { location } }),
      expect: 'bad-server' as const,
    })),
    {
      input: 'a redirect with escape sequences in its Location',
      server: to('newOrder', 302, 'https://elsewhere.test/\u001b[31m\u202e'),
      expect: 'bad-server',
    },
    {
      input: 'a redirect without Location',
      server: reply('newOrder', { status: 302, headers: { location: undefined } }),
      expect: 'bad-server',
      message: /to nowhere/,
    },
    {
      input: '302 on the directory (a captive portal)',
      server: to('directory', 302, 'https://portal.test/login'),
      expect: 'bad-server',
      requests: 1,
    },
    { input: '302 on the certificate', server: to('certificate', 302, `${elsewhere}/c`), expect: 'bad-server' },
    {
      input: '302 on newNonce',
      server: to('newNonce', 302, `${elsewhere}/n`),
      expect: 'bad-server',
      setting: { ageMs: 600_000 },
    },
    {
      input: '304 on an order that was never asked for conditionally',
      server: instead('order', { status: 304 }),
      expect: 'bad-server',
    },
  ],
};
