/**
 * The CA's suggestion for one certificate, kept across runs: one point is chosen per window and stays chosen, and the CA
 * is asked again no earlier and no later than its Retry-After says (RFC 9773 §4.3).
 */
import * as v from 'valibot';
import type { Random } from '../core/index.ts';
import { pointInWindow } from './renewal-time.ts';
import type { StateStore } from './stores.ts';

export interface RenewalAdvice {
  readonly certId: string;
  /** The chosen moment; undefined while the CA has given no usable answer. */
  readonly point: Date | undefined;
  readonly window: { readonly start: Date; readonly end: Date } | undefined;
  /** Ask again at this time. */
  readonly askAt: Date;
  readonly explanationUrl: string | undefined;
  /** Failed questions in a row. */
  readonly failures: number;
}

/** What the CA answered, as `acme` gives it. */
export interface RenewalAnswer {
  readonly start: Date;
  readonly end: Date;
  readonly explanationUrl?: string | undefined;
  readonly retryAfterMs: number;
}

const sixHours = 6 * 3_600_000;
const date = v.pipe(
  v.string(),
  v.isoTimestamp(),
  v.transform((text) => new Date(text)),
);
const schema = v.object({
  version: v.literal(1),
  certId: v.string(),
  point: v.optional(date),
  window: v.optional(v.object({ start: date, end: date })),
  askAt: date,
  explanationUrl: v.optional(v.string()),
  failures: v.number(),
});

/** A new answer at `now`: the chosen point stays while the window does. */
export function advise(
  previous: RenewalAdvice | undefined,
  certId: string,
  answer: RenewalAnswer,
  now: Date,
  random: Random,
): RenewalAdvice {
  const window = { start: answer.start, end: answer.end };
  const unchanged =
    previous?.certId === certId &&
    previous.window?.start.getTime() === window.start.getTime() &&
    previous.window.end.getTime() === window.end.getTime();
  return {
    certId,
    window,
    point: (unchanged ? previous.point : undefined) ?? pointInWindow(window, random),
    askAt: new Date(now.getTime() + answer.retryAfterMs),
    explanationUrl: answer.explanationUrl,
    failures: 0,
  };
}

/** No answer at `now`: what was known stays, and the next question comes later and later, up to six hours (§4.3.3). */
export function adviseNothing(previous: RenewalAdvice | undefined, certId: string, now: Date): RenewalAdvice {
  const known = previous?.certId === certId ? previous : undefined;
  const failures = (known?.failures ?? 0) + 1;
  return {
    certId,
    point: known?.point,
    window: known?.window,
    explanationUrl: known?.explanationUrl,
    failures,
    askAt: new Date(now.getTime() + Math.min(sixHours, 300_000 * 2 ** (failures - 1))),
  };
}

function key(certificate: string): string {
  return `renewal-info/${certificate}`;
}

/** Advice on exactly this certificate; an older one's is worth nothing. */
export async function loadAdvice(
  state: StateStore,
  certificate: string,
  certId: string,
): Promise<RenewalAdvice | undefined> {
  const parsed = v.safeParse(schema, await state.get(key(certificate)));
  if (!parsed.success || parsed.output.certId !== certId) return undefined;
  const { point, window, explanationUrl, askAt, failures } = parsed.output;
  return { certId, point, window, explanationUrl, askAt, failures };
}

export async function saveAdvice(state: StateStore, certificate: string, advice: RenewalAdvice): Promise<void> {
  await state.put(key(certificate), { version: 1, ...advice });
}
