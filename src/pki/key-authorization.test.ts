import { createHash, createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { keyFixtures } from './fixtures/keys.ts';
import { jwkThumbprint } from './jwk.ts';
import {
  dns01Value,
  dnsAccount01Label,
  dnsPersist01Hash,
  keyAuthorization,
  tlsAlpn01Digest,
} from './key-authorization.ts';

describe('key authorization', () => {
  const key = createPublicKey(keyFixtures.EC256);

  it('is token and thumbprint', () => {
    expect(keyAuthorization('evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ', key)).toBe(
      `evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ.${jwkThumbprint(key)}`,
    );
  });

  it.each(['', '../../etc/passwd', 'a/b', 'abc=', 'ab c', 'a\n'])('refuses the token %j', (token) => {
    expect(() => keyAuthorization(token, key)).toThrow(expect.objectContaining({ code: 'bad-reply' }));
  });

  it('is hashed for DNS and for TLS', () => {
    const digest = createHash('sha256').update('token.thumbprint').digest();
    expect(dns01Value('token.thumbprint')).toBe(digest.toString('base64url'));
    expect(Buffer.compare(tlsAlpn01Digest('token.thumbprint'), digest)).toBe(0);
  });
});

it('the label of dns-account-01 is that of the draft', () => {
  expect(dnsAccount01Label('https://example.com/acme/acct/ExampleAccount')).toBe('_ujmmovf2vn55tgye');
});

describe('the hash of dns-persist-01', () => {
  const account = {
    thumbprint: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
    accountUrl: 'https://ca.example/acct/123',
  };

  it('is that of draft -02, for one domain and for all', () => {
    expect(dnsPersist01Hash({ ...account, domain: 'example.com' })).toBe('5SQm7n6tPh2-PlLbCKGnViTXX5z19SCN4cPGQHSk-kw');
    expect(dnsPersist01Hash({ ...account, domain: '*' })).toBe('NpDnSwUthQK8zCgFdefYxAdAVPnygMLbs9US6oO-5ug');
  });

  it.each(['', 'a'.repeat(254)])('refuses a domain of the wrong length', (domain) => {
    expect(() => dnsPersist01Hash({ ...account, domain })).toThrow(expect.objectContaining({ code: 'bad-identifier' }));
  });
});
