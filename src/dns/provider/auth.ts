/** How a request says who asks. */
import type { Clock, Random, Secret } from '../../core/index.ts';
import type { ApiCall, ApiRequest, WireRequest } from './api-request.ts';

/** What an {@link Auth} may use. */
export interface AuthTools {
  readonly clock: Clock;
  readonly random: Random;
  /** Sends a request that carries no credentials yet: for logging in. */
  readonly call: ApiCall;
  /** What must not show from now on. */
  readonly learn: (secret: string) => void;
}

export interface Auth {
  /** Adds credentials to query, headers or body. */
  apply?(request: ApiRequest, tools: AuthTools, signal: AbortSignal): ApiRequest | Promise<ApiRequest>;
  /** Signs what goes out. */
  sign?(request: WireRequest, tools: AuthTools): WireRequest;
  /** How many sessions there have been. */
  sessions?(): number;
  /**
   * Forgets the session that the API no longer knows (401), unless it is a newer one than that of the request.
   *
   * @param known what `sessions` said when the request had its credentials
   * @returns whether another try makes sense
   */
  renew?(known: number): boolean;
  /** Ends the session. */
  end?(tools: AuthTools, signal: AbortSignal): Promise<void>;
}

/** Texts, or the secrets of them. */
export type AuthFields = Readonly<Record<string, string | Secret | undefined>>;

/**
 * `Authorization: Bearer …` (RFC 6750).
 *
 * @example
 * ```ts
 * import { Secret } from 'everseal/core';
 * import { bearer } from 'everseal/dns';
 * console.log(typeof bearer(new Secret('t')).apply); // function
 * ```
 */
export function bearer(token: Secret): Auth {
  return scheme('Bearer', token);
}

/**
 * `Authorization: SCHEME token`; the bare token for an empty scheme.
 *
 * @example
 * ```ts
 * import { Secret } from 'everseal/core';
 * import { scheme } from 'everseal/dns';
 * console.log(typeof scheme('Token', new Secret('t')).apply); // function
 * ```
 */
export function scheme(name: string, token: Secret): Auth {
  return header({ authorization: () => `${name} ${token.reveal()}`.trimStart() });
}

/**
 * Headers of the API's own.
 *
 * @example
 * ```ts
 * import { Secret } from 'everseal/core';
 * import { headers } from 'everseal/dns';
 * console.log(typeof headers({ 'x-api-key': new Secret('k') }).apply); // function
 * ```
 */
export function headers(fields: AuthFields): Auth {
  return { apply: (request) => ({ ...request, headers: { ...request.headers, ...revealed(fields) } }) };
}

/**
 * User name and password (RFC 7617).
 *
 * @example
 * ```ts
 * import { Secret } from 'everseal/core';
 * import { basicAuth } from 'everseal/dns';
 * console.log(typeof basicAuth('me', new Secret('p')).apply); // function
 * ```
 */
export function basicAuth(user: string | Secret, password: Secret): Auth {
  return {
    apply: (request, { learn }) => {
      const pair = Buffer.from(`${textOf(user)}:${password.reveal()}`, 'utf8').toString('base64');
      learn(pair);
      return { ...request, headers: { ...request.headers, authorization: `Basic ${pair}` } };
    },
  };
}

/**
 * Fields of the query.
 *
 * @example
 * ```ts
 * import { Secret } from 'everseal/core';
 * import { inQuery } from 'everseal/dns';
 * console.log(typeof inQuery({ key: new Secret('k') }).apply); // function
 * ```
 */
export function inQuery(fields: AuthFields): Auth {
  return { apply: (request) => ({ ...request, query: { ...revealed(fields), ...request.query } }) };
}

/**
 * Fields of the body, a form's or a JSON object's; a request without body gets one, unless it is a GET or DELETE, where they
 * go into the query.
 *
 * @example
 * ```ts
 * import { Secret } from 'everseal/core';
 * import { inBody } from 'everseal/dns';
 * console.log(typeof inBody({ apikey: new Secret('k') }).apply); // function
 * ```
 */
export function inBody(fields: AuthFields): Auth {
  return {
    apply: (request) => {
      const { body = {}, method } = request;
      if (request.body === undefined && (method === 'GET' || method === 'DELETE'))
        return { ...request, query: { ...revealed(fields), ...request.query } };
      return typeof body === 'object' && body !== null
        ? { ...request, body: { ...revealed(fields), ...body } }
        : request;
    },
  };
}

/**
 * A signature over what goes out: see {@link WireRequest}.
 *
 * @example
 * ```ts
 * import { signed } from 'everseal/dns';
 * const auth = signed((request, { clock }) => ({ ...request, headers: { ...request.headers, 'x-time': clock.now().toISOString() } }));
 * console.log(typeof auth.sign); // function
 * ```
 */
export function signed(
  sign: (request: WireRequest, tools: Pick<AuthTools, 'clock' | 'random' | 'learn'>) => WireRequest,
): Auth {
  return { sign };
}

/**
 * No credentials.
 *
 * @example
 * ```ts
 * import { noAuth } from 'everseal/dns';
 * console.log(noAuth()); // {}
 * ```
 */
export function noAuth(): Auth {
  return {};
}

/**
 * Several at once: a key in a header and a signature, say. In that order.
 *
 * @example
 * ```ts
 * import { Secret } from 'everseal/core';
 * import { allOf, headers, inQuery } from 'everseal/dns';
 * console.log(typeof allOf(headers({ 'x-id': 'me' }), inQuery({ key: new Secret('k') })).apply); // function
 * ```
 */
export function allOf(...parts: readonly Auth[]): Auth {
  const sessions = () => parts.reduce((sum, part) => sum + (part.sessions?.() ?? 0), 0);
  return {
    apply: async (request, tools, signal) => {
      let done = request;
      for (const part of parts) done = (await part.apply?.(done, tools, signal)) ?? done;
      return done;
    },
    sign: (request, tools) => parts.reduce((done, part) => part.sign?.(done, tools) ?? done, request),
    sessions,
    renew: (known) =>
      sessions() > known || parts.map((part) => part.renew?.(part.sessions?.() ?? 0) ?? false).includes(true),
    end: async (tools, signal) => {
      for (const part of parts) await part.end?.(tools, signal);
    },
  };
}

function header(fields: Readonly<Record<string, () => string>>): Auth {
  return {
    apply: (request) => {
      const texts = Object.entries(fields).map(([name, text]) => [name, text()] as const);
      return { ...request, headers: { ...request.headers, ...Object.fromEntries(texts) } };
    },
  };
}

function revealed(fields: AuthFields): Readonly<Record<string, string>> {
  const given = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, textOf(value)] as const],
  );
  return Object.fromEntries(given);
}

function textOf(value: string | Secret): string {
  return typeof value === 'string' ? value : value.reveal();
}
