import type { Client } from '../../../sim/town.ts';
import { Secret, toBase64Url } from '../../core/index.ts';
import { rollOverAccountKey } from '../key-rollover.ts';
import type { HostileRow, HostileTable, Setting } from './row.testing.ts';
import { elsewhere, failure, instead, members, refusal, reply } from './tamper.testing.ts';

const account = { id: 'new@example.com', email: 'new@example.com', keyAlgorithm: 'EC256', terms: 'agreed' } as const;
const fresh: Setting = { newAccount: true };
const location = (value: string | undefined) => reply('newAccount', { headers: { location: value } });
const rollover: Setting = {
  operation: (client: Client) => rollOverAccountKey(client.engine, client.issuer(), { algorithm: 'EC384' }),
};
const mac = toBase64Url('sixteen octets..sixteen octets..');
const bound = (kid: string, macKey: string): Setting => ({
  ca: { externalAccounts: { good: mac } },
  issuer: { account: { ...account, externalAccount: { kid, macKey: new Secret(macKey) } } },
});
const otherKey = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
};

export const accounts: HostileTable = {
  area: 'accounts',
  rows: [
    ...(
      [
        ['no Location', undefined],
        ['a relative Location', '/account/1'],
        ['an http Location', 'http://ca.test/account/1'],
        ['a javascript: Location', 'javascript:alert(1)'],
        ['a Location with user information', 'https://me:pass@ca.test/account/1'],
        ['a Location of 10 KB', `https://ca.test/${'a'.repeat(10_240)}`],
      ] as const
    ).map(
      ([input, value]): HostileRow => ({
        input,
        server: location(value),
        expect: 'bad-server',
        setting: fresh,
        requests: 4,
      }),
    ),
    {
      input: 'a Location on another origin',
      server: location(`${elsewhere}/account/1`),
      expect: 'account-not-found',
      reason:
        'legal as such (RFC 8555 §6.2 only compares it); the CA itself does not know it, the key is registered again once',
      setting: fresh,
    },
    {
      input: '200 with an account of another key',
      server: members('newAccount', { key: otherKey }),
      expect: 'bad-server',
      setting: fresh,
      requests: 4,
    },
    {
      input: 'a key that is none',
      server: members('newAccount', { key: { kty: 'oct', k: 'AAAA' } }),
      expect: 'bad-server',
      setting: fresh,
      requests: 4,
    },
    {
      input: 'other contacts than asked for',
      server: members('newAccount', { contact: ['mailto:evil@example.com\u001b[31m'] }),
      expect: 'issued',
      reason: 'RFC 8555 §7.3.1: the server’s state stands',
      setting: fresh,
    },
    ...['deactivated', 'revoked'].map(
      (status): HostileRow => ({
        input: `a new account that is ${status}`,
        server: members('newAccount', { status }),
        expect: 'issued',
        reason: 'whether it may order, newOrder says',
        setting: fresh,
      }),
    ),
    {
      input: 'an unheard-of account status',
      server: members('newAccount', { status: 'asleep' }),
      expect: 'bad-server',
      setting: fresh,
    },
    {
      input: 'contact of a wrong type',
      server: members('newAccount', { contact: 'mailto:me@example.com' }),
      expect: 'bad-server',
      setting: fresh,
    },
    {
      input: 'orders at a javascript: URL',
      server: members('newAccount', { orders: 'javascript:alert(1)' }),
      expect: 'bad-server',
      setting: fresh,
    },
    {
      input: 'an HTML page for newAccount',
      server: reply('newAccount', { body: '<html>' }),
      expect: 'bad-server',
      setting: fresh,
    },
    {
      input: 'the account is deactivated in the middle of the run',
      server: refusal('finalize', 401, 'unauthorized'),
      expect: 'acme-problem',
    },
    {
      input: 'the CA was reset and forgot the account',
      server: [refusal('newOrder', 400, 'accountDoesNotExist', {}, { times: 1 })],
      expect: 'issued',
    },
    {
      input: 'the CA forgets every account at once',
      server: refusal('newOrder', 400, 'accountDoesNotExist'),
      expect: 'account-not-found',
      requests: 10,
    },
    {
      input: 'the account is unknown only when the order is finalized',
      server: refusal('finalize', 400, 'accountDoesNotExist'),
      expect: 'account-not-found',
    },
    {
      input: 'the terms changed (userActionRequired) and the page to visit is a script',
      server: refusal('newOrder', 403, 'userActionRequired', {
        document: { instance: 'javascript:alert(1)' },
        headers: { link: '<javascript:alert(2)>;rel="terms-of-service"' },
      }),
      expect: 'user-action-required',
      requests: 6,
    },
    {
      input: 'userActionRequired with escape sequences in the page to visit',
      server: refusal('newOrder', 403, 'userActionRequired', {
        document: { instance: 'https://ca.test/\u001b[2J', detail: '\u001b]0;title\u0007' },
      }),
      expect: 'user-action-required',
    },
    {
      input: 'the CA really changed its terms',
      expect: 'user-action-required',
      setting: {
        ca: { termsOfService: 'https://ca.test/terms/v1' },
        before: (town) => town.ca.changeTermsOfService('https://ca.test/terms/v2'),
      },
      lasting: 'a person has to agree first',
    },
    {
      input: 'an external account with a wrong key',
      expect: 'acme-problem',
      setting: bound('good', toBase64Url('x'.repeat(32))),
    },
    { input: 'an external account that the CA does not know', expect: 'acme-problem', setting: bound('expired', mac) },
    {
      input: 'an external account key that is none',
      expect: 'bad-key',
      setting: bound('good', 'not base64!'),
      requests: 2,
    },
    {
      input: 'external accounts are demanded, and there is none',
      server: members('directory', { meta: { externalAccountRequired: true } }),
      expect: 'usage',
      setting: fresh,
      requests: 1,
    },
    // Key change: afterwards the account must still open, with whichever key the CA took.
    {
      input: 'keyChange is refused (409)',
      server: instead('keyChange', { status: 409, headers: { location: 'https://ca.test/account/other' } }),
      expect: 'acme-problem',
      setting: rollover,
    },
    {
      input: 'keyChange is not there (501)',
      server: refusal('keyChange', 501, 'rejectedIdentifier'),
      expect: 'unsupported',
      setting: rollover,
    },
    {
      input: 'keyChange breaks before the CA hears of it',
      server: failure('keyChange', 'connection-reset'),
      expect: 'connection-reset',
      setting: rollover,
    },
    {
      input: 'keyChange breaks after the CA did it',
      server: failure('keyChange', 'connection-reset', { after: true }),
      expect: 'done',
      reason: 'the new key opens the account',
      setting: rollover,
    },
    {
      input: 'keyChange says 500 after it was done',
      server: reply('keyChange', { status: 500, body: '' }),
      expect: 'done',
      setting: rollover,
    },
    {
      input: 'keyChange breaks after it was done, and the CA is gone then',
      server: [failure('keyChange', 'connection-reset', { after: true }), failure('newAccount', 'timeout')],
      expect: 'network',
      reason: 'both keys are kept; the next run asks which is right',
      setting: rollover,
    },
    {
      input: 'keyChange says 200 and did nothing',
      server: instead('keyChange', { status: 200 }),
      expect: 'done',
      reason: 'a lie that only the next request can show',
      setting: rollover,
      lasting: 'the old key is gone: a server that lies about success costs the account',
    },
  ],
};
