/** URLs that a server hands out: requested only after they were looked at. */
import { printable } from '../core/index.ts';
import { badServer } from './bad-server.ts';

const maxLength = 2048;

/**
 * The URL byte for byte as the server gave it (RFC 8555 §6.4 compares it so, and an account URL is the `kid`), once it is
 * known to be absolute, HTTPS, short, plain ASCII and without user information. Other origins are legal.
 *
 * @throws EversealError `bad-server`
 */
export function serverUrl(value: unknown, what: string, from: string): string {
  const why = typeof value === 'string' ? objection(value) : 'it is missing';
  if (why !== undefined) throw badServer(what, from, why);
  return String(value);
}

/** Whether {@link serverUrl} would take it. */
export function isServerUrl(value: unknown): value is string {
  return typeof value === 'string' && objection(value) === undefined;
}

/** A web address to show to a person, or undefined when it is anything else (a script, a file, control characters). */
export function webAddress(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > maxLength || !/^[\x21-\x7e]+$/.test(value)) return undefined;
  const url = parse(value);
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:') ? value : undefined;
}

function objection(text: string): string | undefined {
  if (text.length > maxLength) return `the URL has ${text.length} characters`;
  const shown = printable(text, 100);
  // `new URL` drops tabs and line breaks without a word, so they are refused before.
  if (!/^[\x21-\x7e]+$/.test(text)) return `"${shown}" is not a URL`;
  const url = parse(text);
  if (url === null) return `"${shown}" is not an absolute URL`;
  if (url.protocol !== 'https:') return `"${shown}" is not an https URL`;
  if (url.username !== '' || url.password !== '') return 'the URL carries a user name or password';
  if (text.includes('#')) return `"${shown}" has a fragment`;
  return undefined;
}

function parse(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}
