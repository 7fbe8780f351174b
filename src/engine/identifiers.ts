/** From what people type to {@link Identifier}: once, before anything is compared or asked for. */
import {
  EversealError,
  formatIpAddress,
  type Identifier,
  identifierKey,
  parseIpAddress,
  printable,
} from '../core/index.ts';

/**
 * The normal form of a name or address: A-labels by UTS 46, lower case, no trailing dot, canonical IP.
 *
 * `url.domainToASCII` will not do: it turns `1.2.3` into `1.2.0.3` and lets `a..b` through.
 *
 * @throws EversealError `bad-identifier` saying what is wrong and what would be right
 *
 * @example
 * ```ts
 * import { normaliseIdentifier } from 'everseal/engine';
 * await normaliseIdentifier('*.Bücher.example.'); // { type: 'dns', value: '*.xn--bcher-kva.example' }
 * await normaliseIdentifier('2001:DB8::0:1'); //     { type: 'ip', value: '2001:db8::1' }
 * ```
 */
export async function normaliseIdentifier(text: string): Promise<Identifier> {
  const typed = text.trim();
  const address = parseIpAddress(typed.replace(/^\[(.*)\]$/, '$1'));
  if (address !== undefined) return { type: 'ip', value: formatIpAddress(address) };
  const odd = oddities.find(({ pattern }) => pattern.test(typed));
  if (odd !== undefined) throw refused(typed, odd.why, odd.next);
  return { type: 'dns', value: await normaliseName(typed) };
}

/**
 * Each in normal form, the first of equal ones kept, order kept.
 *
 * @example
 * ```ts
 * import { normaliseIdentifiers } from 'everseal/engine';
 * console.log(await normaliseIdentifiers(['A.example', 'a.example.', '192.0.2.7'])); // a.example and 192.0.2.7
 * ```
 */
export async function normaliseIdentifiers(texts: readonly string[]): Promise<readonly Identifier[]> {
  const byKey = new Map<string, Identifier>();
  for (const identifier of await Promise.all(texts.map(normaliseIdentifier))) {
    if (!byKey.has(identifierKey(identifier))) byKey.set(identifierKey(identifier), identifier);
  }
  return [...byKey.values()];
}

/** What people paste that no certificate can hold, checked before the general rules because a better hint can be given. */
const oddities: readonly { readonly pattern: RegExp; readonly why: string; readonly next: string }[] = [
  { pattern: /^$/, why: 'it is empty', next: 'Give a host name such as www.example.com.' },
  { pattern: /:\/\//, why: 'it is a URL', next: 'Give the host name alone.' },
  { pattern: /@/, why: 'it is an e-mail address', next: 'Give a host name.' },
  { pattern: /%/, why: 'an address with a zone belongs to one machine only', next: 'Give a global address.' },
  { pattern: /\//, why: 'it holds a slash', next: 'Give the host name or one address, without path or prefix length.' },
  { pattern: /:\d+$/, why: 'it holds a port', next: 'Give the host name alone: a certificate is good for all ports.' },
  { pattern: /\s/, why: 'it holds white space', next: 'Separate names by commas.' },
  {
    pattern: /^\*$/,
    why: 'a certificate for every name does not exist',
    next: 'Give a wildcard such as *.example.com.',
  },
  { pattern: /^\*\..*\*/, why: 'only the first label can be a wildcard', next: 'Give a name such as *.example.com.' },
  {
    pattern: /^[^*]+\*|^\*[^.]/,
    why: 'a wildcard is a whole label at the front',
    next: 'Give a name such as *.example.com.',
  },
  { pattern: /_/, why: 'public names hold no underscore', next: 'Use a hyphen, or cover the name by a wildcard.' },
];

async function normaliseName(typed: string): Promise<string> {
  const wildcard = typed.startsWith('*.') ? '*.' : '';
  const bare = typed.slice(wildcard.length).replace(/[.\u3002\uff0e\uff61]$/, '');
  const ascii = beyondAscii.test(bare) ? (await import('./unicode-name.ts')).unicodeName(bare) : plainName(bare);
  // tr46's own hyphen check would also refuse names like `r3---sn.example`, which exist.
  if (ascii === null || /(^|\.)-|-(\.|$)/.test(ascii)) throw refused(typed, whyRefused(bare), 'Check the spelling.');
  if (/^\d+$/.test(ascii.slice(ascii.lastIndexOf('.') + 1))) {
    throw refused(typed, 'a name cannot end in a number, and it is no complete IP address', 'Check the spelling.');
  }
  if (wildcard.length + ascii.length > 253) throw refused(typed, 'it is longer than 253 octets', 'Use a shorter name.');
  return wildcard + ascii;
}

/** What only the tables of UTS 46 can judge. They take longer to load than a whole command. */
const beyondAscii = /[^ -~]|(^|\.)xn--/i;

/** What UTS 46 makes of a name in ASCII without A-labels; null when it is invalid. */
function plainName(name: string): string | null {
  const lower = name.toLowerCase();
  const valid = lower.length <= 253 && lower.split('.').every((label) => /^[a-z\d-]{1,63}$/.test(label));
  return valid ? lower : null;
}

function whyRefused(name: string): string {
  const labels = name.split('.');
  if (labels.some((label) => label === '')) return 'it holds an empty label';
  if (labels.some((label) => label.length > 63)) return 'a label is longer than 63 octets';
  if (name.length > 253) return 'it is longer than 253 octets';
  if (labels.some((label) => /^-|-$/.test(label))) return 'a label begins or ends with a hyphen';
  return 'it is not a valid internationalised host name (UTS 46)';
}

function refused(typed: string, why: string, next: string): EversealError {
  return new EversealError('bad-identifier', `'${printable(typed, 80)}' cannot stand in a certificate: ${why}`, {
    next,
  });
}
