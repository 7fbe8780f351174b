/** DER from strangers, read within bounds, and the one structure that we write by hand. */
import { AsnConvert } from '@peculiar/asn1-schema';
import { EversealError } from '../core/index.ts';

/** A certificate with a hundred names of full length has some 30 KiB. */
const maximumOctets = 1 << 17;
const berOptions = { maxDepth: 24, maxNodes: 10_000, maxContentLength: maximumOctets };

/** BIT STRING, OCTET STRING and SEQUENCE: all that stands at the top; the library takes other classes for them too. */
const outerTags: ReadonlySet<number> = new Set([0x03, 0x04, 0x30]);

/**
 * Parses exactly one value of a structure.
 *
 * @throws EversealError `bad-certificate` whatever is wrong with it, the library's reason as cause
 */
export function parseDer<T>(data: Uint8Array, target: new () => T, what: string): T {
  if (data.length > maximumOctets) throw badDer(what, `it has more than ${maximumOctets} octets`);
  if (!outerTags.has(data[0] ?? 0)) throw badDer(what, 'it does not start as such a structure does');
  if (outerLength(data) !== data.length) throw badDer(what, 'its length is not what its first octets say');
  try {
    return AsnConvert.parse(data, target, { berOptions });
  } catch (cause) {
    throw badDer(what, 'its structure is not what it must be', cause);
  }
}

/**
 * Runs a reader of a stranger's data: whatever a library throws about it becomes `bad-certificate`, what is an error of
 * ours already stays.
 */
export function reading<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof EversealError) throw cause;
    throw badDer(what, 'it holds a value that makes no sense', cause);
  }
}

/** The DER of a structure of the library's. */
export function toDer(value: unknown): Uint8Array {
  return new Uint8Array(AsnConvert.serialize(value));
}

export function badDer(what: string, why: string, cause?: unknown): EversealError {
  return new EversealError('bad-certificate', `The ${what} cannot be read: ${why}`, { cause });
}

/** Octets of the whole value; -1 for an indefinite or unreadable length, which DER does not know (X.690 §10.1). */
function outerLength(data: Uint8Array): number {
  const first = data[1] ?? 0x80;
  if (first < 0x80) return 2 + first;
  const count = first & 0x7f;
  if (count === 0 || count > 4) return -1;
  const length = data.subarray(2, 2 + count).reduce((sum, octet) => sum * 256 + octet, 0);
  return 2 + count + length;
}

/** `r || s` of a {@link Signer} as the Ecdsa-Sig-Value of X.509 (RFC 3279 §2.2.3). */
export function ecdsaSignatureToDer(signature: Uint8Array): Uint8Array {
  const half = signature.length / 2;
  const numbers = [...positiveInteger(signature.subarray(0, half)), ...positiveInteger(signature.subarray(half))];
  return Uint8Array.from([0x30, ...lengthOctets(numbers.length), ...numbers]);
}

function positiveInteger(octets: Uint8Array): readonly number[] {
  const firstDigit = octets.findIndex((octet) => octet !== 0);
  const digits = firstDigit < 0 ? [0] : [...octets.subarray(firstDigit)];
  const content = (digits[0] ?? 0) > 0x7f ? [0, ...digits] : digits;
  return [0x02, ...lengthOctets(content.length), ...content];
}

/** A P-521 signature may need more than 127 octets, never more than 255. */
function lengthOctets(length: number): readonly number[] {
  return length < 0x80 ? [length] : [0x81, length];
}
