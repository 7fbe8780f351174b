import * as v from 'valibot';
import { CaProblem } from './problem.ts';

/** An optional text: missing, `null` and `""` all mean that there is none, since clients send all three. */
export const optionalText = v.pipe(
  v.nullish(v.string()),
  v.transform((text) => (text === null || text === '' ? undefined : text)),
);

/** Reads a payload by a schema; members that the schema does not name are ignored (RFC 8555 §7.3). @throws CaProblem `malformed` */
export function readPayload<const Schema extends v.GenericSchema>(
  schema: Schema,
  payload: unknown,
  what: string,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, payload, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const where = v.getDotPath(issue);
  throw new CaProblem(
    'malformed',
    `The ${what} cannot be read${where === null ? '' : ` at "${where}"`}: ${issue.message}`,
  );
}

/** The text as JSON, or undefined when it is not. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
