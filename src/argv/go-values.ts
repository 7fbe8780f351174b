/** The texts of Go's `strconv` and `time` packages, which lego's flags are read by. */

const truths = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const falsehoods = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

/** As `strconv.ParseBool`. */
export function parseGoBool(text: string): boolean | undefined {
  if (truths.has(text)) return true;
  return falsehoods.has(text) ? false : undefined;
}

const integer = /^([+-]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)$/;

/** As `strconv.ParseInt(text, 0, 64)`, so `0x1e` and `036` are 30; beyond 2⁵³ it is no number here. */
export function parseGoInt(text: string): number | undefined {
  const match = integer.exec(text);
  const digits = match?.[2];
  if (match === null || digits === undefined) return undefined;
  const value = Number(digits.replace(/^0[oO]?(?=[0-7])/, '0o'));
  if (!Number.isSafeInteger(value)) return undefined;
  return match[1] === '-' && value !== 0 ? -value : value;
}

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};
const durationShape = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/;
const durationPart = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;
const longestMs = 2 ** 63 / 1e6;

/** As `time.ParseDuration`: `1h30m`, `500ms`, `0`, in milliseconds. */
export function parseGoDuration(text: string): number | undefined {
  if (/^[+-]?0$/.test(text)) return 0;
  if (!durationShape.test(text)) return undefined;
  let ms = 0;
  for (const [, amount, unit] of text.matchAll(durationPart)) ms += Number(amount) * (unitMs[unit ?? ''] ?? 0);
  if (ms >= longestMs) return undefined;
  return text.startsWith('-') && ms !== 0 ? -ms : ms;
}

/** A duration as people write it: `1h30m`, `2s`, `250ms`; what is finer than a millisecond is rounded. */
export function formatGoDuration(ms: number): string {
  const whole = Math.round(Math.abs(ms));
  if (whole === 0) return '0s';
  const sign = ms < 0 ? '-' : '';
  if (whole < 1_000) return `${sign}${whole}ms`;
  const hours = Math.floor(whole / 3_600_000);
  const minutes = Math.floor((whole % 3_600_000) / 60_000);
  const seconds = (whole % 60_000) / 1_000;
  return `${sign}${hours > 0 ? `${hours}h` : ''}${minutes > 0 ? `${minutes}m` : ''}${seconds > 0 ? `${seconds}s` : ''}`;
}

const timestamp = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:[.,]\d+)?(?:Z|[+-](\d{2}):(\d{2}))$/;

/** An RFC 3339 time; a day that its month does not have is none. */
export function parseRfc3339(text: string): Date | undefined {
  const match = timestamp.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second, zoneHour, zoneMinute] = match
    .slice(1)
    .map((part) => Number(part ?? '0'));
  if (hour === undefined || minute === undefined || second === undefined) return undefined;
  if (hour > 23 || minute > 59 || second > 59 || (zoneHour ?? 0) > 23 || (zoneMinute ?? 0) > 59) return undefined;
  const midnight = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  if (midnight.getUTCFullYear() !== year || midnight.getUTCMonth() + 1 !== month || midnight.getUTCDate() !== day)
    return undefined;
  return new Date(text.replace(',', '.'));
}
