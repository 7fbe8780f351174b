/**
 * Domain names in presentation form (RFC 1035 §5.1): a label may hold any octet, `\.` is a dot that separates nothing, `\DDD`
 * the octet of that decimal value. What is written here escapes everything but letters, digits, hyphen, underscore and `*`.
 */
import { EversealError, printable } from '../core/index.ts';

const longestLabel = 63;
/** RFC 1035 §2.3.4: with the length octet of each label and that of the root. */
const longestName = 255;
const plainLabel = /^[A-Za-z0-9_*-]+$/;

/**
 * The name with its final dot.
 *
 * @throws EversealError `bad-identifier` for an empty label, a label of more than 63 octets, a name of more than 255, an
 * escape that is none, and characters outside ASCII
 *
 * @example
 * ```ts
 * import { absoluteName } from 'everseal/dns';
 * console.log(absoluteName('www.example.com')); // www.example.com.
 * ```
 */
export function absoluteName(text: string): string {
  return nameOfLabels(parseName(text));
}

/**
 * The one spelling of a name: absolute, ASCII letters in lower case, escapes only where they are needed.
 *
 * @throws EversealError `bad-identifier` as {@link absoluteName}
 *
 * @example
 * ```ts
 * import { canonicalName } from 'everseal/dns';
 * console.log(canonicalName('WWW.\\101xample')); // www.example.
 * ```
 */
export function canonicalName(name: string): string {
  // An escape never holds an upper-case letter once it is minimal.
  return absoluteName(name).toLowerCase();
}

/**
 * Whether both are the same name (RFC 4343: upper and lower case are the same).
 *
 * @throws EversealError `bad-identifier` as {@link absoluteName}
 *
 * @example
 * ```ts
 * import { sameName } from 'everseal/dns';
 * console.log(sameName('Example.COM', 'example.com.')); // true
 * ```
 */
export function sameName(a: string, b: string): boolean {
  return a === b || canonicalName(a) === canonicalName(b);
}

/**
 * The labels, leftmost first, each in presentation form; none for the root.
 *
 * @throws EversealError `bad-identifier` as {@link absoluteName}
 *
 * @example
 * ```ts
 * import { labelsOf } from 'everseal/dns';
 * console.log(labelsOf('a\\.b.example.')); // [ 'a\\.b', 'example' ]
 * ```
 */
export function labelsOf(name: string): readonly string[] {
  return parseName(name).map(presentLabel);
}

/**
 * The name without its leftmost label; undefined for the root.
 *
 * @throws EversealError `bad-identifier` as {@link absoluteName}
 *
 * @example
 * ```ts
 * import { parentOf } from 'everseal/dns';
 * console.log(parentOf('www.example.'), parentOf('.')); // example. undefined
 * ```
 */
export function parentOf(name: string): string | undefined {
  const labels = parseName(name);
  return labels.length === 0 ? undefined : nameOfLabels(labels.slice(1));
}

/**
 * Whether the name is the zone's apex or below it.
 *
 * @throws EversealError `bad-identifier` as {@link absoluteName}
 *
 * @example
 * ```ts
 * import { isWithin } from 'everseal/dns';
 * console.log(isWithin('www.Example.com', 'example.com'), isWithin('badexample.com', 'example.com')); // true false
 * ```
 */
export function isWithin(name: string, zone: string): boolean {
  const labels = labelsOf(canonicalName(name));
  const above = labelsOf(canonicalName(zone));
  const offset = labels.length - above.length;
  return offset >= 0 && above.every((label, index) => labels[offset + index] === label);
}

/**
 * The name as seen from the zone, without a final dot: `''` at the apex.
 *
 * @throws TypeError when the name is not within the zone
 * @throws EversealError `bad-identifier` as {@link absoluteName}
 *
 * @example
 * ```ts
 * import { relativeName } from 'everseal/dns';
 * console.log(relativeName('_acme-challenge.www.example.com.', 'example.com.')); // _acme-challenge.www
 * ```
 */
export function relativeName(name: string, zone: string): string {
  if (!isWithin(name, zone)) throw new TypeError(`${name} is not within ${zone}`);
  const labels = labelsOf(name);
  return labels.slice(0, labels.length - labelsOf(zone).length).join('.');
}

/**
 * The text without the dot that ends it; an escaped dot stays. `''` for the root.
 *
 * @example
 * ```ts
 * import { withoutFinalDot } from 'everseal/dns';
 * console.log(withoutFinalDot('example.com.'), withoutFinalDot('a\\.')); // example.com a\.
 * ```
 */
export function withoutFinalDot(name: string): string {
  const escapes = /(\\*)\.$/.exec(name)?.[1];
  return escapes === undefined || escapes.length % 2 === 1 ? name : name.slice(0, -1);
}

/**
 * The octets of each label, leftmost first; none for the root. A missing final dot is fine.
 *
 * @throws EversealError `bad-identifier` as {@link absoluteName}
 *
 * @example
 * ```ts
 * import { parseName } from 'everseal/dns';
 * console.log(parseName('\\255.example').map((label) => label.length)); // [ 1, 7 ]
 * ```
 */
export function parseName(text: string): readonly Uint8Array[] {
  if (text === '.') return [];
  const labels = splitLabels(text).map((label) => parseLabel(label, text));
  const octets = labels.reduce((sum, label) => sum + label.length + 1, 1);
  if (octets > longestName) throw badName(text, `it has ${octets} octets, and ${longestName} is the most`);
  return labels;
}

/**
 * The absolute name that these labels make.
 *
 * @example
 * ```ts
 * import { nameOfLabels } from 'everseal/dns';
 * console.log(nameOfLabels([new Uint8Array([97, 46]), new Uint8Array([98])])); // a\..b.
 * ```
 */
export function nameOfLabels(labels: readonly Uint8Array[]): string {
  return labels.length === 0 ? '.' : labels.map((label) => `${presentLabel(label)}.`).join('');
}

/** Cut at each dot that no backslash precedes; the final dot cuts nothing off. */
function splitLabels(text: string): readonly string[] {
  const absolute = withoutFinalDot(text);
  if (!absolute.includes('\\')) return absolute.split('.');
  const labels = [''];
  for (const [piece] of absolute.matchAll(/\\.|./gs)) {
    if (piece === '.') labels.push('');
    else labels.push((labels.pop() ?? '') + piece);
  }
  return labels;
}

function parseLabel(label: string, name: string): Uint8Array {
  if (label === '') throw badName(name, name === '' ? 'it is empty' : 'a label is empty');
  const octets = label.includes('\\') ? unescaped(label, name) : Buffer.from(label, 'latin1');
  if (/[^\0-\x7f]/.test(label)) throw badName(name, 'characters outside ASCII stand in names as xn-- (RFC 5890)');
  if (octets.length > longestLabel)
    throw badName(name, `a label has ${octets.length} octets, and ${longestLabel} is the most`);
  return Uint8Array.from(octets);
}

function unescaped(label: string, name: string): readonly number[] {
  return Array.from(label.matchAll(/\\\d{3}|\\.|./gs), ([piece]) => {
    if (!piece.startsWith('\\')) return piece.charCodeAt(0);
    const octet = piece.length === 4 ? Number(piece.slice(1)) : piece.charCodeAt(1);
    if (piece.length === 1 || /^\\\d$/.test(piece) || octet > 255) throw badName(name, `${piece} is no escape`);
    return octet;
  });
}

function presentLabel(label: Uint8Array): string {
  const text = Buffer.from(label).toString('latin1');
  if (plainLabel.test(text)) return text;
  return text.replace(/[^A-Za-z0-9_*-]/g, (character) =>
    character === '.' || character === '\\'
      ? `\\${character}`
      : `\\${String(character.charCodeAt(0)).padStart(3, '0')}`,
  );
}

function badName(name: string, why: string): EversealError {
  return new EversealError('bad-identifier', `${quoted(name)} is no domain name: ${why}`, {
    next: 'Check the spelling of the name.',
  });
}

function quoted(name: string): string {
  return `"${printable(name, 80)}"`;
}
