/** ECDSA whose signatures depend on key and message alone, so that certificates of one seed are the same octets each time. */
import { createECDH, createHash } from 'node:crypto';
import { SeededRandom } from './random.ts';

export interface Curve {
  /** The name in node:crypto. */
  readonly openssl: string;
  /** RFC 7518 §6.2.1.1. */
  readonly jwk: string;
  readonly octets: number;
  readonly hash: 'sha256' | 'sha384' | 'sha512';
  /** The order of the base point (FIPS 186-5, SP 800-186 §3.2.1). */
  readonly order: bigint;
}

export const curves = {
  EC256: {
    openssl: 'prime256v1',
    jwk: 'P-256',
    octets: 32,
    hash: 'sha256',
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  },
  EC384: {
    openssl: 'secp384r1',
    jwk: 'P-384',
    octets: 48,
    hash: 'sha384',
    order: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  },
  EC521: {
    openssl: 'secp521r1',
    jwk: 'P-521',
    octets: 66,
    hash: 'sha512',
    order:
      0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  },
} satisfies Readonly<Record<string, Curve>>;

/** A scalar below the order of the curve: its top bits stay zero, which is fine for a key that protects nothing. */
export function drawScalar(curve: Curve, random: SeededRandom): Buffer {
  const scalar = Buffer.from(random.bytes(curve.octets));
  scalar.fill(0, 0, curve.octets === 66 ? 2 : 1);
  return scalar;
}

/** The public point: 0x04, x, y. */
export function publicPoint(curve: Curve, scalar: Buffer): Buffer {
  const ecdh = createECDH(curve.openssl);
  ecdh.setPrivateKey(scalar);
  return ecdh.getPublicKey();
}

/** `r || s` in fixed width, over the curve's hash of the message. For the simulation only: it leaks the key by its timing. */
export function signSeeded(curve: Curve, scalar: Buffer, message: Uint8Array): Uint8Array {
  const digest = createHash(curve.hash).update(message).digest();
  const once = drawScalar(curve, new SeededRandom(`${scalar.toString('hex')} ${digest.toString('hex')}`));
  const { order, octets } = curve;
  const r = toNumber(publicPoint(curve, once).subarray(1, 1 + octets)) % order;
  const s = (inverse(toNumber(once), order) * (toNumber(digest) + r * toNumber(scalar))) % order;
  return new Uint8Array(Buffer.concat([toOctets(r, octets), toOctets(s, octets)]));
}

function toNumber(octets: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(octets).toString('hex')}`);
}

function toOctets(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex');
}

/** By the extended algorithm of Euclid; the modulus is prime. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [r0, r1, t0, t1] = [modulus, value % modulus, 0n, 1n];
  while (r1 !== 0n) {
    const quotient = r0 / r1;
    [r0, r1, t0, t1] = [r1, r0 - quotient * r1, t1, t0 - quotient * t1];
  }
  return ((t0 % modulus) + modulus) % modulus;
}
