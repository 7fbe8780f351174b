/** Failures that outlive a process, so that no cron job hammers a CA: 1, 10, 100 minutes, then a day apart. */
import * as v from 'valibot';
import type { StateStore } from './stores.ts';

export interface Failures {
  readonly count: number;
  /** Not before this: from our own steps or from the CA's Retry-After, whichever is later. */
  readonly until: Date;
  readonly reason: string;
}

const minute = 60_000;
/** A CA's own limits pass within a week; a longer wait would let the certificate expire on a server's word. */
const longestRetryAfter = 7 * 24 * 60 * minute;
const steps = [minute, 10 * minute, 100 * minute, 24 * 60 * minute] as const;

const schema = v.object({
  version: v.literal(1),
  count: v.pipe(v.number(), v.integer(), v.minValue(1)),
  until: v.pipe(v.string(), v.isoTimestamp()),
  reason: v.string(),
});

/** What is known after one more failure at `now`. `retryAfter`: when the CA said to come back. */
export function nextFailure(previous: Failures | undefined, now: Date, reason: string, retryAfter?: Date): Failures {
  const count = (previous?.count ?? 0) + 1;
  const own = now.getTime() + (steps[Math.min(count, steps.length) - 1] ?? minute);
  const asked = Math.min(retryAfter?.getTime() ?? 0, now.getTime() + longestRetryAfter);
  return { count, until: new Date(Math.max(own, asked)), reason };
}

function key(certificate: string): string {
  return `failures/${certificate}`;
}

export async function loadFailures(state: StateStore, certificate: string): Promise<Failures | undefined> {
  const parsed = v.safeParse(schema, await state.get(key(certificate)));
  if (!parsed.success) return undefined;
  return { count: parsed.output.count, reason: parsed.output.reason, until: new Date(parsed.output.until) };
}

export async function saveFailures(state: StateStore, certificate: string, failures: Failures): Promise<void> {
  const { count, reason, until } = failures;
  await state.put(key(certificate), { version: 1, count, reason, until: until.toISOString() });
}

export async function clearFailures(state: StateStore, certificate: string): Promise<void> {
  await state.delete(key(certificate));
}
