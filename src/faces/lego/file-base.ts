import { EversealError, messageOf, printable } from '../../core/index.ts';
import { decodePunycode, encodePunycode } from './punycode.ts';

const ace = 'xn--';

/**
 * A certificate's name as lego has it in file names: `:` and `*` replaced, non-ASCII labels in Punycode without any case
 * mapping, and of the rest only letters, digits and `- _ . @` kept. There is no way out of the folder: no separator stays.
 *
 * @throws EversealError `bad-identifier` when nothing is left, or a label is broken Punycode (lego stops there, too)
 */
export function fileBaseOf(name: string): string {
  const replaced = name.replaceAll(':', '-').replaceAll('*', '_');
  const base = toAscii(replaced, name).replace(/[^\p{L}\p{N}\-_.@]/gu, '');
  if (base === '') throw badName(name, 'no letter or digit is left for its files');
  return base;
}

/** golang.org/x/net/idna's `Punycode` profile: an A-label is decoded and encoded again, one of pure ASCII is refused. */
function toAscii(text: string, name: string): string {
  return text
    .split('.')
    .map((label) => labelToAscii(label, name))
    .join('.');
}

function labelToAscii(label: string, name: string): string {
  try {
    const unicode = label.startsWith(ace) ? decodeAce(label) : label;
    return isAscii(unicode) ? unicode : ace + encodePunycode(unicode);
  } catch (cause) {
    throw badName(name, messageOf(cause), cause);
  }
}

function decodeAce(label: string): string {
  const unicode = decodePunycode(label.slice(ace.length));
  if (unicode !== '' && isAscii(unicode))
    throw new EversealError('bad-identifier', `'${label}' is Punycode for plain ASCII`);
  return unicode;
}

function isAscii(text: string): boolean {
  return [...text].every((character) => character.charCodeAt(0) < 0x80);
}

function badName(name: string, why: string, cause?: unknown): EversealError {
  return new EversealError(
    'bad-identifier',
    `The certificate name '${printable(name, 80)}' cannot name files: ${printable(why, 120)}`,
    {
      next: 'Give the certificate another name with --cert.name.',
      cause,
    },
  );
}
