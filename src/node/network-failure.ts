import { type ErrorCode, EversealError, messageOf, printable, tlsAdvice } from '../core/index.ts';
import { systemCode } from './system-error.ts';

interface Kind {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly next?: string;
}

const refused: Kind = {
  code: 'connection-refused',
  reason: 'the connection was refused',
  next: 'Check that the server runs and that address and port are right.',
};
const reset: Kind = { code: 'connection-reset', reason: 'the connection was cut off' };
const notFound: Kind = {
  code: 'name-not-found',
  reason: 'the host name does not exist',
  next: 'Check the spelling of the host name and the DNS settings of this machine.',
};
const unreachable: Kind = {
  code: 'network',
  reason: 'the host cannot be reached',
  next: 'Check the network connection, the address and any firewall.',
};
const slow: Kind = { code: 'timeout', reason: 'it did not answer in time' };
const untrusted: Kind = {
  code: 'tls',
  reason: 'its certificate was issued by a CA that is not trusted',
  next: tlsAdvice.untrusted,
};
const notTls: Kind = {
  code: 'tls',
  reason: 'it does not speak TLS there',
  next: 'Check the port, and http against https.',
};
const badReply: Kind = { code: 'bad-reply', reason: 'what it answered is not HTTP' };

/** By Node's, OpenSSL's and undici's code. */
const kinds: Readonly<Record<string, Kind>> = {
  ECONNREFUSED: refused,
  ECONNRESET: reset,
  EPIPE: reset,
  ECONNABORTED: reset,
  UND_ERR_SOCKET: reset,
  ENOTFOUND: notFound,
  ENODATA: notFound,
  EAI_AGAIN: { ...notFound, reason: 'the host name could not be looked up' },
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  EADDRNOTAVAIL: { ...unreachable, code: 'address-not-available' },
  ETIMEDOUT: slow,
  ERR_SOCKET_CONNECTION_TIMEOUT: slow,
  DEPTH_ZERO_SELF_SIGNED_CERT: { code: 'tls', reason: 'its certificate is self-signed', next: tlsAdvice.untrusted },
  SELF_SIGNED_CERT_IN_CHAIN: { ...untrusted, reason: 'its certificate chain ends in a root that is not trusted' },
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  CERT_UNTRUSTED: untrusted,
  CERT_HAS_EXPIRED: {
    code: 'tls',
    reason: 'its certificate has expired',
    next: tlsAdvice.expired,
  },
  CERT_NOT_YET_VALID: {
    code: 'tls',
    reason: 'its certificate is not valid yet',
    next: tlsAdvice.notYetValid,
  },
  ERR_SSL_WRONG_VERSION_NUMBER: notTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: notTls,
  UND_ERR_HEADERS_OVERFLOW: { code: 'bad-reply', reason: 'its headers are too large' },
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: { code: 'bad-reply', reason: 'the length it announced is wrong' },
  HPE_HEADER_OVERFLOW: { code: 'bad-reply', reason: 'its headers are too large' },
};

/** The failure of talking to `where` (`host:port`), as `Cannot reach <where>: <why>`. One of ours passes through. */
export function networkFailure(error: unknown, where: string): EversealError {
  if (error instanceof EversealError) return error;
  const kind = kinds[systemCode(error)] ?? kindByForm(error);
  const message = `Cannot reach ${printable(where)}: ${kind.reason}`;
  return new EversealError(kind.code, message, { cause: error, ...(kind.next !== undefined && { next: kind.next }) });
}

function kindByForm(error: unknown): Kind {
  const code = systemCode(error);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return wrongHost(error);
  if (code.startsWith('HPE_') || (error instanceof Error && error.name === 'HTTPParserError')) return badReply;
  const alert = /ALERT_(?:ALERT_)?([A-Z_]+)$/.exec(code)?.[1] ?? /alert ([a-z ]+)/.exec(messageOf(error))?.[1];
  // What Node meets while it writes comes as EPROTO, with OpenSSL's reason in the text alone.
  if (code === 'EPROTO' && /wrong version number|packet length too long/.test(messageOf(error))) return notTls;
  if ((code.startsWith('ERR_SSL_') || code === 'EPROTO') && alert !== undefined) {
    return { code: 'tls', reason: `it refused the TLS handshake (${alert.toLowerCase().replaceAll('_', ' ').trim()})` };
  }
  const reason = printable(messageOf(error));
  const isTls = /^(ERR_SSL_|ERR_TLS_|ERR_OSSL_|CERT_|EPROTO|INVALID_CA|PATH_LENGTH|HOSTNAME_MISMATCH)/.test(code);
  return { code: isTls ? 'tls' : 'network', reason: isTls ? `the TLS handshake failed (${reason})` : reason };
}

function wrongHost(error: unknown): Kind {
  const names =
    typeof error === 'object' && error !== null && 'reason' in error ? ` (${printable(String(error.reason))})` : '';
  return {
    code: 'tls',
    reason: `its certificate is for another host${names}`,
    next: tlsAdvice.wrongHost,
  };
}

/** The failure of listening at `where`. */
export function listenFailure(error: unknown, where: string): EversealError {
  const kind = listenKinds[systemCode(error)] ?? { code: 'network', reason: printable(messageOf(error)) };
  const message = `Cannot listen on ${printable(where)}: ${kind.reason}`;
  return new EversealError(kind.code, message, { cause: error, ...(kind.next !== undefined && { next: kind.next }) });
}

const listenKinds: Readonly<Record<string, Kind>> = {
  EADDRINUSE: {
    code: 'port-in-use',
    reason: 'the port is in use',
    next: 'Stop the program that uses the port, or choose another port.',
  },
  EACCES: {
    code: 'permission',
    reason: 'permission denied',
    next: 'Ports below 1024 need special rights: choose a higher port or run as a user who has them.',
  },
  EADDRNOTAVAIL: {
    code: 'address-not-available',
    reason: 'this machine does not have that address',
    next: 'Choose an address of this machine, or none to listen on all.',
  },
  ENOTFOUND: notFound,
};

/** `host:port`, with brackets around an IPv6 address; every address when the host is empty. */
export function formatAddress(address: { readonly host: string; readonly port: number }): string {
  if (address.host === '') return `port ${address.port}`;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
