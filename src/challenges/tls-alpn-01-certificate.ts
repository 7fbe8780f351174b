/** What a tls-alpn-01 server shows: the certificate of RFC 8737 §3, under the name of RFC 8738 §6 for addresses. */
import { type Identifier, parseIpAddress, type Random, type Signer } from '../core/index.ts';
import { buildCertificate, pemEncode, tlsAlpn01Digest } from '../pki/index.ts';

/** The ALPN protocol of RFC 8737 §6.2. */
export const acmeTlsProtocol = 'acme-tls/1';

const hourMs = 3_600_000;
const subject = [{ type: 'CN', value: 'ACME challenge' }] as const;

/**
 * The SNI name by which a CA asks for the challenge of an identifier: the name itself; for an address its reverse name in
 * `in-addr.arpa` or `ip6.arpa`, without a final dot (RFC 8738 §6).
 *
 * @throws TypeError for an `ip` identifier that is no address
 *
 * @example
 * ```ts
 * import { challengeServerName } from 'everseal/challenges';
 * console.log(challengeServerName({ type: 'ip', value: '192.0.2.7' })); // 7.2.0.192.in-addr.arpa
 * ```
 */
export function challengeServerName({ type, value }: Identifier): string {
  if (type === 'dns') return value;
  const octets = parseIpAddress(value);
  if (octets === undefined) throw new TypeError(`"${value}" is no IP address`);
  if (octets.length === 4) return `${[...octets].reverse().join('.')}.in-addr.arpa`;
  const nibbles = [...Buffer.from(octets).toString('hex')];
  return `${nibbles.reverse().join('.')}.ip6.arpa`;
}

/**
 * The self-signed certificate that answers one challenge, as PEM: one name or address, the digest of the key authorization
 * in the critical acmeIdentifier extension, valid from an hour ago for a week.
 *
 * @example
 * ```ts
 * import { tlsAlpnCertificate } from 'everseal/challenges';
 * import { nodePorts } from 'everseal/node';
 * const { clock, keys, random } = nodePorts();
 * const key = await keys.generate('EC256');
 * const identifier = { type: 'dns', value: 'www.example.com' } as const;
 * console.log(await tlsAlpnCertificate({ identifier, keyAuthorization: 'token.print', key, random, now: clock.now() }));
 * ```
 */
export async function tlsAlpnCertificate(options: {
  readonly identifier: Identifier;
  readonly keyAuthorization: string;
  readonly key: Signer;
  readonly random: Random;
  readonly now: Date;
}): Promise<string> {
  const { identifier, keyAuthorization, key, random, now } = options;
  const serial = random.bytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40; // positive, and never short
  const der = await buildCertificate({
    subject,
    issuer: subject,
    publicKey: key.publicKey,
    signer: key,
    serial,
    notBefore: new Date(now.getTime() - hourMs),
    notAfter: new Date(now.getTime() + 7 * 24 * hourMs),
    extensions: { identifiers: [identifier], acmeIdentifier: tlsAlpn01Digest(keyAuthorization) },
  });
  return pemEncode('CERTIFICATE', der);
}
