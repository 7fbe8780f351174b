/** TXT values as APIs show them: bare, or as quoted character-strings (RFC 1035 §5.1). */
import { fromUtf8 } from '../../core/index.ts';
import { txtStrings } from '../codec/index.ts';

/**
 * The value as quoted character-strings of at most 255 octets.
 *
 * @example
 * ```ts
 * import { quotedTxt } from 'everseal/dns';
 * console.log(quotedTxt('say "hi"')); // "say \"hi\""
 * ```
 */
export function quotedTxt(value: string): string {
  return txtStrings(value)
    .map((string) => `"${Array.from(string, quotedOctet).join('')}"`)
    .join(' ');
}

/**
 * The value that an API's text stands for: its character-strings joined when it is quoted, else the text itself.
 *
 * @example
 * ```ts
 * import { valueOfTxt } from 'everseal/dns';
 * console.log(valueOfTxt('"one" "two"'), valueOfTxt('bare')); // onetwo bare
 * ```
 */
export function valueOfTxt(text: string): string {
  const trimmed = text.trim();
  if (!/^"(?:[^"\\]|\\.)*"(?:\s*"(?:[^"\\]|\\.)*")*$/s.test(trimmed)) return text;
  const strings = Array.from(trimmed.matchAll(/"((?:[^"\\]|\\.)*)"/gs), ([, content = '']) => unescaped(content));
  return fromUtf8(new Uint8Array(Buffer.concat(strings)));
}

function quotedOctet(octet: number): string {
  if (octet === 0x22 || octet === 0x5c) return `\\${String.fromCharCode(octet)}`;
  return octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : `\\${String(octet).padStart(3, '0')}`;
}

function unescaped(content: string): Buffer {
  const pieces = Array.from(content.matchAll(/\\\d{3}|\\.|[^\\]+/gs), ([piece]) => {
    if (!piece.startsWith('\\')) return Buffer.from(piece, 'utf8');
    const octet = Number(piece.slice(1));
    return piece.length === 4 && octet < 256 ? Buffer.from([octet]) : Buffer.from(piece.slice(1), 'utf8');
  });
  return Buffer.concat(pieces);
}
