/** JSON Web Signatures as ACME uses them: flattened, one signature, everything protected (RFC 7515 §7.2.2, RFC 8555 §6.2). */
import { createHmac, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import {
  type Base64Url,
  EversealError,
  isBase64Url,
  type Secret,
  type Signer,
  signatureHash,
  toBase64Url,
} from '../core/index.ts';

export interface FlattenedJws {
  readonly protected: Base64Url;
  /** Empty for POST-as-GET (RFC 8555 §6.3). */
  readonly payload: Base64Url | '';
  readonly signature: Base64Url;
}

export type JwsHeader = Readonly<Record<string, unknown>>;

/** What a JWS says once its form is checked; its signature is not yet. */
export interface ParsedJws {
  readonly jws: FlattenedJws;
  readonly header: JwsHeader;
  /** The decoded payload. */
  readonly payload: string;
}

export type JwsAlgorithm = 'ES256' | 'ES384' | 'ES512' | 'RS256' | 'EdDSA';
export type MacAlgorithm = 'HS256' | 'HS384' | 'HS512';

const curveAlgorithms: Readonly<Record<string, JwsAlgorithm>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};
const macHashes: Readonly<Record<string, string>> = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' };

/**
 * The one algorithm that a key signs with here (RFC 7518 §3.1, RFC 8037 §3.1).
 *
 * @throws EversealError `bad-key` for other keys
 *
 * @example
 * ```ts
 * import { generateKeyPairSync } from 'node:crypto';
 * import { jwsAlgorithm } from 'everseal/pki';
 * console.log(jwsAlgorithm(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey)); // ES384
 * ```
 */
export function jwsAlgorithm(key: KeyObject): JwsAlgorithm {
  if (key.asymmetricKeyType === 'rsa') return 'RS256';
  if (key.asymmetricKeyType === 'ed25519') return 'EdDSA';
  const algorithm = curveAlgorithms[key.asymmetricKeyDetails?.namedCurve ?? ''];
  if (algorithm === undefined) throw new EversealError('bad-key', 'No JWS algorithm fits this key');
  return algorithm;
}

/**
 * Signs a payload. `alg` is added to the header; the caller gives `nonce`, `url` and `jwk` or `kid`.
 *
 * @throws EversealError `bad-key` when no algorithm fits the key; whatever the signer throws
 *
 * @example
 * ```ts
 * import { generateKeyPairSync } from 'node:crypto';
 * import { softwareKey } from 'everseal/core';
 * import { signJws, verifyJws } from 'everseal/pki';
 * const signer = softwareKey(generateKeyPairSync('ed25519').privateKey);
 * const jws = await signJws({ signer, header: { url: 'https://ca.example/acct' }, payload: '{}' });
 * console.log(verifyJws(jws, signer.publicKey)); // true
 * ```
 */
export async function signJws(options: {
  readonly signer: Signer;
  readonly header: JwsHeader;
  readonly payload: string;
}): Promise<FlattenedJws> {
  const alg = jwsAlgorithm(options.signer.publicKey);
  const unsigned = encodeParts({ ...options.header, alg }, options.payload);
  const signature = await options.signer.sign(signingInput(unsigned));
  return { ...unsigned, signature: toBase64Url(signature) };
}

/**
 * Whether the key made this signature. The header's `alg` must be the key's own, so `none` and MACs never pass.
 *
 * @example
 * ```ts
 * import { keyFromJwk, parseFlattenedJws, verifyJws } from 'everseal/pki';
 * const { jws } = parseFlattenedJws({ protected: 'eyJhbGciOiJFZERTQSJ9', payload: '', signature: 'AAAA' });
 * const key = keyFromJwk({ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' });
 * console.log(verifyJws(jws, key)); // false
 * ```
 */
export function verifyJws(jws: FlattenedJws, key: KeyObject): boolean {
  const header = headerOf(jws.protected);
  if (header === undefined || header.alg !== jwsAlgorithm(key)) return false;
  const signature = Buffer.from(jws.signature, 'base64url');
  return verify(signatureHash(key), signingInput(jws), { key, dsaEncoding: 'ieee-p1363' }, signature);
}

/**
 * The MAC form, for external account binding (RFC 8555 §7.3.4).
 *
 * @example
 * ```ts
 * import { Secret } from 'everseal/core';
 * import { macJws, readMacKey, verifyMacJws } from 'everseal/pki';
 * const macKey = readMacKey(new Secret('zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W'));
 * const jws = macJws({ algorithm: 'HS256', macKey, header: { kid: 'kid-1' }, payload: '{}' });
 * console.log(verifyMacJws(jws, macKey)); // true
 * ```
 */
export function macJws(options: {
  readonly algorithm: MacAlgorithm;
  readonly macKey: Uint8Array;
  readonly header: JwsHeader;
  readonly payload: string;
}): FlattenedJws {
  const unsigned = encodeParts({ ...options.header, alg: options.algorithm }, options.payload);
  const mac = macOf(options.algorithm, options.macKey, unsigned);
  if (mac === undefined) throw new TypeError(`Not a MAC algorithm: ${options.algorithm}`);
  return { ...unsigned, signature: toBase64Url(mac) };
}

/**
 * Whether the MAC is right. Takes the same time however wrong it is.
 *
 * @example
 * ```ts
 * import { macJws, verifyMacJws } from 'everseal/pki';
 * const jws = macJws({ algorithm: 'HS384', macKey: new Uint8Array(48), header: {}, payload: '' });
 * console.log(verifyMacJws(jws, new Uint8Array(47))); // false
 * ```
 */
export function verifyMacJws(jws: FlattenedJws, macKey: Uint8Array): boolean {
  const algorithm = headerOf(jws.protected)?.alg;
  const mac = typeof algorithm === 'string' ? macOf(algorithm, macKey, jws) : undefined;
  const given = Buffer.from(jws.signature, 'base64url');
  return mac !== undefined && mac.length === given.length && timingSafeEqual(mac, given);
}

/**
 * The octets of an EAB MAC key as people paste it: base64url or base64, padded or not.
 *
 * @throws EversealError `bad-key`
 *
 * @example
 * ```ts
 * import { Secret } from 'everseal/core';
 * import { readMacKey } from 'everseal/pki';
 * console.log(readMacKey(new Secret('c2VjcmV0')).length); // 6
 * ```
 */
export function readMacKey(text: Secret): Uint8Array {
  const [, body = '', padding = ''] = /^([A-Za-z0-9+/_-]+)(={0,2})$/.exec(text.reveal().trim()) ?? [];
  const padded = padding === '' || (body.length + padding.length) % 4 === 0;
  if (body === '' || body.length % 4 === 1 || !padded) {
    throw new EversealError('bad-key', 'The MAC key of the external account is not base64url text', {
      next: 'Copy the HMAC key again from the CA, without quotes.',
    });
  }
  return new Uint8Array(Buffer.from(body, 'base64'));
}

/**
 * Checks the form of a JWS from a stranger: the three members as unpadded base64url, a JSON object as protected header
 * with `alg`, no unprotected `header`, no `signatures`, no `crit` (RFC 8555 §6.2, RFC 7515 §4.1.11).
 *
 * @throws EversealError `bad-reply`
 *
 * @example
 * ```ts
 * import { macJws, parseFlattenedJws } from 'everseal/pki';
 * const jws = macJws({ algorithm: 'HS256', macKey: new Uint8Array(32), header: { kid: 'a' }, payload: 'hello' });
 * console.log(parseFlattenedJws(JSON.parse(JSON.stringify(jws))).payload); // hello
 * ```
 */
export function parseFlattenedJws(value: unknown): ParsedJws {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badJws('it is not an object');
  const foreign = ['header', 'signatures'].find((member) => Object.hasOwn(value, member));
  if (foreign !== undefined) throw badJws(`the member "${foreign}" is not allowed`);
  const members = new Map<string, unknown>(Object.entries(value));
  const encoded = encodedMember(members, 'protected');
  const payload = members.get('payload') === '' ? '' : encodedMember(members, 'payload');
  const signature = encodedMember(members, 'signature');
  const header = headerOf(encoded);
  if (header === undefined) throw badJws('the protected header is not a JSON object');
  if (typeof header.alg !== 'string') throw badJws('the protected header has no "alg"');
  if (Object.hasOwn(header, 'crit')) throw badJws('"crit" names extensions that are not understood');
  return { jws: { protected: encoded, payload, signature }, header, payload: decodeText(payload, 'payload') };
}

function encodedMember(members: ReadonlyMap<string, unknown>, name: string): Base64Url {
  const value = members.get(name);
  if (typeof value !== 'string' || !isBase64Url(value)) throw badJws(`"${name}" is not base64url text`);
  return value;
}

function encodeParts(header: JwsHeader, payload: string): Omit<FlattenedJws, 'signature'> {
  return { protected: toBase64Url(JSON.stringify(header)), payload: payload === '' ? '' : toBase64Url(payload) };
}

function signingInput(jws: Omit<FlattenedJws, 'signature'>): Buffer {
  return Buffer.from(`${jws.protected}.${jws.payload}`, 'latin1');
}

function macOf(algorithm: string, macKey: Uint8Array, jws: Omit<FlattenedJws, 'signature'>): Buffer | undefined {
  const hash = Object.hasOwn(macHashes, algorithm) ? macHashes[algorithm] : undefined;
  return hash === undefined ? undefined : createHmac(hash, macKey).update(signingInput(jws)).digest();
}

function headerOf(encoded: string): JwsHeader | undefined {
  try {
    const header: unknown = JSON.parse(decodeText(encoded, 'protected'));
    if (typeof header !== 'object' || header === null || Array.isArray(header)) return undefined;
    return Object.fromEntries(Object.entries(header));
  } catch {
    return undefined;
  }
}

function decodeText(encoded: string, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(encoded, 'base64url'));
  } catch (cause) {
    throw badJws(`"${name}" is not UTF-8 text`, cause);
  }
}

function badJws(why: string, cause?: unknown): EversealError {
  return new EversealError('bad-reply', `Not a flattened JWS: ${why}`, { cause });
}
