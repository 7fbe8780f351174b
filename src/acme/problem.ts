/** Problem documents (RFC 8555 §6.7, RFC 7807), and what stands in for one when a server or proxy sends something else. */
import { fromUtf8, type Identifier, printable } from '../core/index.ts';
import type { Reply } from './reply.ts';
import { serverIdentifier } from './server-identifier.ts';
import { parseServerObject } from './server-json.ts';

/** A problem with one of the identifiers. */
export interface AcmeSubproblem {
  readonly type: string;
  readonly detail: string;
  readonly identifier?: Identifier;
}

/** A problem as the server told it. All texts are printable and of bounded length. */
export interface AcmeProblem {
  /** A URN like `urn:ietf:params:acme:error:caa`; `about:blank` when the server named none. */
  readonly type: string;
  readonly title?: string;
  /** For people to read. */
  readonly detail: string;
  /** The HTTP status of the reply, 0 for a problem inside an order or a challenge that names none. */
  readonly status: number;
  readonly instance?: string;
  readonly subproblems: readonly AcmeSubproblem[];
  /** With `badSignatureAlgorithm`: what the server would take (RFC 8555 §6.2). */
  readonly algorithms?: readonly string[];
}

/** The types that RFC 8555 §6.7, RFC 9773 §7.4 and the profiles draft register. Others are legal. */
export type AcmeProblemType =
  | 'accountDoesNotExist'
  | 'alreadyReplaced'
  | 'alreadyRevoked'
  | 'badCSR'
  | 'badNonce'
  | 'badPublicKey'
  | 'badRevocationReason'
  | 'badSignatureAlgorithm'
  | 'caa'
  | 'compound'
  | 'connection'
  | 'dns'
  | 'externalAccountRequired'
  | 'incorrectResponse'
  | 'invalidContact'
  | 'invalidProfile'
  | 'malformed'
  | 'orderNotReady'
  | 'rateLimited'
  | 'rejectedIdentifier'
  | 'serverInternal'
  | 'tls'
  | 'unauthorized'
  | 'unsupportedContact'
  | 'unsupportedIdentifier'
  | 'userActionRequired';

export const problemNamespace = 'urn:ietf:params:acme:error:';

const maxSubproblems = 1000;

/**
 * Whether the problem is of this registered type.
 *
 * @example
 * ```ts
 * import { isProblem } from 'everseal/acme';
 * const type = 'urn:ietf:params:acme:error:badCSR';
 * isProblem({ type, detail: 'no', status: 400, subproblems: [] }, 'badCSR'); // true
 * ```
 */
export function isProblem(problem: AcmeProblem, type: AcmeProblemType): boolean {
  return problem.type === problemNamespace + type;
}

/** The type without its namespace, for one-line messages. */
export function problemTypeName(problem: { readonly type: string }): string {
  return problem.type.startsWith(problemNamespace) ? problem.type.slice(problemNamespace.length) : problem.type;
}

/** Longer texts are cut: a message is for reading. Everything is in the problem itself. */
const longestText = 350;

/** The problem in one line, with what it says of each identifier. */
export function problemText(problem: AcmeProblem): string {
  const parts = problem.subproblems.slice(0, 5).map((sub) => `${sub.identifier?.value ?? 'also'}: ${sub.detail}`);
  const more = problem.subproblems.length - parts.length;
  const details = [problem.detail, ...parts, ...(more > 0 ? [`and ${more} more`] : [])].filter((text) => text !== '');
  const text = details.join('; ');
  return printable(problem.type === 'about:blank' ? text : `${problemTypeName(problem)}: ${text}`, longestText);
}

/** The problem that a reply carries: never fails, whatever the body is. */
export function problemOfReply(reply: Reply): AcmeProblem {
  const document = parseServerObject(reply.body);
  const problem = readProblem(document ?? {}, reply.status);
  if (problem.detail !== '') return problem;
  return { ...problem, detail: describeBody(reply) };
}

/** A problem inside another object (an order's or a challenge's `error`). */
export function readProblem(value: unknown, status = 0): AcmeProblem {
  const members = membersOf(value);
  const title = text(members.get('title'));
  const instance = text(members.get('instance'), 2048);
  const algorithms = texts(members.get('algorithms'));
  return {
    type: text(members.get('type'), 200) ?? 'about:blank',
    ...(title === undefined ? {} : { title }),
    detail: text(members.get('detail')) ?? title ?? '',
    status: status === 0 ? statusOf(members.get('status')) : status,
    ...(instance === undefined ? {} : { instance }),
    subproblems: list(members.get('subproblems')).slice(0, maxSubproblems).map(readSubproblem),
    ...(algorithms.length === 0 ? {} : { algorithms }),
  };
}

function readSubproblem(value: unknown): AcmeSubproblem {
  const members = membersOf(value);
  const named = membersOf(members.get('identifier'));
  const [type, name] = [named.get('type'), named.get('value')];
  const identifier =
    typeof type === 'string' && typeof name === 'string' ? serverIdentifier({ type, value: name }) : undefined;
  return {
    type: text(members.get('type'), 200) ?? 'about:blank',
    detail: text(members.get('detail')) ?? text(members.get('title')) ?? '',
    ...(identifier === undefined ? {} : { identifier }),
  };
}

/** What can be said of a body that is no problem document. */
function describeBody(reply: Reply): string {
  const body = fromUtf8(reply.body.subarray(0, 16_384));
  const title = /<title[^>]*>([^<]{1,200})/i.exec(body)?.[1];
  if (title !== undefined) return `status ${reply.status}, an HTML page titled "${printable(title, 100)}"`;
  const shown = printable(body, 100);
  return shown === '' ? `status ${reply.status} without an explanation` : `status ${reply.status}: ${shown}`;
}

function membersOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);
}

function text(value: unknown, maxLength = 500): string | undefined {
  return typeof value === 'string' && value !== '' ? printable(value, maxLength) : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function texts(value: unknown): readonly string[] {
  return list(value)
    .slice(0, 20)
    .flatMap((entry) => text(entry, 40) ?? []);
}

function statusOf(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 100 && value < 600 ? value : 0;
}
