import type { CaContext } from './context.ts';
import type { CaProblem, Link } from './problem.ts';

/** What a handler answers, before the headers that every reply has. */
export interface Reply {
  readonly status: number;
  /** An object becomes JSON in the order of its members; those that are undefined are left out. */
  readonly body?: object | string;
  /** Default: `application/json` for objects. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly links?: readonly Link[];
}

/** Makes the HTTP response: fresh nonce, `Link rel="index"`, no caching (RFC 8555 §6.5, §7.1). */
export function toResponse(ca: CaContext, reply: Reply): Response {
  const headers = new Headers({ 'cache-control': 'no-store', ...reply.headers, 'replay-nonce': ca.nonces.issue() });
  for (const link of [...(reply.links ?? []), { url: ca.urls.directory, rel: 'index' }]) {
    headers.append('link', `<${link.url}>;rel="${link.rel}"`);
  }
  if (reply.body === undefined) return new Response(null, { status: reply.status, headers });
  headers.set('content-type', reply.contentType ?? 'application/json');
  return new Response(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body), {
    status: reply.status,
    headers,
  });
}

export function problemReply(problem: CaProblem): Reply {
  return {
    status: problem.status,
    body: problem.document(),
    contentType: 'application/problem+json',
    ...(problem.options.headers === undefined ? {} : { headers: problem.options.headers }),
    ...(problem.options.links === undefined ? {} : { links: problem.options.links }),
  };
}

/** RFC 3339 in UTC, whole seconds. */
export function rfc3339(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** The `Retry-After` of a resource that is worth polling. */
export function pollHeaders(ca: CaContext, status: string): Readonly<Record<string, string>> {
  const seconds = ca.settings.pollRetryAfterSeconds;
  if (seconds === undefined || (status !== 'pending' && status !== 'processing')) return {};
  return { 'retry-after': String(seconds) };
}
