import * as v from 'valibot';
import { fromUtf8, utf8 } from '../../core/index.ts';

const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/**
 * JSON octet by octet as Go's `json.MarshalIndent(value, "", "\t")` writes it: tabs, characters that HTML minds escaped, no
 * line end. Keys in the order given; undefined ones are left out (`omitempty`).
 */
export function goJson(value: unknown): Uint8Array {
  return utf8(JSON.stringify(value, null, '\t').replace(/[<>&\u2028\u2029]/g, (character) => escapes[character] ?? ''));
}

/**
 * Reads a file of lego's.
 *
 * @throws SyntaxError, ValiError
 */
export function parseJsonObject<T extends v.GenericSchema>(schema: T, data: Uint8Array): v.InferOutput<T> {
  const value: unknown = JSON.parse(fromUtf8(data));
  if (Array.isArray(value)) throw new SyntaxError('a list, not an object');
  return v.parse(schema, value);
}
