/** One HTTP exchange with the CA: the headers that every request carries, its event, no redirects. */
import {
  type Clock,
  type EventSink,
  EversealError,
  hasCode,
  type Http,
  type HttpRequest,
  printable,
  type TlsClientOptions,
  version,
} from '../core/index.ts';
import { Reply } from './reply.ts';

const product = `everseal/${version}`;
const maxBodyBytes = 1024 * 1024;

export interface ExchangeOptions {
  readonly http: Http;
  readonly clock: Clock;
  readonly tls?: TlsClientOptions | undefined;
  readonly family?: 4 | 6 | undefined;
  /** Put before our own product token (RFC 8555 §6.1). */
  readonly userAgent?: string | undefined;
  readonly acceptLanguage?: string | undefined;
  readonly timeoutMs: number;
  readonly events?: EventSink | undefined;
}

export interface ExchangeRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: string;
  readonly accept?: string | undefined;
  /** A JWS: sent as `application/jose+json`. */
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #constant: Pick<HttpRequest, 'tls' | 'family' | 'timeoutMs' | 'maxBodyBytes'>;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#constant = {
      ...(options.tls === undefined ? {} : { tls: options.tls }),
      ...(options.family === undefined ? {} : { family: options.family }),
      timeoutMs: options.timeoutMs,
      maxBodyBytes,
    };
    this.#headers = {
      'user-agent': headerText(options.userAgent === undefined ? product : `${options.userAgent} ${product}`),
      'accept-language': headerText(options.acceptLanguage ?? 'en, *;q=0.5'),
    };
  }

  /**
   * Sends once.
   *
   * @returns the reply, whatever its status
   * @throws EversealError with the codes of the `http` port; the signal's reason when it fired; `bad-server` for a redirect
   */
  async send(request: ExchangeRequest): Promise<Reply> {
    const start = this.#options.clock.monotonic();
    try {
      const response = await this.#options.http.request(this.#httpRequest(request));
      this.#report(request, response.status, start);
      return refuseRedirect(new Reply(request.method, request.url, response));
    } catch (error) {
      if (!hasCode(error, 'bad-server')) this.#report(request, 0, start);
      throw error;
    }
  }

  #report(request: ExchangeRequest, status: number, start: number): void {
    const ms = this.#options.clock.monotonic() - start;
    this.#options.events?.({ type: 'acme.request', method: request.method, url: request.url, status, ms });
  }

  #httpRequest(request: ExchangeRequest): HttpRequest {
    return {
      ...this.#constant,
      method: request.method,
      url: request.url,
      headers: {
        ...this.#headers,
        accept: request.accept ?? 'application/json, application/problem+json',
        ...(request.body === undefined ? {} : { 'content-type': 'application/jose+json' }),
      },
      ...(request.body === undefined ? {} : { body: request.body }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    };
  }
}

/** A JWS must never go to another place than the one it was signed for (RFC 8555 §6.4), nor the directory come from one. */
function refuseRedirect(reply: Reply): Reply {
  if (reply.status < 300 || reply.status >= 400) return reply;
  const target = printable(reply.header('location') ?? 'nowhere', 200);
  throw new EversealError('bad-server', `${printable(reply.url, 200)} redirects (${reply.status}) to ${target}`, {
    next: 'ACME servers do not redirect: check the directory URL, and whether a proxy or captive portal answers instead.',
  });
}

function headerText(text: string): string {
  if (!/^[\x20-\x7e]+$/.test(text)) throw new TypeError('a header value is printable ASCII');
  return text;
}
