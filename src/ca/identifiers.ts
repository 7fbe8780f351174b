import { type Identifier, isWildcard } from '../core/index.ts';
import { compoundProblem, type ProblemType, type Subproblem } from './problem.ts';

/**
 * What a client asked for, in normal form and without duplicates.
 *
 * @throws CaProblem with a subproblem for each identifier that cannot be had
 */
export function checkIdentifiers(
  asked: readonly { readonly type: string; readonly value: string }[],
  refusedNames: readonly string[],
): readonly Identifier[] {
  const good = new Map<string, Identifier>();
  const bad: Subproblem[] = [];
  for (const { type, value } of asked) {
    const identifier: Identifier = { type: type === 'ip' ? 'ip' : 'dns', value: value.toLowerCase() };
    const problem = problemWith(type, identifier.value, refusedNames);
    if (problem === undefined) good.set(`${type}:${identifier.value}`, identifier);
    else bad.push({ ...problem, identifier });
  }
  if (bad.length > 0) throw compoundProblem(bad, 'No certificate can be had for what the order asks');
  return [...good.values()];
}

/** What is validated: a wildcard's name without `*.` (RFC 8555 §7.1.4). */
export function baseIdentifier(identifier: Identifier): Identifier {
  return isWildcard(identifier) ? { type: 'dns', value: identifier.value.slice(2) } : identifier;
}

/** What was ordered. */
export function orderedIdentifier(authorized: {
  readonly identifier: Identifier;
  readonly wildcard: boolean;
}): Identifier {
  return authorized.wildcard ? { type: 'dns', value: `*.${authorized.identifier.value}` } : authorized.identifier;
}

interface Fault {
  readonly type: ProblemType;
  readonly detail: string;
}

function problemWith(type: string, value: string, refusedNames: readonly string[]): Fault | undefined {
  if (type === 'dns') return problemWithName(value, refusedNames);
  if (type === 'ip')
    return isCanonicalIp(value)
      ? undefined
      : { type: 'malformed', detail: 'not an IP address in its canonical text (RFC 5952)' };
  return {
    type: 'unsupportedIdentifier',
    detail: `identifiers of type "${type}" are not supported, only "dns" and "ip"`,
  };
}

function problemWithName(name: string, refusedNames: readonly string[]): Fault | undefined {
  const base = name.startsWith('*.') ? name.slice(2) : name;
  const fault = name.length > 253 ? 'a name of more than 253 characters' : nameFault(base);
  if (fault !== undefined) return { type: 'malformed', detail: fault };
  const refused = refusedNames.find((parent) => base === parent || base.endsWith(`.${parent}`));
  return refused === undefined
    ? undefined
    : { type: 'rejectedIdentifier', detail: `this server is told to refuse ${refused}` };
}

/** A-labels by the letter-digit-hyphen rule (RFC 1034 §3.5, RFC 5890 §2.3.1). */
function nameFault(name: string): string | undefined {
  if (name === '') return 'an empty name';
  if (name.endsWith('.')) return 'a name with a trailing dot';
  const labels = name.split('.');
  const wrong = labels.find((label) => !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label));
  if (wrong !== undefined) return `"${wrong}" is not a label of letters, digits and hyphens`;
  const reserved = labels.find((label) => /^..--/.test(label) && !label.startsWith('xn--'));
  if (reserved !== undefined) return `"${reserved}" has hyphens where only A-labels have them`;
  return /^\d+$/.test(labels.at(-1) ?? '') ? 'an address, not a name: use the type "ip"' : undefined;
}

/** The URL parser writes addresses canonically; a text that survives it unchanged is canonical (zones do not parse). */
function isCanonicalIp(text: string): boolean {
  const host = text.includes(':') ? `[${text}]` : text;
  if (!/^[0-9a-f:.[\]]+$/.test(host) || !URL.canParse(`http://${host}/`)) return false;
  return new URL(`http://${host}/`).hostname === host;
}
