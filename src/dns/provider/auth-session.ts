/** Credentials that are changed for a token first, which lives for a while. */
import { type Clock, EversealError, type Secret } from '../../core/index.ts';
import { SharedWork } from '../shared-work.ts';
import type { ApiReply, ApiRequest } from './api-request.ts';
import type { Auth, AuthTools } from './auth.ts';
import { pickNumber, pickText } from './pick.ts';

export interface Session {
  readonly token: string;
  /** How long it lives. undefined: until the API says 401. */
  readonly lifetimeMs?: number;
}

export interface LoginOptions {
  /** Carries the credentials. */
  readonly request: () => ApiRequest;
  /** undefined: the reply holds none. */
  readonly session: (reply: ApiReply) => Session | undefined;
  /** Puts the token into a request. */
  readonly apply: (request: ApiRequest, token: string) => ApiRequest;
  readonly logout?: (token: string) => ApiRequest;
}

/**
 * A session: one login serves all requests of a provider, also those at the same time; an API that no longer knows it gets one
 * new login.
 *
 * @example
 * ```ts
 * import { login, pickText } from 'everseal/dns';
 * const auth = login({
 *   request: () => ({ method: 'POST', path: '/login', body: { user: 'me', password: 'p' } }),
 *   session: ({ data }) => ({ token: pickText(data, 'token') ?? '' }),
 *   apply: (request, token) => ({ ...request, headers: { ...request.headers, 'x-session': token } }),
 * });
 * console.log(auth.sessions?.()); // 0
 * ```
 */
export function login(options: LoginOptions): Auth {
  return new SessionAuth(options);
}

export interface OAuth2Options {
  /** The token endpoint: a whole URL, or below the API's base. */
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly scope?: string;
  /** Where id and secret go (RFC 6749 §2.3.1). */
  readonly credentials: 'basic' | 'body';
  /** Further fields, such as `audience`. */
  readonly fields?: Readonly<Record<string, string>>;
}

/**
 * OAuth 2.0 client credentials (RFC 6749 §4.4).
 *
 * @example
 * ```ts
 * import { Secret } from 'everseal/core';
 * import { oauth2 } from 'everseal/dns';
 * const auth = oauth2({ tokenUrl: '/token', clientId: 'me', clientSecret: new Secret('s'), credentials: 'body' });
 * console.log(typeof auth.apply); // function
 * ```
 */
export function oauth2(options: OAuth2Options): Auth {
  return login({
    request: () => tokenRequest(options),
    session: ({ data, text }) => {
      const reply = typeof data === 'string' ? jsonOf(text) : data;
      const token = pickText(reply, 'access_token');
      const seconds = pickNumber(reply, 'expires_in');
      return token === undefined ? undefined : { token, ...(seconds !== undefined && { lifetimeMs: seconds * 1000 }) };
    },
    apply: (request, token) => ({ ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } }),
  });
}

function tokenRequest(options: OAuth2Options): ApiRequest {
  const { clientId, clientSecret, scope, fields } = options;
  const secret = clientSecret.reveal();
  const inBody = options.credentials === 'body';
  const pair = [clientId, secret].map(encodeURIComponent).join(':');
  const grant = {
    grant_type: 'client_credentials',
    ...(scope !== undefined && { scope }),
    ...(inBody && { client_id: clientId, client_secret: secret }),
    ...fields,
  };
  return {
    method: 'POST',
    path: options.tokenUrl,
    repeatable: true,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(!inBody && { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }),
    },
    // A text goes out as it is, whatever the API's codec.
    body: new URLSearchParams(grant).toString(),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface Held {
  readonly token: string;
  /** By the monotonic clock; a minute of margin, and never more than half of its life. */
  readonly until: number;
}

class SessionAuth implements Auth {
  readonly #options: LoginOptions;
  readonly #logins = new SharedWork<Held>();
  #held: Held | undefined;
  #count = 0;

  constructor(options: LoginOptions) {
    this.#options = options;
  }

  async apply(request: ApiRequest, tools: AuthTools, signal: AbortSignal): Promise<ApiRequest> {
    if (this.#held !== undefined && tools.clock.monotonic() >= this.#held.until) this.#held = undefined;
    this.#held ??= await this.#logins.join('login', signal, (shared) => this.#login(tools, shared));
    return this.#options.apply(request, this.#held.token);
  }

  sessions(): number {
    return this.#count;
  }

  /** Of requests at the same time the first to fail ends the session; the others find it gone, or a new one. */
  renew(known: number): boolean {
    if (this.#count === known) this.#held = undefined;
    return this.#count > 0;
  }

  async end(tools: AuthTools, signal: AbortSignal): Promise<void> {
    const token = this.#held?.token;
    this.#held = undefined;
    if (token !== undefined && this.#options.logout) await tools.call(this.#options.logout(token), signal);
  }

  async #login(tools: AuthTools, signal: AbortSignal): Promise<Held> {
    const reply = await tools.call(this.#options.request(), signal);
    const session = this.#options.session(reply);
    if (session === undefined || session.token === '') throw noToken();
    tools.learn(session.token);
    this.#count += 1;
    return { token: session.token, until: endOf(session, tools.clock) };
  }
}

function endOf({ lifetimeMs }: Session, clock: Clock): number {
  if (lifetimeMs === undefined) return Number.POSITIVE_INFINITY;
  return clock.monotonic() + Math.max(lifetimeMs - 60_000, lifetimeMs / 2);
}

function noToken(): EversealError {
  return new EversealError('provider-failed', 'The API answered the login without a token', {
    next: 'Check user name, password and what they are allowed.',
  });
}
