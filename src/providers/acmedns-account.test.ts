import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accountJson, parseAccount, readAccount } from './acmedns-account.ts';

const label = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/);
const word = fc.stringMatching(/^[!-~]{1,40}$/);

describe('an acme-dns account', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(label, label, word, word, fc.webUrl(), (subdomain, zone, username, secret, serverUrl) => {
        const password = `hush-${secret}`;
        const json = { fulldomain: `${subdomain}.${zone}`, subdomain, username, password, server_url: serverUrl };
        const account = parseAccount(JSON.stringify(json));
        if (account === undefined) throw new Error('no account');
        expect(accountJson(account)).toEqual(json);
        expect(JSON.stringify(account)).not.toContain('hush-');
      }),
    );
  });

  it('is nothing else, and never an exception', () => {
    fc.assert(fc.property(fc.string(), (text) => void expect(parseAccount(text)).toBeUndefined()));
    fc.assert(fc.property(fc.jsonValue(), (value) => void expect(readAccount(value)).toBeUndefined()));
  });

  it.each([
    ['a line break in the password', { password: 'a\r\nx-evil: 1' }],
    ['a space in the user name', { username: 'a b' }],
    ['a control character in the name', { fulldomain: 'a\u001b.example' }],
    ['no subdomain', { subdomain: '' }],
  ])('cannot have %s', (_, part) => {
    const whole = { fulldomain: 'a.example', subdomain: 'a', username: 'u', password: 'p' };
    expect(readAccount(whole)).toBeDefined();
    expect(readAccount({ ...whole, ...part })).toBeUndefined();
  });
});
