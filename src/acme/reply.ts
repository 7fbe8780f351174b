import type { HttpResponse } from '../core/index.ts';
import { parseLinks } from './link-header.ts';
import { nonceOf } from './nonce-pool.ts';
import { retryAfterMs } from './retry-after.ts';
import { isServerUrl, serverUrl } from './server-url.ts';

/** What a server said to one request, whatever its status. */
export class Reply {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly body: Uint8Array;
  /** The usable `Replay-Nonce`, when there is one. */
  readonly nonce: string | undefined;
  readonly #headers: HttpResponse['headers'];

  constructor(method: string, url: string, response: HttpResponse) {
    this.method = method;
    this.url = url;
    this.status = response.status;
    this.body = response.body;
    this.nonce = nonceOf(response.headers);
    this.#headers = response.headers;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** The first value of a header. */
  header(name: string): string | undefined {
    return this.#headers.get(name)?.[0];
  }

  /**
   * The URL of the resource that was made.
   *
   * @throws EversealError `bad-server` when it is missing or unusable
   */
  location(what: string): string {
    return serverUrl(this.header('location'), `The Location of the ${what}`, this.url);
  }

  /** The usable targets of a relation, in order, without repetitions; relative ones are resolved. */
  links(relation: string): readonly string[] {
    const targets = parseLinks(this.#headers.get('link') ?? [])
      .filter((link) => link.relations.includes(relation))
      .map((link) => this.#absolute(link.target));
    return [...new Set(targets.filter(isServerUrl))];
  }

  /** The first target of a relation, usable or not. */
  rawLink(relation: string): string | undefined {
    return parseLinks(this.#headers.get('link') ?? []).find((link) => link.relations.includes(relation))?.target;
  }

  /** How long the server asks to wait, in milliseconds from `now`. */
  retryAfterMs(now: Date): number | undefined {
    return retryAfterMs(this.#headers, now);
  }

  /** Seconds that `Cache-Control` lets the reply be kept; undefined when it does not say. */
  maxAgeSeconds(): number | undefined {
    const directives = (this.#headers.get('cache-control') ?? []).join(',').toLowerCase();
    if (/\bno-(store|cache)\b/.test(directives)) return 0;
    const seconds = /\bmax-age="?(\d{1,9})/.exec(directives)?.[1];
    return seconds === undefined ? undefined : Number(seconds);
  }

  /** An absolute URL stays byte for byte what it was. */
  #absolute(target: string): string {
    if (URL.canParse(target)) return target;
    return URL.canParse(target, this.url) ? new URL(target, this.url).href : target;
  }
}
