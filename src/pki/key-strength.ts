import type { KeyObject } from 'node:crypto';
import { EversealError, keyAlgorithmOf } from '../core/index.ts';

/** Fewer bits are refused by every public CA and by us (CA/Browser Forum BR §6.1.5). */
const minimumRsaBits = 2048;
/** More bits make one signature cost seconds: a stranger could keep us busy. */
const maximumRsaBits = 16_384;

/**
 * Refuses what nobody should sign with or verify by: RSA below 2048 or above 16384 bits or with an exponent below 3 or
 * even, unknown curves, other types.
 *
 * @throws EversealError `bad-key`
 */
export function assertUsableKey(key: KeyObject): void {
  const next = 'Use an EC P-256 key, or RSA of at least 2048 bits.';
  if (key.asymmetricKeyType !== 'rsa') {
    if (keyAlgorithmOf(key) !== undefined) return;
    const curve = key.asymmetricKeyDetails?.namedCurve;
    const what = curve === undefined ? `type ${key.asymmetricKeyType ?? 'unknown'}` : `curve ${curve}`;
    throw new EversealError('bad-key', `A key of ${what} cannot be used here`, { next });
  }
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < minimumRsaBits || modulusLength > maximumRsaBits) {
    throw new EversealError(
      'bad-key',
      `An RSA key of ${modulusLength} bits cannot be used: from ${minimumRsaBits} to ${maximumRsaBits} are allowed`,
      { next },
    );
  }
  if (publicExponent < 3n || publicExponent % 2n === 0n) {
    throw new EversealError('bad-key', 'The RSA key has a public exponent that protects nothing', { next });
  }
}
