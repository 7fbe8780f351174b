/** The `Link` header (RFC 8288 §3), as far as ACME uses it: targets by relation. */

/** One link: where it points, as written, and how it relates, in lower case. */
export interface Link {
  readonly target: string;
  readonly relations: readonly string[];
}

const maxLinks = 1000;
const linkPattern = /\s*<([^>]*)>((?:\s*;\s*[^\s=;,"]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]*))?)*)\s*(?:,|$)/gy;
const parameterPattern = /;\s*([^\s=;,"]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?\s*/gy;

/**
 * Reads all values of a `Link` header: several header lines and several links in one line are the same. What follows a
 * syntax error in a line is dropped.
 *
 * @example
 * ```ts
 * import { parseLinks } from 'everseal/acme';
 * const [link] = parseLinks(['<https://ca.example/cert/1/alt>;rel="alternate"']);
 * console.log(link?.target, link?.relations); // https://ca.example/cert/1/alt [ 'alternate' ]
 * ```
 */
export function parseLinks(values: readonly string[]): readonly Link[] {
  return values.flatMap((value) => [...value.matchAll(linkPattern)].map(readLink)).slice(0, maxLinks);
}

function readLink(match: RegExpMatchArray): Link {
  const [, target = '', parameters = ''] = match;
  const relation = [...parameters.trimStart().matchAll(parameterPattern)].find(
    ([, name = '']) => name.toLowerCase() === 'rel',
  );
  const text = relation?.[2] ?? relation?.[3] ?? '';
  return { target: target.trim(), relations: text.toLowerCase().split(/\s+/).filter(Boolean) };
}
