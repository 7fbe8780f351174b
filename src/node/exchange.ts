import { EversealError, type HttpRequest, type HttpResponse } from '../core/index.ts';

/** One request on its way. */
export interface Exchange {
  readonly request: HttpRequest;
  readonly url: URL;
  /** Whom it goes to, for messages. */
  readonly where: string;
  /** Fires at the deadline, and when the caller gives up. */
  readonly signal: AbortSignal;
}

const defaultBodyBytes = 1024 * 1024;

/** What has come of a reply, kept below the limit of its request. */
export class PartialReply {
  readonly #exchange: Exchange;
  readonly #cap: number;
  readonly #chunks: Uint8Array[] = [];
  #size = 0;
  #status = 0;
  #headers: ReadonlyMap<string, readonly string[]> = new Map();

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    this.#cap = exchange.request.maxBodyBytes ?? defaultBodyBytes;
  }

  /** @throws EversealError `reply-too-large` when more is announced than is wanted */
  start(status: number, rawHeaders: readonly (Buffer | string)[]): void {
    this.#status = status;
    this.#headers = multiMap(rawHeaders);
    const announced = Number(this.#headers.get('content-length')?.[0] ?? 0);
    if (this.#exchange.request.method !== 'HEAD' && announced > this.#cap) throw this.#tooLarge();
  }

  /** @throws EversealError `reply-too-large` */
  add(chunk: Uint8Array): void {
    this.#size += chunk.length;
    if (this.#size > this.#cap) throw this.#tooLarge();
    this.#chunks.push(chunk);
  }

  whole(): HttpResponse {
    return { status: this.#status, headers: this.#headers, body: new Uint8Array(Buffer.concat(this.#chunks)) };
  }

  #tooLarge(): EversealError {
    return new EversealError(
      'reply-too-large',
      `The reply of ${this.#exchange.where} is longer than ${this.#cap} octets`,
    );
  }
}

/** The body as octets of its own. */
export function bodyOctets(body: string | Uint8Array): Buffer {
  return typeof body === 'string' ? Buffer.from(body, 'utf8') : Buffer.from(body);
}

/** The headers as they came: names and values by turns. RFC 9110 §5.5: octets beyond ASCII are opaque. */
function multiMap(raw: readonly (Buffer | string)[]): ReadonlyMap<string, readonly string[]> {
  const headers = new Map<string, string[]>();
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = text(raw[index]).toLowerCase();
    const values = headers.get(name) ?? [];
    values.push(text(raw[index + 1]));
    headers.set(name, values);
  }
  return headers;
}

function text(octets: Buffer | string | undefined): string {
  return typeof octets === 'string' ? octets : (octets?.toString('latin1') ?? '');
}
