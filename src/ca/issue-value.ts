/** The value of a CAA property and of a dns-persist-01 record: `issuer; tag=value; …` (RFC 8659 §4.2). */

export type IssueValue =
  | {
      readonly fault: undefined;
      /** In lower case; empty when the value names no issuer. */
      readonly issuer: string;
      /** By tag in lower case. */
      readonly parameters: ReadonlyMap<string, string>;
    }
  | { readonly fault: string };

const issuerPattern = /^([a-z0-9]+(-+[a-z0-9]+)*(\.[a-z0-9]+(-+[a-z0-9]+)*)*)?$/i;
const parameterPattern = /^([a-z0-9]+(?:-+[a-z0-9]+)*)[ \t]*=[ \t]*([!-:<-~]*)$/i;

/** Reads the value; what the grammar does not allow is a fault, a tag that comes twice too. */
export function readIssueValue(text: string): IssueValue {
  const [issuer = '', ...rest] = text.split(';').map((part) => part.replace(/^[ \t]+|[ \t]+$/g, ''));
  if (!issuerPattern.test(issuer)) return { fault: 'what stands first is not a domain name' };
  // `issuer;` without parameters is allowed, an empty one among others is not.
  const texts = rest.length === 1 && rest[0] === '' ? [] : rest;
  const parameters = new Map<string, string>();
  for (const parameter of texts) {
    if (parameter === '') return { fault: 'it has an empty parameter: a semicolon too many' };
    const [, tag, value] = parameterPattern.exec(parameter) ?? [];
    if (tag === undefined || value === undefined) return { fault: `"${parameter}" is not tag=value` };
    const key = tag.toLowerCase();
    if (parameters.has(key)) return { fault: `it has "${tag}" twice` };
    parameters.set(key, value);
  }
  return { fault: undefined, issuer: issuer.toLowerCase(), parameters };
}
