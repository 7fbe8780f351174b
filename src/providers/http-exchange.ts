/** Requests to a server whose address the user gave, and what went wrong with them in one line. */
import {
  EversealError,
  fromUtf8,
  hasCode,
  type Http,
  type HttpRequest,
  messageOf,
  printable,
  type Secret,
} from '../core/index.ts';

export interface ExchangeOptions {
  readonly http: Http;
  /** How the provider is called in messages. */
  readonly title: string;
  readonly timeoutMs: number;
}

export interface ExchangeRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** What must not show when the server repeats it. */
  readonly secrets?: readonly Secret[];
}

export interface ExchangeReply {
  readonly status: number;
  readonly text: string;
}

/** A reply that says no. */
export class StatusError extends EversealError {
  readonly status: number;

  constructor(status: number, message: string, next: string) {
    super('provider-failed', message, { next });
    this.status = status;
  }
}

/**
 * An address of the user's, and the credentials in it as a header.
 *
 * @throws EversealError `usage` naming the variable
 */
export function parseEndpoint(variable: string, text: string): { readonly url: URL; readonly authorization?: string } {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '')
    throw new EversealError('usage', `${variable} is no address that starts with https:// or http://`, {
      next: 'Write it as https://host/path.',
    });
  const { username, password } = url;
  if (username === '' && password === '') return { url };
  url.username = '';
  url.password = '';
  return { url, authorization: basic(decoded(username), decoded(password)) };
}

/** A percent sign may stand for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The header of RFC 7617. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}

/** The address with one more step in its path. */
export function below(base: URL, step: string): URL {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${encodeURIComponent(step)}`;
  return url;
}

/**
 * One exchange; any status is a reply.
 *
 * @throws EversealError as the http port, naming the request
 */
export async function exchange(
  options: ExchangeOptions,
  request: ExchangeRequest,
  signal: AbortSignal,
): Promise<ExchangeReply> {
  try {
    const { status, body } = await options.http.request(portRequest(options, request, signal));
    return { status, text: fromUtf8(body) };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof EversealError)) throw error;
    throw new EversealError(error.code, `${options.title}: ${titleOf(request)}: ${messageOf(error)}`, {
      cause: error,
      ...(error.next !== undefined && { next: error.next }),
    });
  }
}

/** The failure that a reply is. */
export function refusal(options: ExchangeOptions, request: ExchangeRequest, reply: ExchangeReply): StatusError {
  const said = printable(redacted(reply.text, request.secrets ?? []), 300);
  const message = `${options.title}: ${titleOf(request)} was answered with ${reply.status}${said === '' ? '' : `: ${said}`}`;
  return new StatusError(reply.status, message, adviceFor(reply.status));
}

/** Whether the failure may be gone a moment later. */
export function mayPass(error: unknown): boolean {
  if (error instanceof StatusError) return error.status === 429 || error.status >= 500;
  return hasCode(error, 'connection-refused', 'connection-reset', 'timeout', 'network');
}

function portRequest({ timeoutMs }: ExchangeOptions, request: ExchangeRequest, signal: AbortSignal): HttpRequest {
  const { method, url, json } = request;
  return {
    method,
    url: url.href,
    headers: {
      accept: 'application/json',
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...request.headers,
    },
    ...(json !== undefined && { body: JSON.stringify(json) }),
    timeoutMs,
    signal,
  };
}

/** Without the query, which may hold a key. */
function titleOf({ method, url }: ExchangeRequest): string {
  return `${method} ${printable(`${url.origin}${url.pathname}`)}`;
}

function redacted(text: string, secrets: readonly Secret[]): string {
  return secrets
    .map((secret) => secret.reveal())
    .filter((value) => value !== '')
    .reduce((shown, value) => shown.replaceAll(value, '***'), text);
}

function adviceFor(status: number): string {
  if (status === 401 || status === 403) return 'Check user name and password, and what they are allowed.';
  if (status === 404) return 'Check the path of the address.';
  if (status >= 300 && status < 400) return 'Use the address that the server redirects to: redirects are not followed.';
  if (status === 429) return 'Try again later, or with fewer names at once.';
  return status >= 500 ? 'Look into the log of the server.' : 'Mend what the server says.';
}
