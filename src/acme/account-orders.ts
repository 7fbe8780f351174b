/** The list of an account's orders (RFC 8555 §7.1.2.1), page by page. */
import * as v from 'valibot';
import { badServer } from './bad-server.ts';
import type { Reply } from './reply.ts';
import type { AccountSession } from './session.ts';
import { parseServerJson } from './server-json.ts';
import { serverUrl } from './server-url.ts';

const maxPages = 1000;
const pageSchema = v.union([v.object({ orders: v.optional(v.array(v.string()), []) }), v.array(v.string())]);

/** Order URLs. Ends at the last page, at one that was seen before, or after 1000. */
export async function* fetchOrderUrls(
  session: AccountSession,
  first: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<string> {
  const seen = new Set<string>();
  for (let url: string | undefined = first; url !== undefined && !seen.has(url) && seen.size < maxPages; ) {
    seen.add(url);
    const reply: Reply = await session.fetch(url, { signal });
    yield* readPage(reply);
    url = reply.links('next')[0];
  }
}

/** Caddy sends a bare array. */
function readPage(reply: Reply): readonly string[] {
  const result = v.safeParse(pageSchema, parseServerJson(reply.body));
  if (!result.success) throw badServer('The list of orders', reply.url, 'it is not a list of URLs');
  const urls = Array.isArray(result.output) ? result.output : result.output.orders;
  return urls.map((url) => serverUrl(url, 'An order in the list of orders', reply.url));
}
