import { type ErrorCode, EversealError, printable } from '../core/index.ts';
import { type AcmeProblem, type AcmeProblemType, isProblem, problemOfReply, problemText } from './problem.ts';
import type { Reply } from './reply.ts';
import { webAddress } from './server-url.ts';

/** The request that was refused, and why. */
export interface ProblemContext {
  readonly problem: AcmeProblem;
  readonly url: string;
  readonly method: string;
}

/**
 * The CA refused a request (RFC 8555 §6.7). `code` is `acme-problem`, or `account-not-found` for `accountDoesNotExist`.
 *
 * @example
 * ```ts
 * import { AcmeProblemError } from 'everseal/acme';
 * const problem = { type: 'urn:ietf:params:acme:error:caa', detail: 'CAA forbids it', status: 403, subproblems: [] };
 * const error = new AcmeProblemError({ problem, url: 'https://ca.example/new-order', method: 'POST' });
 * console.log(error.message); // The CA refused the request to https://ca.example/new-order: caa: CAA forbids it
 * ```
 */
export class AcmeProblemError extends EversealError {
  readonly problem: AcmeProblem;
  readonly url: string;
  readonly method: string;

  constructor(context: ProblemContext, code: ErrorCode = codeOf(context.problem), next = adviceFor(context.problem)) {
    super(code, `The CA refused the request to ${printable(context.url, 200)}: ${problemText(context.problem)}`, {
      ...(next === undefined ? {} : { next }),
    });
    this.problem = context.problem;
    this.url = context.url;
    this.method = context.method;
  }
}

/**
 * A rate limit of the CA (RFC 8555 §6.6). `code` is `rate-limited`.
 *
 * @example
 * ```ts
 * import { RateLimitedError } from 'everseal/acme';
 * const problem = { type: 'urn:ietf:params:acme:error:rateLimited', detail: 'too many', status: 429, subproblems: [] };
 * const context = { problem, url: 'https://ca.example/new-order', method: 'POST' };
 * const error: unknown = new RateLimitedError(context, new Date(0), undefined);
 * if (error instanceof RateLimitedError) console.log(error.retryAfter); // 1970-01-01T00:00:00.000Z
 * ```
 */
export class RateLimitedError extends AcmeProblemError {
  /** When all limits have passed, as far as the server said so. */
  readonly retryAfter: Date | undefined;
  /** Documentation of the limit. */
  readonly helpUrl: string | undefined;

  constructor(context: ProblemContext, retryAfter: Date | undefined, helpUrl: string | undefined) {
    const when = retryAfter === undefined ? 'later' : `after ${retryAfter.toISOString()}`;
    super(
      context,
      'rate-limited',
      `Try again ${when}${helpUrl === undefined ? '.' : `; the limit is explained at ${helpUrl}`}`,
    );
    this.retryAfter = retryAfter;
    this.helpUrl = helpUrl;
  }
}

/**
 * A person has to do something at the CA first, often agree to new terms (RFC 8555 §7.3.3). `code` is `user-action-required`.
 *
 * @example
 * ```ts
 * import { UserActionRequiredError } from 'everseal/acme';
 * const type = 'urn:ietf:params:acme:error:userActionRequired';
 * const problem = { type, detail: 'new terms', status: 403, instance: 'https://ca.example/terms', subproblems: [] };
 * const error: unknown = new UserActionRequiredError({ problem, url: 'https://ca.example/new-order', method: 'POST' }, undefined);
 * if (error instanceof UserActionRequiredError) console.log(error.instance); // https://ca.example/terms
 * ```
 */
export class UserActionRequiredError extends AcmeProblemError {
  /** A page to visit. */
  readonly instance: string | undefined;
  readonly termsOfService: string | undefined;

  constructor(context: ProblemContext, termsOfService: string | undefined) {
    const instance = webAddress(context.problem.instance);
    const page = instance ?? termsOfService;
    super(
      context,
      'user-action-required',
      page === undefined ? 'Ask the CA what to do.' : `Open ${page} in a browser.`,
    );
    this.instance = instance;
    this.termsOfService = termsOfService;
  }
}

/** The error that a refusal becomes. */
export function problemError(reply: Reply, now: Date): AcmeProblemError {
  const problem = problemOfReply(reply);
  const context = { problem, url: reply.url, method: reply.method };
  if (isProblem(problem, 'userActionRequired')) {
    return new UserActionRequiredError(context, webAddress(reply.rawLink('terms-of-service')));
  }
  if (!isProblem(problem, 'rateLimited') && reply.status !== 429) return unavailable(context, reply, now);
  return new RateLimitedError(context, retryDate(reply, now), webAddress(reply.rawLink('help')));
}

/** An overloaded server says when it will be back. */
function unavailable(context: ProblemContext, reply: Reply, now: Date): AcmeProblemError {
  const back = reply.status === 503 ? retryDate(reply, now) : undefined;
  if (back === undefined) return new AcmeProblemError(context);
  return new AcmeProblemError(
    context,
    codeOf(context.problem),
    `The CA asks to come back after ${back.toISOString()}.`,
  );
}

function retryDate(reply: Reply, now: Date): Date | undefined {
  const wait = reply.retryAfterMs(now);
  return wait === undefined ? undefined : new Date(now.getTime() + wait);
}

function codeOf(problem: AcmeProblem): ErrorCode {
  return isProblem(problem, 'accountDoesNotExist') ? 'account-not-found' : 'acme-problem';
}

/** What a person can do about a refusal. */
const advice: readonly (readonly [AcmeProblemType, string])[] = [
  ['accountDoesNotExist', 'Register an account with this key first.'],
  ['badCSR', 'Check key type and size, and that the key is no account key and in no other use.'],
  ['badPublicKey', 'Use another key type or a larger key.'],
  ['badSignatureAlgorithm', 'Use an account key of another type.'],
  ['caa', 'Add a CAA record for this CA, or remove the one that forbids it.'],
  ['connection', 'Check that the CA can reach the host from the internet: address records, firewall, port.'],
  ['dns', 'Check the DNS records and name servers of the domain.'],
  ['externalAccountRequired', 'Give key identifier and MAC key of an account with this CA.'],
  ['incorrectResponse', 'Check that the host or zone the CA asks is the one that was prepared.'],
  ['invalidContact', 'Give one plain e-mail address.'],
  ['invalidProfile', 'Choose a profile that the CA advertises.'],
  ['rejectedIdentifier', 'Leave the refused names out, or use another CA.'],
  ['unsupportedContact', 'Give an e-mail address.'],
  ['unsupportedIdentifier', 'Use a CA that issues for this kind of name.'],
];

function adviceFor(problem: AcmeProblem): string | undefined {
  const text = advice.find(([type]) => isProblem(problem, type))?.[1];
  return problem.algorithms === undefined
    ? text
    : `${text ?? ''} The CA takes ${problem.algorithms.join(', ')}.`.trim();
}
