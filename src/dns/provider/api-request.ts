/** What is asked of an API and what it says, before and after the codec. */
import type { HttpRequest } from '../../core/index.ts';
import { EversealError } from '../../core/index.ts';

/** Fields of a query, a form or a JSON body; those that are undefined are left out. */
export type ApiFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** A request as a provider's definition writes it. */
export interface ApiRequest {
  readonly method: HttpRequest['method'];
  /** What follows the base address (see {@link path}), or a whole URL. */
  readonly path: string;
  readonly query?: ApiFields;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What the codec writes. */
  readonly body?: unknown;
  /** Whether sending it twice is as good as once. By default that is so for GET, HEAD, PUT and DELETE. */
  readonly repeatable?: boolean;
}

/** A request as it goes out: what a signature covers. */
export interface WireRequest {
  readonly method: HttpRequest['method'];
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

export interface ApiReply {
  readonly status: number;
  /** The first value of the header, undefined without one. */
  header(name: string): string | undefined;
  /** Lower-case name → every value. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly text: string;
  /** As the codec reads it; undefined for an empty body. Not checked yet: see `pick`. */
  readonly data: unknown;
}

/** Sends a request; a reply that is no success is thrown as an `ApiError`. */
export type ApiCall = (request: ApiRequest, signal: AbortSignal) => Promise<ApiReply>;

/**
 * A path with each inserted value escaped, so that none adds a step or a query.
 *
 * @throws EversealError `provider-failed` for a value that is empty, `.` or `..`: the path would be another one
 *
 * @example
 * ```ts
 * import { path } from 'everseal/dns';
 * console.log(path`/zones/${'a/b'}/records/${7}`); // /zones/a%2Fb/records/7
 * ```
 */
export function path(texts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return texts.map((text, index) => text + (index < values.length ? step(values[index] ?? '') : '')).join('');
}

/** `@` and `:` may stand in a path (RFC 3986 §3.3), and some APIs want them as they are. */
function step(value: string | number): string {
  const text = String(value);
  if (/^\.{0,2}$/.test(text))
    throw new EversealError('provider-failed', `"${text}" cannot be a step of an API's path`, {
      next: 'The API gave an id that is none. Tell its operator.',
    });
  return encodeURIComponent(text).replaceAll('%40', '@').replaceAll('%3A', ':');
}

/** Whether sending it twice is as good as once (RFC 9110 §9.2.2, unless the definition knows better). */
export function isRepeatable({ method, repeatable }: ApiRequest): boolean {
  return repeatable ?? (method !== 'POST' && method !== 'PATCH');
}
