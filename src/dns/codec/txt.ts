/** Texts in TXT records. */
import { fromUtf8, utf8 } from '../../core/index.ts';

const longestString = 255;

/**
 * The strings of a TXT record that holds the text: its UTF-8, cut after each 255 octets. The empty text is one empty string.
 *
 * @example
 * ```ts
 * import { txtStrings } from 'everseal/dns';
 * console.log(txtStrings('x'.repeat(300)).map((string) => string.length)); // [ 255, 45 ]
 * ```
 */
export function txtStrings(text: string): readonly Uint8Array[] {
  const octets = utf8(text);
  const count = Math.max(1, Math.ceil(octets.length / longestString));
  return Array.from({ length: count }, (_, index) => octets.slice(index * longestString, (index + 1) * longestString));
}

/**
 * The strings of a TXT record joined, as UTF-8 (RFC 8555 §8.4 reads them so); invalid sequences become U+FFFD.
 *
 * @example
 * ```ts
 * import { textOfTxt, txtStrings } from 'everseal/dns';
 * console.log(textOfTxt({ strings: txtStrings('validation') })); // validation
 * ```
 */
export function textOfTxt(record: { readonly strings: readonly Uint8Array[] }): string {
  return fromUtf8(Uint8Array.from(Buffer.concat(record.strings)));
}
