import { createHash, type KeyObject } from 'node:crypto';

/** In the order of RFC 7638 §3.2 and RFC 8037 §2. */
const members = ['crv', 'e', 'kty', 'n', 'x', 'y'] as const;

/** The RFC 7638 thumbprint of a public key, computed apart from `pki`: a client's key authorizations are checked by it. */
export function thumbprint(publicKey: KeyObject): string {
  const jwk = publicKey.export({ format: 'jwk' });
  const canonical = Object.fromEntries(members.flatMap((name) => (jwk[name] === undefined ? [] : [[name, jwk[name]]])));
  return createHash('sha256').update(JSON.stringify(canonical)).digest('base64url');
}
