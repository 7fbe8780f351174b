import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatPersistRecord,
  isIssuerName,
  judgePersistRecord,
  type PersistRecord,
  type PersistWish,
  readPersistRecord,
} from './persist-record.ts';

const url = 'https://ca.example/acct/123';
const now = new Date('2026-11-25T00:00:00Z');
const nowSeconds = now.getTime() / 1000;

describe('a dns-persist-01 record', () => {
  it('is written in the order of the drafts', () => {
    expect(formatPersistRecord({ issuer: 'ca.example', accountUri: url, wildcard: false })).toBe(
      'ca.example; accounturi=https://ca.example/acct/123',
    );
    expect(
      formatPersistRecord({ issuer: 'ca.example', accountUri: url, wildcard: true, persistUntil: 1893456000 }),
    ).toBe('ca.example; accounturi=https://ca.example/acct/123; policy=wildcard; persistUntil=1893456000');
  });

  it.each([
    ['ca.example', `${url}; policy=wildcard`],
    ['ca.example', `${url} x`],
    ['ca.example', `${url}é`],
    ['ca.example', ''],
    ['ca.example;accounturi=x', url],
    ['CA.example', url],
    ['', url],
  ])('is not written with %j and %j', (issuer, accountUri) => {
    expect(() => formatPersistRecord({ issuer, accountUri, wildcard: false })).toThrow(
      expect.objectContaining({ code: 'bad-server' }),
    );
  });

  it.each([
    [`ca.example;accounturi=${url}`],
    [`  CA.Example\t;\taccountURI = ${url}  `],
    [`ca.example; unknown=1; accounturi=${url}; else-what=`],
    [`ca.example; accounturi=${url}; policy=other`],
  ])('is read from %j', (text) => {
    expect(readPersistRecord(text)).toEqual({ record: { issuer: 'ca.example', accountUri: url, wildcard: false } });
  });

  it('reads tags and policy in any case, the account as it is', () => {
    const text = `ca.example; ACCOUNTURI=HTTPS://CA.example/Acct; Policy=WildCard; PERSISTUNTIL=0012`;
    expect(readPersistRecord(text)).toEqual({
      record: { issuer: 'ca.example', accountUri: 'HTTPS://CA.example/Acct', wildcard: true, persistUntil: 12 },
    });
  });

  it.each([
    [`ca.example; accounturi=${url};`, 'ca.example', /ends with a semicolon/],
    [`ca.example;; accounturi=${url}`, 'ca.example', /nothing between two semicolons/],
    [`ca.example; accounturi=${url}; accountURI=x`, 'ca.example', /"accounturi" stands there twice/],
    [`ca.example; policy=wildcard`, 'ca.example', /names no account/],
    ['ca.example', 'ca.example', /names no account/],
    ['ca.example; accounturi=', 'ca.example', /names no account/],
    [`ca.example; accounturi=${url}; wildcard`, 'ca.example', /"wildcard" is not tag=value/],
    [`ca.example; accounturi=${url}; =x`, 'ca.example', /is not tag=value/],
    [`ca.example; accounturi=${url}; a_b=x`, 'ca.example', /is not tag=value/],
    [`ca.example; accounturi=${url} policy=wildcard`, 'ca.example', /"accounturi" holds a space/],
    [`ca.example; accounturi=${url}; note=ä`, 'ca.example', /"note" holds a space or a character beyond ASCII/],
    [`ca.example; accounturi=${url}; persistUntil=2030-01-01`, 'ca.example', /persistUntil is "2030-01-01"/],
    [`ca.example; accounturi=${url}; persistUntil=-1`, 'ca.example', /persistUntil/],
    [`ca.example accounturi=${url}`, undefined, /is no domain name of a CA/],
    [`; accounturi=${url}`, undefined, /does not begin with the name/],
    ['', undefined, /does not begin with the name/],
    [`"ca.example; accounturi=${url}"`, undefined, /quotation marks/],
    [`ca.example.; accounturi=${url}`, undefined, /ends with a dot/],
    [`ca_x.example; accounturi=${url}`, undefined, /is no domain name/],
    [`-ca.example; accounturi=${url}`, undefined, /is no domain name/],
    [`ca.example\u00a0; accounturi=${url}`, undefined, /is no domain name/],
  ])('%j is explained', (text, issuer, fault) => {
    expect(readPersistRecord(text)).toEqual({ issuer, fault: expect.stringMatching(fault) });
  });
});

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/);
const issuers = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
const records: fc.Arbitrary<PersistRecord> = fc.record(
  {
    issuer: issuers,
    accountUri: fc.stringMatching(/^[!-:<-~]{1,80}$/),
    wildcard: fc.boolean(),
    persistUntil: fc.nat(),
  },
  { requiredKeys: ['issuer', 'accountUri', 'wildcard'] },
);
const blanks = fc.stringMatching(/^[ \t]{0,3}$/);

describe('any record', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(records, (record) => {
        expect(readPersistRecord(formatPersistRecord(record))).toEqual({ record });
      }),
    );
  });

  it('is the same in other spacing, order and case of tags, with unknown tags between', () => {
    const shuffled = records.chain((record) => {
      const [, ...parts] = formatPersistRecord(record).split('; ');
      const all = [...parts.map((part) => part.split(/=(.*)/s, 2)), ['x-unknown', 'v']];
      const space = fc.array(blanks, { minLength: 20, maxLength: 20 });
      return fc.tuple(fc.constant(record), fc.shuffledSubarray(all, { minLength: all.length }), space, fc.boolean());
    });
    fc.assert(
      fc.property(shuffled, ([record, parts, space, upper]) => {
        let next = 0;
        const gap = () => space[next++ % space.length] ?? '';
        const tags = parts.map(
          ([tag = '', value]) => `${gap()}${upper ? tag.toUpperCase() : tag}${gap()}=${gap()}${value}${gap()}`,
        );
        expect(readPersistRecord([`${gap()}${record.issuer}${gap()}`, ...tags].join(';'))).toEqual({ record });
      }),
    );
  });

  it('with a character that may not stand in a value is malformed', () => {
    const bad = fc.constantFrom(' x', '\u0001', 'é', '\u007f', '\n', ';');
    fc.assert(
      fc.property(records, bad, (record, character) => {
        const text = formatPersistRecord({ ...record, accountUri: 'https://ca/X' }).replace('/X', `/X${character}Y`);
        expect(readPersistRecord(text)).toHaveProperty('fault');
      }),
    );
  });

  it('any text at all is read or explained, and quickly', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => readPersistRecord(text) !== undefined));
    const long = `ca.example; accounturi=${url}; a=${' '.repeat(65_000)}b; ${'a-'.repeat(30_000)}=1`;
    expect(readPersistRecord(long)).toHaveProperty('fault');
    expect(readPersistRecord('a-'.repeat(32_000))).toHaveProperty('fault');
  });

  it('an issuer is a domain name of 1 to 253 letters in lower case', () => {
    fc.assert(fc.property(issuers, isIssuerName));
    for (const bad of ['', 'A.example', 'a.example.', '*.example', 'a..b', `${'a'.repeat(64)}.b`, 'ä.example'])
      expect(isIssuerName(bad), bad).toBe(false);
    expect(isIssuerName(Array<string>(127).fill('a').join('.'))).toBe(true);
    expect(isIssuerName(Array<string>(128).fill('a').join('.'))).toBe(false);
  });
});

describe('a CA', () => {
  const wish: PersistWish = { issuers: ['ca.example', 'ca.test'], accountUris: [url], wildcard: false };
  const judge = (text: string, more: Partial<PersistWish> = {}) => judgePersistRecord(text, { ...wish, ...more }, now);

  it.each([
    [`ca.example; accounturi=${url}`, {}],
    [`CA.TEST; accounturi=${url}; policy=wildcard`, {}],
    [`ca.example; accounturi=${url}; policy=wildcard`, { wildcard: true }],
    [`ca.example; accounturi=${url}; persistUntil=${nowSeconds}`, {}],
    [`ca.example; accounturi=${url}; persistUntil=1893456000`, { persistUntil: 1893456000 }],
  ])('accepts %j', (text, more) => {
    expect(judge(text, more).kind).toBe('matches');
  });

  it.each([
    [`ca.example; accounturi=${url}x`, {}, /another account \(https:\/\/ca\.example\/acct\/123x\)$/],
    [`ca.example; accounturi=${url.toUpperCase()}`, {}, /another account/],
    [`ca.example; accounturi=${url}`, { wildcard: true }, /policy=wildcard is missing/],
    [`ca.example; accounturi=${url}; policy=all`, { wildcard: true }, /policy=wildcard is missing/],
    [`ca.example; accounturi=${url}; persistUntil=${nowSeconds - 1}`, {}, /ended 2026-11-24T23:59:59Z/],
    [`ca.example; accounturi=${url}`, { persistUntil: 1893456000 }, /has no end, and 2030-01-01T00:00:00Z is wanted/],
    [
      `ca.example; accounturi=${url}; persistUntil=1893456001`,
      { persistUntil: 1893456000 },
      /2030-01-01T00:00:01Z, and/,
    ],
    [`ca.example; accounturi=${url};`, {}, /malformed: it ends with a semicolon/],
    ['some text', {}, /malformed/],
    [`ca.example; accounturi=https://ca.example/acct/sha-256/${'x'.repeat(43)}`, {}, /by a hash .* wants its URL/],
  ])('refuses %j', (text, more, reason) => {
    expect(judge(text, more)).toEqual({ kind: 'refused', reason: expect.stringMatching(reason) });
  });

  it('that wants a hash says so of an account URL, and of another hash what may have changed', () => {
    const accountUris = [`https://ca.example/sha-256/${'A'.repeat(43)}`];
    expect(judge(`ca.example; accounturi=${url}`, { accountUris })).toMatchObject({
      reason: expect.stringMatching(/by its URL .* wants a hash \(draft-02\)/),
    });
    expect(judge(`ca.example; accounturi=https://ca.example/sha-256/${'B'.repeat(43)}`, { accountUris })).toMatchObject(
      {
        reason: expect.stringMatching(/another name or before the account key changed/),
      },
    );
  });

  it.each([[`other.example; accounturi=${url}`], ['other.example; broken;'], ['other.example']])(
    'has nothing to do with %j',
    (text) => {
      expect(judge(text)).toEqual({ kind: 'foreign', issuer: 'other.example' });
    },
  );
});
