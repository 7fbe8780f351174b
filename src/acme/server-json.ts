/** JSON from a server that may be hostile: shallow objects only, then a schema. */
import * as v from 'valibot';
import { fromUtf8, printable } from '../core/index.ts';
import { badServer } from './bad-server.ts';

const maxDepth = 64;

/** Where a reply came from and what it holds. */
export interface JsonSource {
  readonly url: string;
  readonly body: Uint8Array;
}

/**
 * The JSON object in a body, whatever its content type says. A byte order mark goes, invalid UTF-8 becomes U+FFFD, members
 * that are `null` count as absent, of doubled members the last one counts.
 *
 * @returns undefined when the body is no JSON object or is nested deeper than 64 levels
 */
export function parseServerObject(body: Uint8Array): object | undefined {
  const text = fromUtf8(body);
  if (!isShallow(text)) return undefined;
  const value = parseWithoutNulls(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}

/** As {@link parseServerObject}, for a body whose top may also be an array. */
export function parseServerJson(body: Uint8Array): unknown {
  const text = fromUtf8(body);
  return isShallow(text) ? parseWithoutNulls(text) : undefined;
}

/**
 * Reads a body through a schema. Members the schema does not know are dropped.
 *
 * @throws EversealError `bad-server` naming the member that is wrong
 */
export function readServerObject<S extends v.GenericSchema>(
  source: JsonSource,
  schema: S,
  what: string,
): v.InferOutput<S> {
  const value = parseServerObject(source.body);
  if (value === undefined) throw badServer(what, source.url, `it is not a JSON object but "${excerpt(source.body)}"`);
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw badServer(what, source.url, `${v.getDotPath(issue) ?? 'it'}: ${issue.message}`);
}

/** The start of a body for an error message. */
export function excerpt(body: Uint8Array): string {
  return printable(fromUtf8(body.subarray(0, 400)), 80);
}

/** An RFC 3339 date, or undefined when it is none: dates of a server inform, they never decide. */
export function readDate(text: string | undefined): Date | undefined {
  if (text === undefined || !/^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/.test(text))
    return undefined;
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function parseWithoutNulls(text: string): unknown {
  try {
    return JSON.parse(text, (_name, value) => (value === null ? undefined : value));
  } catch {
    return undefined;
  }
}

/** Counts brackets outside strings, so that nothing deep is ever built. */
function isShallow(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (inString && character === '\\') index += 1;
    else if (character === '"') inString = !inString;
    else if (!inString && (character === '{' || character === '[')) depth += 1;
    else if (!inString && (character === '}' || character === ']')) depth -= 1;
    if (depth > maxDepth) return false;
  }
  return true;
}
