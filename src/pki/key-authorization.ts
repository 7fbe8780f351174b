/** What proves to a CA that an account controls a name: the values of every challenge type. */
import { createHash, type KeyObject } from 'node:crypto';
import { type Base64Url, EversealError, isChallengeToken, toBase64Url } from '../core/index.ts';
import { jwkThumbprint } from './jwk.ts';

const base32Alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/**
 * `token.thumbprint` (RFC 8555 §8.1).
 *
 * @throws EversealError `bad-reply` when the token is not base64url: it becomes a file name and a URL path (§8.3)
 *
 * @example
 * ```ts
 * import { generateKeyPairSync } from 'node:crypto';
 * import { keyAuthorization } from 'everseal/pki';
 * const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
 * console.log(keyAuthorization('DGyRejmCefe7v4NfDGDKfA', publicKey));
 * ```
 */
export function keyAuthorization(token: string, accountKey: KeyObject): string {
  if (!isChallengeToken(token))
    throw new EversealError('bad-reply', 'The challenge token holds more than letters of base64url');
  return `${token}.${jwkThumbprint(accountKey)}`;
}

/**
 * The TXT value of dns-01 and dns-account-01 (RFC 8555 §8.4).
 *
 * @example
 * ```ts
 * import { dns01Value } from 'everseal/pki';
 * console.log(dns01Value('token.thumbprint').length); // 43
 * ```
 */
export function dns01Value(keyAuth: string): Base64Url {
  return toBase64Url(sha256(keyAuth));
}

/**
 * What the acmeIdentifier extension of tls-alpn-01 holds (RFC 8737 §3): 32 octets.
 *
 * @example
 * ```ts
 * import { tlsAlpn01Digest } from 'everseal/pki';
 * console.log(tlsAlpn01Digest('token.thumbprint').length); // 32
 * ```
 */
export function tlsAlpn01Digest(keyAuth: string): Uint8Array {
  return new Uint8Array(sha256(keyAuth));
}

/**
 * The label that stands before `_acme-challenge` for an account (draft-ietf-acme-dns-account-label §3.1): base32 of
 * the first ten octets of the SHA-256 of the account URL, as the server gave that.
 *
 * @example
 * ```ts
 * import { dnsAccount01Label } from 'everseal/pki';
 * console.log(dnsAccount01Label('https://example.com/acme/acct/ExampleAccount')); // _ujmmovf2vn55tgye
 * ```
 */
export function dnsAccount01Label(accountUrl: string): string {
  const bits = [...sha256(accountUrl).subarray(0, 10)].map((octet) => octet.toString(2).padStart(8, '0')).join('');
  const letters = bits.match(/.{5}/g) ?? [];
  return `_${letters.map((five) => base32Alphabet[Number.parseInt(five, 2)]).join('')}`;
}

/**
 * The account hash of a dns-persist-01 record (draft-ietf-acme-dns-persist-02): SHA-256 over the length of the domain in
 * one octet, the domain, the thumbprint and the account URL.
 *
 * @param options.domain A-label without the trailing dot, or `*` for a record that serves every domain
 * @throws EversealError `bad-identifier` when the domain has no octets or more than 253
 *
 * @example
 * ```ts
 * import { dnsPersist01Hash } from 'everseal/pki';
 * const thumbprint = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs';
 * console.log(dnsPersist01Hash({ domain: '*', thumbprint, accountUrl: 'https://ca.example/acct/123' }));
 * ```
 */
export function dnsPersist01Hash(options: {
  readonly domain: string;
  readonly thumbprint: string;
  readonly accountUrl: string;
}): Base64Url {
  const domain = Buffer.from(options.domain, 'utf8');
  if (domain.length === 0 || domain.length > 253) {
    throw new EversealError('bad-identifier', 'A domain of 1 to 253 octets is needed for dns-persist-01');
  }
  const hash = createHash('sha256').update(Buffer.of(domain.length)).update(domain);
  return toBase64Url(hash.update(options.thumbprint).update(options.accountUrl).digest());
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
