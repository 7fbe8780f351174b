import type { HostileTable, Resource } from './row.testing.ts';
import { elsewhere, json, members, nowhere } from './tamper.testing.ts';

const all: readonly Resource[] = ['newOrder', 'order', 'finalize'];
const dns = (value: string) => ({ type: 'dns', value });
const strangers = (count: number) =>
  Array.from({ length: count }, (_, i) => `https://ca.test/authorization/${nowhere(i)}`);
const repeated = (count: number) =>
  json('newOrder', (order) => ({
    ...order,
    authorizations: Array.from({ length: count }, () => list(order.authorizations)[0]),
  }));
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const validated = { ca: { reuseAuthorizations: true } };

export const orders: HostileTable = {
  area: 'orders',
  rows: [
    {
      input: 'the identifiers are others',
      server: members(all, { identifiers: [dns('evil.example')] }),
      expect: 'bad-server',
    },
    {
      input: 'an identifier was added',
      server: members(all, { identifiers: [dns('www.example'), dns('evil.example')] }),
      expect: 'bad-server',
    },
    {
      input: 'an identifier is missing',
      server: members(all, { identifiers: [dns('www.example')] }),
      expect: 'bad-server',
      setting: { names: ['www.example', 'n1.example'] },
    },
    {
      input: 'identifiers of an unheard-of type',
      server: members(all, { identifiers: [{ type: 'email', value: 'me@example' }] }),
      expect: 'bad-server',
    },
    {
      input: '1001 identifiers',
      server: members(all, { identifiers: Array.from({ length: 1001 }, (_, i) => dns(`n${i}.example`)) }),
      expect: 'bad-server',
    },
    {
      input: 'upper case, doubled',
      server: members(all, { identifiers: [dns('WWW.Example'), dns('www.example')] }),
      expect: 'issued',
      reason: 'the same name (RFC 4343)',
    },
    {
      input: 'the identifiers change after newOrder',
      server: members('order', { identifiers: [dns('evil.example')] }),
      expect: 'bad-server',
    },
    {
      input: 'authorizations is empty though the order is pending',
      server: members('newOrder', { authorizations: [] }),
      expect: 'bad-server',
    },
    {
      input: 'one authorization 1000 times',
      server: repeated(1000),
      expect: 'issued',
      reason: 'one URL is one authorization',
    },
    { input: 'one authorization 1001 times', server: repeated(1001), expect: 'bad-server' },
    {
      input: '1000 authorizations that do not exist, for one name',
      server: members('newOrder', { authorizations: strangers(1000) }),
      expect: 'bad-server',
      requests: 10,
    },
    {
      input: 'two authorizations that do not exist',
      server: members('newOrder', { authorizations: strangers(2) }),
      expect: 'acme-problem',
    },
    {
      input: 'an authorization on another origin',
      server: members('newOrder', { authorizations: [`${elsewhere}/authorization/1`] }),
      expect: 'name-not-found',
      elsewhere: true,
      reason: 'legal; it just does not exist',
    },
    {
      input: 'an authorization at an http URL',
      server: members('newOrder', { authorizations: ['http://ca.test/authorization/1'] }),
      expect: 'bad-server',
    },
    {
      input: 'an authorization that is an order',
      server: json('newOrder', (order) => ({
        ...order,
        authorizations: [String(order.finalize).replace('/finalize', '')],
      })),
      expect: 'bad-server',
    },
    { input: 'ready from the start, and it is true', expect: 'issued', setting: validated },
    {
      input: 'ready from the start, and it is a lie',
      server: members('newOrder', { status: 'ready' }),
      expect: 'bad-server',
    },
    {
      input: 'valid from the start, without a certificate',
      server: members('newOrder', { status: 'valid' }),
      expect: 'bad-server',
    },
    {
      input: 'valid from the start, with the certificate of a stranger',
      server: [members('newOrder', { status: 'valid', certificate: 'https://ca.test/certificate/none' })],
      expect: 'acme-problem',
    },
    {
      input: 'processing from the start',
      server: members('newOrder', { status: 'processing' }),
      expect: 'bad-server',
      reason: 'it goes back to pending for ever',
    },
    {
      input: 'invalid from the start, without an error',
      server: members(all, { status: 'invalid', error: undefined }),
      expect: 'order-failed',
    },
    {
      input: 'invalid after validation, without an error',
      server: members('order', { status: 'invalid', error: undefined }),
      expect: 'order-failed',
      message: /does not say why/,
    },
    {
      input: 'invalid with an error of a wrong type',
      server: members('order', { status: 'invalid', error: 'because' }),
      expect: 'order-failed',
    },
  ],
};
