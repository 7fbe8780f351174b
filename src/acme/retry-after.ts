/** The `Retry-After` header in both its forms (RFC 9110 §10.2.3, §5.6.7). */

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const imfFixdate = /^[a-z]{3}, (?<day>\d{2}) (?<month>[a-z]{3}) (?<year>\d{4}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/i;
const rfc850 = /^[a-z]{6,9}, (?<day>\d{2})-(?<month>[a-z]{3})-(?<year>\d{2}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/i;
const asctime = /^[a-z]{3} (?<month>[a-z]{3}) (?<day>[ \d]\d) (?<time>\d{2}:\d{2}:\d{2}) (?<year>\d{4})$/i;

/** Longer waits are as good as this one, and stay within what a `Date` can hold. */
const longestMs = 10 * 366 * 86_400_000;

/**
 * How long a server asks to wait, in milliseconds from now; undefined when it does not say, or says nonsense (negative, a
 * fraction, a word, a date in another zone). A date is measured against the server's own `Date` header when it sent one,
 * so that a wrong clock on either side does no harm. Of several values the longest counts (RFC 8555 §6.6).
 *
 * @example
 * ```ts
 * import { retryAfterMs } from 'everseal/acme';
 * retryAfterMs(new Map([['retry-after', ['3']]]), new Date(0)); // 3000
 * ```
 */
export function retryAfterMs(headers: ReadonlyMap<string, readonly string[]>, now: Date): number | undefined {
  const serverNow = parseHttpDate(headers.get('date')?.[0] ?? '') ?? now;
  const waits = (headers.get('retry-after') ?? []).map((value) => waitOf(value.trim(), serverNow));
  const valid = waits.filter((wait) => wait !== undefined);
  return valid.length === 0 ? undefined : Math.min(longestMs, Math.max(...valid));
}

function waitOf(value: string, serverNow: Date): number | undefined {
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = parseHttpDate(value);
  return date === undefined ? undefined : Math.max(0, date.getTime() - serverNow.getTime());
}

/** An HTTP date in any of its three forms, or undefined. */
export function parseHttpDate(text: string): Date | undefined {
  const groups = (imfFixdate.exec(text) ?? rfc850.exec(text) ?? asctime.exec(text))?.groups;
  if (groups === undefined) return undefined;
  const month = months.indexOf((groups['month'] ?? '').toLowerCase());
  const [hours = 0, minutes = 0, seconds = 0] = (groups['time'] ?? '').split(':').map(Number);
  const year = Number(groups['year']);
  // RFC 9110 §5.6.7 dates two-digit years by the sliding century; nobody sends them any more, so 20xx is near enough.
  const time = Date.UTC(year < 100 ? 2000 + year : year, month, Number(groups['day']), hours, minutes, seconds);
  return month < 0 || Number.isNaN(time) ? undefined : new Date(time);
}
