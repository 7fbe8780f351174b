/** An API that said no, in its own words. */
import { EversealError } from '../../core/index.ts';
import type { ApiReply } from './api-request.ts';
import { pickText } from './pick.ts';

/**
 * A reply that is no success. Code `provider-failed`.
 *
 * @example
 * ```ts
 * import { ApiError } from 'everseal/dns';
 * const explain = (error: unknown) => (error instanceof ApiError ? `status ${error.reply.status}` : 'not of the API');
 * console.log(explain(new TypeError('a mistake'))); // not of the API
 * ```
 */
export class ApiError extends EversealError {
  readonly reply: ApiReply;

  constructor(reply: ApiReply, message: string, next: string) {
    super('provider-failed', message, { next });
    this.reply = reply;
  }
}

/** Whether the API says that what was asked for is not there. */
export function isNotFound(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.reply.status === 404 || error.reply.status === 410);
}

/**
 * The API's own message, found where most APIs have it.
 *
 * @example
 * ```ts
 * import { usualErrorText } from 'everseal/dns';
 * const reply = { status: 400, headers: new Map(), header: () => undefined, text: '', data: { error: { message: 'no such zone' } } };
 * console.log(usualErrorText(reply)); // no such zone
 * ```
 */
export function usualErrorText({ data, text }: ApiReply): string | undefined {
  for (const place of usualPlaces) {
    const found = pickText(data, ...place);
    if (found !== undefined && found.trim() !== '') return found;
  }
  if (/<html|<!doctype/i.test(text)) return /<title[^>]*>([^<]*)/i.exec(text)?.[1] ?? 'a web page';
  return text === '' ? undefined : text;
}

const usualPlaces = [
  ['message'],
  ['error', 'message'],
  ['error', 'detail'],
  ['error_description'],
  ['error'],
  ['errors', 0, 'message'],
  ['errors', 0, 'detail'],
  ['errors', 0],
  ['detail'],
  ['msg'],
  ['title'],
  ['reason'],
] as const;

/** What the user can do about a status. */
export function adviceFor(status: number, title: string): string {
  if (status === 401) return `Check the credentials for ${title}: they are wrong, expired or revoked.`;
  if (status === 403)
    return `Give these credentials for ${title} the right to edit the zone's DNS records, and check its IP allow-list.`;
  if (status === 404) return `Check that the zone is in this account of ${title}, and the address of the API.`;
  if (status === 429) return `${title} limits its requests: try again later, or with fewer names at once.`;
  if (status >= 500) return `${title} has a problem: try again later.`;
  if (status >= 300 && status < 400) return 'Use the address that the server redirects to: redirects are not followed.';
  return `Mend what ${title} says.`;
}
