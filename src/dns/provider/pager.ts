/** Lists that come in pages. */
import { EversealError } from '../../core/index.ts';
import type { ApiCall, ApiReply, ApiRequest } from './api-request.ts';

/** What the request of a page carries: a number, a cursor, a URL. undefined on the first page of a cursor. */
export type PageMark = string | number | undefined;

export interface Pager {
  readonly first: PageMark;
  /** The mark of the page after this one; undefined when it was the last. */
  next(reply: ApiReply, mark: PageMark, count: number): PageMark;
}

const mostPages = 1000;

/**
 * Everything is in the first reply.
 *
 * @example
 * ```ts
 * import { onePage } from 'everseal/dns';
 * console.log(onePage.first); // undefined
 * ```
 */
export const onePage: Pager = { first: undefined, next: () => undefined };

/**
 * Numbered pages; the reply says how many there are.
 *
 * @example
 * ```ts
 * import { numberedPages, pickNumber } from 'everseal/dns';
 * console.log(numberedPages(({ data }) => pickNumber(data, 'pages')).first); // 1
 * ```
 */
export function numberedPages(total: (reply: ApiReply) => number | undefined): Pager {
  return {
    first: 1,
    next: (reply, mark) => (Number(mark) < (total(reply) ?? 0) ? Number(mark) + 1 : undefined),
  };
}

/**
 * Numbered pages; the one with fewer items than `size` is the last.
 *
 * @example
 * ```ts
 * import { fullPages } from 'everseal/dns';
 * console.log(fullPages(100, 0).first); // 0
 * ```
 */
export function fullPages(size: number, first = 1): Pager {
  return { first, next: (_reply, mark, count) => (count >= size ? Number(mark) + 1 : undefined) };
}

/**
 * The reply names what comes next: a cursor, or a URL.
 *
 * @example
 * ```ts
 * import { cursorPages, pickText } from 'everseal/dns';
 * console.log(cursorPages(({ data }) => pickText(data, 'next')).first); // undefined
 * ```
 */
export function cursorPages(next: (reply: ApiReply) => string | undefined): Pager {
  return { first: undefined, next: (reply) => next(reply) || undefined };
}

export interface PagedList<T> {
  readonly request: (mark: PageMark) => ApiRequest;
  readonly items: (reply: ApiReply) => readonly T[];
  readonly pager?: Pager | undefined;
}

/** All items of all pages. @throws EversealError `provider-failed` for a list that does not end */
export async function collectPages<T>(list: PagedList<T>, call: ApiCall, signal: AbortSignal): Promise<readonly T[]> {
  const { pager = onePage } = list;
  const all: T[] = [];
  let mark = pager.first;
  for (let page = 0; page < mostPages; page += 1) {
    const reply = await call(list.request(mark), signal);
    const items = list.items(reply);
    all.push(...items);
    const next = pager.next(reply, mark, items.length);
    if (next === undefined || next === mark) return all;
    mark = next;
  }
  throw new EversealError('provider-failed', `The API's list has more than ${mostPages} pages`, {
    next: 'Tell the maintainers which provider this is.',
  });
}
