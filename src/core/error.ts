/**
 * What went wrong, in kinds that a caller can act on. `acme` adds the subclasses that carry a server's problem document.
 */
export type ErrorCode =
  // the request itself
  | 'usage' // a command line or option that makes no sense
  | 'bad-identifier' // a name that no certificate can hold
  | 'bad-key' // a key that cannot be read or used
  | 'bad-certificate' // a certificate or CSR that cannot be read
  | 'unsupported' // the server does not offer what was asked
  | 'aborted' // the caller's signal fired
  // the network
  | 'connection-refused'
  | 'connection-reset'
  | 'name-not-found'
  | 'address-not-available'
  | 'tls'
  | 'timeout'
  | 'reply-too-large'
  | 'bad-reply'
  | 'network'
  | 'port-in-use'
  // DNS
  | 'dns-failed' // a lookup that cannot succeed: SERVFAIL, a lame delegation, a CNAME loop
  | 'dns-refused' // a server that knows the question and does not want to: REFUSED, NOTAUTH, a TSIG error
  | 'provider-failed' // a DNS provider's API refused or broke
  | 'not-propagated' // the record was written, but not all servers show it
  // the CA
  | 'acme-problem' // a problem document with no code of its own
  | 'rate-limited'
  | 'user-action-required'
  | 'account-not-found'
  | 'bad-server' // the server broke the protocol: nothing of what it sent is used
  | 'challenge-failed'
  | 'order-failed'
  | 'preflight-failed' // a validation that cannot succeed: not asked for
  | 'rejected-certificate' // the issued certificate is not what was ordered
  // the disk
  | 'file-not-found'
  | 'file-exists'
  | 'permission'
  | 'disk-full'
  | 'read-only-disk'
  | 'not-a-folder'
  | 'is-a-folder'
  | 'folder-not-empty'
  | 'cross-device'
  | 'busy'
  | 'io'
  // the stores
  | 'corrupt' // a file of ours that cannot be understood
  | 'newer-format' // written by a later version
  | 'conflict' // somebody else committed in between
  | 'stale-lease' // the lock was lost before the work was done
  // programs
  | 'program-not-found'
  | 'program-failed';

export interface EversealErrorOptions {
  /** What the reader can do about it: one sentence, complete with its full stop. */
  readonly next?: string;
  readonly cause?: unknown;
}

/**
 * Every failure of this product. The message says what failed, where and why, in one line; `next` what to do.
 *
 * @example
 * ```ts
 * import { EversealError } from 'everseal/core';
 * try {
 *   throw new EversealError('port-in-use', 'Port 80 is taken', { next: 'Stop the web server or use --http.webroot.' });
 * } catch (error) {
 *   if (error instanceof EversealError && error.code === 'port-in-use') console.error(error.next);
 * }
 * ```
 */
export class EversealError extends Error {
  readonly code: ErrorCode;
  readonly next: string | undefined;

  constructor(code: ErrorCode, message: string, options: EversealErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.next = options.next;
  }
}

/**
 * Whether `error` is a failure of ours with one of these codes.
 *
 * @example
 * ```ts
 * import { EversealError, hasCode } from 'everseal/core';
 * const error: unknown = new EversealError('timeout', 'No answer');
 * if (hasCode(error, 'timeout', 'network')) console.log(`${error.code}: try again`);
 * ```
 */
export function hasCode(error: unknown, ...codes: readonly ErrorCode[]): error is EversealError {
  return error instanceof EversealError && codes.includes(error.code);
}

/**
 * The one-line text of anything that was thrown.
 *
 * @example
 * ```ts
 * import { messageOf } from 'everseal/core';
 * console.log(messageOf(new Error('it broke')), messageOf('a text')); // it broke a text
 * ```
 */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
