/** How bodies are written and replies are read. */
import type { ApiFields } from './api-request.ts';

export interface Codec {
  /** For the `accept` header. */
  readonly accept: string;
  /** For the `content-type` header of a request with a body. */
  readonly contentType: string;
  /** @throws TypeError for a body that this codec has no form for */
  encode(body: unknown): string;
  /** @throws SyntaxError for a text that is not of this form */
  decode(text: string): unknown;
}

const jsonType = 'application/json';

/**
 * Requests and replies in JSON. Whole numbers beyond 2⁵³ are read as texts: ids stay exact.
 *
 * @example
 * ```ts
 * import { json } from 'everseal/dns';
 * console.log(json().decode('{"id": 12345678901234567890}')); // { id: '12345678901234567890' }
 * ```
 */
export function json(): Codec {
  return { accept: jsonType, contentType: jsonType, encode: (body) => JSON.stringify(body), decode: parseJson };
}

/**
 * Requests as HTML forms, replies in JSON or as plain text. A list is the same field several times.
 *
 * @example
 * ```ts
 * import { form } from 'everseal/dns';
 * console.log(form('text').encode({ name: 'a b', skip: undefined })); // name=a+b
 * ```
 */
export function form(reply: 'json' | 'text'): Codec {
  return { ...replyForms[reply], contentType: 'application/x-www-form-urlencoded', encode: formText };
}

/**
 * Everything goes into the query, replies are plain text. A reply in JSON is what {@link json} reads.
 *
 * @example
 * ```ts
 * import { plainText } from 'everseal/dns';
 * console.log(plainText().decode('OK')); // OK
 * ```
 */
export function plainText(): Codec {
  return { ...replyForms.text, contentType: 'text/plain; charset=utf-8', encode: String };
}

const replyForms = {
  json: { accept: jsonType, decode: parseJson },
  text: { accept: '*/*', decode: (text: string): unknown => text },
} as const;

/** Strings, in which digits stay digits, and whole numbers with fraction and exponent. */
const tokens = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function parseJson(text: string): unknown {
  return JSON.parse(text.replace(tokens, quotedWhenLong));
}

/** A long integer would lose its last digits. */
function quotedWhenLong(token: string): string {
  return /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token;
}

function formText(body: unknown): string {
  if (typeof body !== 'object' || body === null) throw new TypeError('a form is made of fields');
  const fields = new URLSearchParams();
  for (const [name, value] of Object.entries(body))
    for (const item of Array.isArray(value) ? value : [value])
      if (item !== undefined) fields.append(name, String(item));
  return fields.toString();
}

/** The query of a URL, without its question mark. */
export function queryText(fields: ApiFields): string {
  return formText(fields);
}
