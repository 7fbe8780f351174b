/** Ways to tamper with replies, to write the rows of the catalogue with. */
import { type ErrorCode, EversealError, fromUtf8, type HttpResponse, toBase64Url, utf8 } from '../../core/index.ts';
import type { Resource, Seen, Tamper } from './row.testing.ts';

export type Json = Record<string, unknown>;
/** undefined takes a header away; an array makes several lines of it. */
export type HeaderChanges = Readonly<Record<string, string | readonly string[] | undefined>>;

/** From the `from`-th request for the resource on, so many `times`. Default: always. */
export interface When {
  readonly from?: number;
  readonly times?: number;
}

export interface ReplyChanges {
  readonly status?: number;
  readonly headers?: HeaderChanges;
  readonly body?: string | Uint8Array;
}

const problemNamespace = 'urn:ietf:params:acme:error:';
export const elsewhere = 'https://elsewhere.test';

/** Changes what the CA says about some resources, from the `from`-th time on, so many `times`. */
export function change(
  resources: Resource | readonly Resource[],
  how: (reply: HttpResponse, seen: Seen) => HttpResponse | Promise<HttpResponse>,
  { from = 1, times = Number.POSITIVE_INFINITY }: When = {},
): Tamper {
  const chosen = new Set([resources].flat());
  return async (seen) => {
    const hit = chosen.has(seen.resource) && seen.nth >= from && seen.nth < from + times;
    return hit ? how(await seen.honest(), seen) : undefined;
  };
}

/** Changes status, headers or body; what is not named stays as the CA has it. */
export function reply(resources: Resource | readonly Resource[], changes: ReplyChanges, when: When = {}): Tamper {
  return change(resources, (genuine) => changed(genuine, changes), when);
}

/** Answers by itself: the CA never hears of the request. */
export function instead(
  resources: Resource | readonly Resource[],
  changes: ReplyChanges,
  { from = 1, times = Number.POSITIVE_INFINITY }: When = {},
): Tamper {
  const chosen = new Set([resources].flat());
  return async (seen) =>
    chosen.has(seen.resource) && seen.nth >= from && seen.nth < from + times
      ? changed(
          { status: 200, headers: new Map([['replay-nonce', [`unknown${seen.nth}`]]]), body: new Uint8Array() },
          changes,
        )
      : undefined;
}

/** Changes the JSON object in the body. */
export function json(
  resources: Resource | readonly Resource[],
  edit: (object: Json, seen: Seen) => unknown,
  when: When = {},
): Tamper {
  return change(
    resources,
    (genuine, seen) => changed(genuine, { body: JSON.stringify(edit(jsonOf(genuine), seen)) }),
    when,
  );
}

/** Sets members of the JSON object; undefined takes one away. */
export function members(resources: Resource | readonly Resource[], changes: Json, when: When = {}): Tamper {
  return json(resources, (object) => ({ ...object, ...changes }), when);
}

/** A refusal by the CA, without it having done anything. */
export function refusal(
  resources: Resource | readonly Resource[],
  status: number,
  type: string,
  more: { readonly document?: Json; readonly headers?: HeaderChanges } = {},
  when: When = {},
): Tamper {
  const document = {
    type: type.includes(':') ? type : problemNamespace + type,
    detail: 'no',
    status,
    ...more.document,
  };
  const headers = { 'content-type': 'application/problem+json', ...more.headers };
  return instead(resources, { status, headers, body: JSON.stringify(document) }, when);
}

/** The connection fails; with `after` the CA has done what it was asked to. */
export function failure(
  resources: Resource | readonly Resource[],
  code: ErrorCode,
  { after = false, from = 1, times = Number.POSITIVE_INFINITY }: When & { readonly after?: boolean } = {},
): Tamper {
  const chosen = new Set([resources].flat());
  return async (seen) => {
    if (!chosen.has(seen.resource) || seen.nth < from || seen.nth >= from + times) return undefined;
    if (after) await seen.honest();
    if (code === 'timeout') await seen.sleep(seen.request.timeoutMs ?? 30_000);
    throw new EversealError(code, `Cannot reach the server: ${code}`);
  };
}

export function changed(genuine: HttpResponse, { status, headers = {}, body }: ReplyChanges): HttpResponse {
  const all = new Map(genuine.headers);
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) all.delete(name);
    else all.set(name, typeof value === 'string' ? [value] : value);
  }
  const octets = typeof body === 'string' ? utf8(body) : body;
  return { status: status ?? genuine.status, headers: all, body: octets ?? genuine.body };
}

export function jsonOf(genuine: HttpResponse): Json {
  const value: unknown = genuine.body.length === 0 ? {} : JSON.parse(fromUtf8(genuine.body));
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** What a request's JWS carries; undefined for POST-as-GET and for what is none. */
export function payloadOf(seen: Pick<Seen, 'request'>): Json | undefined {
  const text = seen.request.body === undefined ? '' : String(seen.request.body);
  const payload: unknown = text.startsWith('{') ? JSON.parse(text).payload : '';
  return typeof payload === 'string' && payload !== ''
    ? JSON.parse(Buffer.from(payload, 'base64url').toString())
    : undefined;
}

/** A name for a resource that never existed. */
export function nowhere(n: number): string {
  return toBase64Url(utf8(`nowhere ${n}`));
}
