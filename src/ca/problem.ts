import { EversealError, type Identifier } from '../core/index.ts';

/** Error types of RFC 8555 §6.7, RFC 9773 §7.4 and the profiles draft, with the status each usually has. */
const usualStatus = {
  accountDoesNotExist: 400,
  alreadyReplaced: 409,
  alreadyRevoked: 400,
  badCSR: 400,
  badNonce: 400,
  badPublicKey: 400,
  badRevocationReason: 400,
  badSignatureAlgorithm: 400,
  caa: 403,
  compound: 400,
  connection: 400,
  dns: 400,
  externalAccountRequired: 403,
  incorrectResponse: 403,
  invalidContact: 400,
  invalidProfile: 400,
  malformed: 400,
  orderNotReady: 403,
  rejectedIdentifier: 400,
  serverInternal: 500,
  tls: 400,
  unauthorized: 403,
  unsupportedContact: 400,
  unsupportedIdentifier: 400,
  userActionRequired: 403,
} as const;

export type ProblemType = keyof typeof usualStatus;

export interface Subproblem {
  readonly type: ProblemType;
  readonly detail: string;
  readonly identifier: Identifier;
}

export interface ProblemOptions {
  /** When the status is not the usual one of the type. */
  readonly status?: number;
  readonly subproblems?: readonly Subproblem[];
  /** Signature algorithms that would have been accepted (RFC 8555 §6.2). */
  readonly algorithms?: readonly string[];
  /** Where a human can act (RFC 8555 §7.3.3). */
  readonly instance?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly links?: readonly Link[];
}

/** One link of a `Link` header (RFC 8288). */
export interface Link {
  readonly url: string;
  readonly rel: string;
}

/** A problem document of RFC 7807 as ACME uses it, in the order in which it is written. */
export interface ProblemDocument {
  readonly type: string;
  readonly detail: string;
  readonly status: number;
  readonly instance?: string;
  readonly algorithms?: readonly string[];
  readonly subproblems?: readonly { readonly type: string; readonly detail: string; readonly identifier: Identifier }[];
}

/** A refusal that reaches the client as a problem document. */
export class CaProblem extends EversealError {
  readonly type: ProblemType;
  readonly status: number;
  readonly options: ProblemOptions;

  constructor(type: ProblemType, detail: string, options: ProblemOptions = {}) {
    super('acme-problem', detail);
    this.type = type;
    this.status = options.status ?? usualStatus[type];
    this.options = options;
  }

  document(): ProblemDocument {
    const { instance, algorithms, subproblems } = this.options;
    return {
      type: urn(this.type),
      detail: this.message,
      status: this.status,
      ...(instance === undefined ? {} : { instance }),
      ...(algorithms === undefined ? {} : { algorithms }),
      ...(subproblems === undefined
        ? {}
        : {
            subproblems: subproblems.map(({ type, detail, identifier }) => ({ type: urn(type), detail, identifier })),
          }),
    };
  }
}

/** One problem for several identifiers: `compound` when their types differ (RFC 8555 §6.7.1). */
export function compoundProblem(subproblems: readonly Subproblem[], summary: string): CaProblem {
  const [first, ...others] = subproblems;
  if (first === undefined) return new CaProblem('serverInternal', summary);
  const type = others.every((other) => other.type === first.type) ? first.type : 'compound';
  const detail =
    others.length === 0
      ? `${summary}: ${first.identifier.value}: ${first.detail}`
      : `${summary}: ${subproblems.length} identifiers`;
  return new CaProblem(type, detail, { subproblems });
}

export function notFound(what: string): CaProblem {
  return new CaProblem('malformed', `There is no such ${what}`, { status: 404 });
}

function urn(type: ProblemType): string {
  return `urn:ietf:params:acme:error:${type}`;
}
