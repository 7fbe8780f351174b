/** External account binding (RFC 8555 §7.3.4): proves that an account with the CA belongs to this key. */
import type { KeyObject } from 'node:crypto';
import type { Secret } from '../core/index.ts';
import { publicJwk } from '../pki/jwk.ts';
import { type FlattenedJws, macJws, readMacKey } from '../pki/jws.ts';

export interface ExternalAccountCredentials {
  /** The key identifier that the CA gave out. */
  readonly kid: string;
  /** The MAC key as the CA gave it out: base64url or base64, padded or not. */
  readonly macKey: Secret;
  /** Default HS256. */
  readonly algorithm?: 'HS256' | 'HS384' | 'HS512' | undefined;
}

/**
 * The `externalAccountBinding` of a newAccount request.
 *
 * @param url the newAccount URL, as the outer JWS has it
 * @throws EversealError `bad-key` when the MAC key cannot be read
 *
 * @example
 * ```ts
 * import { generateKeyPairSync } from 'node:crypto';
 * import { externalAccountBinding } from 'everseal/acme';
 * import { Secret } from 'everseal/core';
 * const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
 * const credentials = { kid: 'kid-1', macKey: new Secret('zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W') };
 * const jws = externalAccountBinding(credentials, publicKey, 'https://ca.example/new-account');
 * ```
 */
export function externalAccountBinding(
  credentials: ExternalAccountCredentials,
  accountKey: KeyObject,
  url: string,
): FlattenedJws {
  return macJws({
    algorithm: credentials.algorithm ?? 'HS256',
    macKey: readMacKey(credentials.macKey),
    header: { kid: credentials.kid, url },
    payload: JSON.stringify(publicJwk(accountKey)),
  });
}
