import { EversealError } from './error.ts';

/** Text in the URL-safe base64 alphabet without padding (RFC 4648 §5, RFC 7515 §2). */
export type Base64Url = string & { readonly __brand: 'Base64Url' };

const alphabet = /^[A-Za-z0-9_-]+$/;

/**
 * Whether the text is non-empty, unpadded base64url. ACME nonces must be (RFC 8555 §6.5.1).
 *
 * @example
 * ```ts
 * import { isBase64Url } from 'everseal/core';
 * console.log(isBase64Url('LoqXcYV8q5ONbJQxbmR7SC'), isBase64Url('../etc')); // true false
 * ```
 */
export function isBase64Url(text: string): text is Base64Url {
  return alphabet.test(text) && text.length % 4 !== 1;
}

/**
 * Whether the text can be a challenge token: letters of the base64url alphabet (RFC 8555 §8.3). It need not be the encoding
 * of anything, so any length is fine.
 *
 * @example
 * ```ts
 * import { isChallengeToken } from 'everseal/core';
 * console.log(isChallengeToken('token'), isChallengeToken('../etc')); // true false
 * ```
 */
export function isChallengeToken(text: string): boolean {
  return alphabet.test(text);
}

/**
 * Encodes octets, or the UTF-8 of a text, without padding.
 *
 * @example
 * ```ts
 * import { toBase64Url } from 'everseal/core';
 * console.log(toBase64Url('hello?>')); // aGVsbG8_Pg
 * ```
 */
export function toBase64Url(data: Uint8Array | string): Base64Url {
  const octets =
    typeof data === 'string' ? Buffer.from(data, 'utf8') : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return octets.toString('base64url') as Base64Url;
}

/**
 * Decodes unpadded base64url.
 *
 * @throws EversealError `bad-reply` when the text is not unpadded base64url (the empty text gives no octets)
 *
 * @example
 * ```ts
 * import { fromBase64Url, fromUtf8 } from 'everseal/core';
 * console.log(fromUtf8(fromBase64Url('aGVsbG8'))); // hello
 * ```
 */
export function fromBase64Url(text: string): Uint8Array {
  if (text !== '' && !isBase64Url(text)) throw new EversealError('bad-reply', 'Not base64url text');
  return new Uint8Array(Buffer.from(text, 'base64url'));
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * The octets of a text.
 *
 * @example
 * ```ts
 * import { utf8 } from 'everseal/core';
 * console.log(utf8('é').length); // 2
 * ```
 */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/**
 * The text of octets.
 * Invalid sequences become U+FFFD.
 *
 * @example
 * ```ts
 * import { fromUtf8 } from 'everseal/core';
 * console.log(fromUtf8(new Uint8Array([0x68, 0x69]))); // hi
 * ```
 */
export function fromUtf8(data: Uint8Array): string {
  return decoder.decode(data);
}
