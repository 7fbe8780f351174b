/** Requests to a server whose address the user gave, and what went wrong with them in one line. */
import { EversealError, fromUtf8, hasCode, type Http, type HttpRequest, messageOf, printable } from '../core/index.ts';
import {
  noTrafficLog,
  type ProviderContext,
  Redaction,
  type TrafficLog,
  trafficLog,
  type WireRequest,
} from '../dns/index.ts';

/** What all requests of one provider share. */
export interface ExchangeTools {
  readonly http: Http;
  readonly redaction: Redaction;
  readonly traffic: TrafficLog;
  /** Failures carry request, status and body. */
  readonly verbose: boolean;
}

export interface ExchangeOptions extends ExchangeTools {
  /** How the server is called in messages. */
  readonly title: string;
  readonly timeoutMs: number;
}

export interface ExchangeRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
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

/** With what the environment says about showing the traffic. */
export function exchangeTools({ ports, environment, events }: ProviderContext, title: string): ExchangeTools {
  const redaction = new Redaction();
  const shows = isOn(environment.LEGO_DEBUG_DNS_API_HTTP_CLIENT);
  if (shows) {
    const risk = 'Secrets that are not known as such may be among them';
    events({ type: 'warning', message: `${title}: requests and replies are shown in full. ${risk}` });
  }
  return {
    http: ports.http,
    redaction,
    traffic: shows ? trafficLog(ports.terminal, redaction) : noTrafficLog,
    verbose: isOn(environment.LEGO_DEBUG_CLIENT_VERBOSE_ERROR),
  };
}

/** Go's words for it. */
function isOn(text: string | undefined): boolean {
  return text !== undefined && ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text.trim());
}

/**
 * An address of the user's, and the credentials in it as a header.
 *
 * @throws EversealError `usage` naming the variable
 */
export function parseEndpoint(
  variable: string,
  text: string,
  { redaction }: Pick<ExchangeTools, 'redaction'>,
): { readonly url: URL; readonly authorization?: string } {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '')
    throw new EversealError('usage', `${variable} is no address that starts with https:// or http://`, {
      next: 'Write it as https://host/path.',
    });
  // A query often holds a key; shorter texts would blacken half of every message.
  for (const value of url.searchParams.values()) if (value.length >= 6) redaction.learn(value);
  const { username, password } = url;
  if (username === '' && password === '') return { url };
  url.username = '';
  url.password = '';
  redaction.learn(decoded(password));
  return { url, authorization: basic(decoded(username), decoded(password), redaction) };
}

/** A percent sign may stand for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The header of RFC 7617, which must not show. */
export function basic(username: string, password: string, redaction: Redaction): string {
  const pair = Buffer.from(`${username}:${password}`, 'utf8').toString('base64');
  redaction.learn(pair);
  return `Basic ${pair}`;
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
    const wire = wireRequest(request);
    options.traffic.request(wire);
    const response = await options.http.request(portRequest(wire, options.timeoutMs, signal));
    const text = fromUtf8(response.body);
    options.traffic.response(response.status, response.headers, text);
    return { status: response.status, text };
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
  const { title, redaction, verbose } = options;
  const said = printable(redaction.apply(reply.text), verbose ? 4000 : 300);
  const details = verbose ? ` [request: ${request.method} ${redaction.apply(request.url.href)}]` : '';
  const answer = `was answered with ${reply.status}${said === '' ? '' : `: ${said}`}`;
  return new StatusError(reply.status, `${title}: ${titleOf(request)} ${answer}${details}`, adviceFor(reply.status));
}

/** Whether the failure may be gone a moment later. */
export function mayPass(error: unknown): boolean {
  if (error instanceof StatusError) return error.status === 429 || error.status >= 500;
  return hasCode(error, 'connection-refused', 'connection-reset', 'timeout', 'network');
}

function wireRequest({ method, url, json, headers }: ExchangeRequest): WireRequest {
  const hasBody = json !== undefined;
  return {
    method,
    url: url.href,
    headers: { accept: 'application/json', ...(hasBody && { 'content-type': 'application/json' }), ...headers },
    body: hasBody ? JSON.stringify(json) : undefined,
  };
}

function portRequest(wire: WireRequest, timeoutMs: number, signal: AbortSignal): HttpRequest {
  const { body, ...rest } = wire;
  return { ...rest, ...(body !== undefined && { body }), timeoutMs, signal };
}

/** Without the query, which may hold a key. */
function titleOf({ method, url }: ExchangeRequest): string {
  return `${method} ${printable(`${url.origin}${url.pathname}`)}`;
}

function adviceFor(status: number): string {
  if (status === 401 || status === 403) return 'Check user name and password, and what they are allowed.';
  if (status === 404) return 'Check the path of the address.';
  if (status >= 300 && status < 400) return 'Use the address that the server redirects to: redirects are not followed.';
  if (status === 429) return 'Try again later, or with fewer names at once.';
  return status >= 500 ? 'Look into the log of the server.' : 'Mend what the server says.';
}
