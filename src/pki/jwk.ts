/** Public keys as JSON (RFC 7517, RFC 7518 §6, RFC 8037) and their thumbprints (RFC 7638). */
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { type Base64Url, EversealError, isBase64Url, toBase64Url } from '../core/index.ts';
import { assertUsableKey } from './key-strength.ts';

/** The public members of a key, and nothing else. */
export type Jwk = Readonly<Record<string, string>>;

/** The members that make a key, in the order in which RFC 7638 §3.2 hashes them. */
const requiredMembers: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n'],
};

/** Octets of a coordinate: RFC 7518 §6.2.1.2 wants the full width, leading zeros included. */
const coordinateOctets: Readonly<Record<string, number>> = { 'P-256': 32, 'P-384': 48, 'P-521': 66, Ed25519: 32 };

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/**
 * The public half of a key as a JWK: coordinates in fixed width, no optional members.
 *
 * @throws EversealError `bad-key` for keys other than EC, RSA and Ed25519
 *
 * @example
 * ```ts
 * import { generateKeyPairSync } from 'node:crypto';
 * import { publicJwk } from 'everseal/pki';
 * const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
 * console.log(publicJwk(publicKey).crv); // P-256
 * ```
 */
export function publicJwk(key: KeyObject): Jwk {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  assertUsableKey(publicKey);
  return membersOf(publicKey.export({ format: 'jwk' }));
}

/**
 * RFC 7638 with SHA-256.
 *
 * @throws EversealError `bad-key` when the JWK lacks a required member
 *
 * @example
 * ```ts
 * import { generateKeyPairSync } from 'node:crypto';
 * import { jwkThumbprint } from 'everseal/pki';
 * const { publicKey } = generateKeyPairSync('ed25519');
 * console.log(jwkThumbprint(publicKey).length); // 43
 * ```
 */
export function jwkThumbprint(key: KeyObject | Jwk): Base64Url {
  const jwk = isKeyObject(key) ? publicJwk(key) : membersOf(key);
  return toBase64Url(createHash('sha256').update(JSON.stringify(jwk)).digest());
}

/**
 * Reads a JWK from a stranger: EC on P-256, P-384 or P-521, RSA of 2048 bits or more, Ed25519. Optional members are
 * ignored, private ones refused.
 *
 * @throws EversealError `bad-key` saying which member is wrong
 *
 * @example
 * ```ts
 * import { keyFromJwk } from 'everseal/pki';
 * const key = keyFromJwk({ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' });
 * console.log(key.asymmetricKeyType); // ed25519
 * ```
 */
export function keyFromJwk(jwk: unknown): KeyObject {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) throw badJwk('it is not an object');
  const present = privateMembers.find((member) => Object.hasOwn(jwk, member));
  if (present !== undefined) throw badJwk(`it carries the private member "${present}"`);
  const members = membersOf(jwk);
  for (const [name, value] of Object.entries(members)) {
    if (name !== 'kty' && name !== 'crv') checkEncoding(name, value, coordinateOctets[members.crv ?? '']);
  }
  const key = importJwk(members);
  assertUsableKey(key);
  return key;
}

function importJwk(members: Jwk): KeyObject {
  try {
    return createPublicKey({ key: { ...members }, format: 'jwk' });
  } catch (cause) {
    throw badJwk('its numbers make no key', cause);
  }
}

function checkEncoding(name: string, value: string, octets: number | undefined): void {
  if (!isBase64Url(value)) throw badJwk(`"${name}" is not base64url`);
  const data = Buffer.from(value, 'base64url');
  if (data.toString('base64url') !== value) throw badJwk(`"${name}" is not in its one encoding`);
  if (octets !== undefined && data.length !== octets) throw badJwk(`"${name}" must have ${octets} octets`);
  if (octets === undefined && data[0] === 0) throw badJwk(`"${name}" starts with a zero octet`);
}

function membersOf(jwk: object): Jwk {
  const members = new Map<string, unknown>(Object.entries(jwk));
  const kty = members.get('kty');
  const required = typeof kty === 'string' && Object.hasOwn(requiredMembers, kty) ? requiredMembers[kty] : undefined;
  if (required === undefined) throw badJwk('its "kty" is not EC, RSA or OKP');
  const curve = members.get('crv');
  if (required.includes('crv') && (typeof curve !== 'string' || !Object.hasOwn(coordinateOctets, curve))) {
    throw badJwk('its "crv" is not P-256, P-384, P-521 or Ed25519');
  }
  return Object.fromEntries(required.map((name) => [name, textMember(name, members.get(name))]));
}

function textMember(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw badJwk(`"${name}" is missing`);
  return value;
}

function badJwk(why: string, cause?: unknown): EversealError {
  return new EversealError('bad-key', `The JWK cannot be used: ${why}`, { cause });
}

function isKeyObject(key: KeyObject | Jwk): key is KeyObject {
  return typeof key.export === 'function';
}
