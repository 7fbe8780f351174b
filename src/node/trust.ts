import type { ConnectionOptions } from 'node:tls';
import { isIP } from 'node:net';
import type { TlsClientOptions } from '../core/index.ts';

type Tls = typeof import('node:tls');

/**
 * How Node's TLS client decides as {@link TlsClientOptions} says.
 *
 * @param host the host that was asked for: expected in the certificate unless the options name another
 */
export function trustOptions(tls: Tls, host: string, options: TlsClientOptions = {}): ConnectionOptions {
  const expected = options.serverName ?? host;
  return {
    minVersion: 'TLSv1.2',
    servername: isIP(expected) === 0 ? expected : '', // RFC 6066 §3: no address in SNI
    rejectUnauthorized: options.insecure !== true,
    // Node would compare with the address connected to, which may be another one.
    checkServerIdentity: (_, certificate) => tls.checkServerIdentity(expected, certificate),
    ...(options.roots !== undefined && { ca: rootsOf(tls, options.roots, options.systemRoots === true) }),
  };
}

function rootsOf(tls: Tls, given: readonly string[], withSystem: boolean): string[] {
  return withSystem ? [...given, ...systemRoots(tls)] : [...given];
}

/** Node's default roots: since 22.15 including NODE_EXTRA_CA_CERTS and, where asked for, the system's store. */
function systemRoots(tls: Tls): readonly string[] {
  return 'getCACertificates' in tls && typeof tls.getCACertificates === 'function'
    ? tls.getCACertificates('default')
    : tls.rootCertificates;
}
