/** ACME Renewal Information (RFC 9773). */
import * as v from 'valibot';
import { EversealError } from '../core/index.ts';
import { badServer } from './bad-server.ts';
import type { Reply } from './reply.ts';
import { readDate, readServerObject } from './server-json.ts';
import { webAddress } from './server-url.ts';
import type { ClientContext } from './session.ts';

/** When the CA wants a certificate to be renewed. */
export interface RenewalInfo {
  readonly start: Date;
  /** After `start`. */
  readonly end: Date;
  /** A page for the operator, when something is up. */
  readonly explanationUrl?: string;
  /** When to ask again, in milliseconds from now: between a minute and a day, 6 hours when the CA does not say. */
  readonly retryAfterMs: number;
}

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** RFC 9773 §4.3.3: the long wait after what may be an error. */
const unknownMs = 6 * 3_600_000;

const renewalInfoSchema = v.object({
  suggestedWindow: v.object({ start: v.string(), end: v.string() }),
  explanationURL: v.optional(v.unknown()),
});

/** @throws EversealError `unsupported` without renewal information at the CA, `bad-server` for an answer that is none */
export async function fetchRenewalInfo(
  context: ClientContext,
  certId: string,
  signal: AbortSignal | undefined,
): Promise<RenewalInfo> {
  if (!/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/.test(certId)) {
    throw new EversealError('usage', 'Not a certificate identifier of RFC 9773', {
      next: 'Make it with certId() of everseal/pki.',
    });
  }
  const directory = await context.directory.fetch(signal);
  const base = context.directory.resource(directory, 'renewalInfo').replace(/\/+$/, '');
  const reply = context.transport.accept(await context.transport.get(`${base}/${certId}`, signal));
  return parseRenewalInfo(reply, context.clock.now());
}

/** RFC 9773 §4.2: a window that does not end after its start is no answer. */
export function parseRenewalInfo(reply: Reply, now: Date): RenewalInfo {
  const raw = readServerObject(reply, renewalInfoSchema, 'The renewal information');
  const start = readDate(raw.suggestedWindow.start);
  const end = readDate(raw.suggestedWindow.end);
  if (start === undefined || end === undefined)
    throw badServer('The renewal information', reply.url, 'a date of the window is none');
  if (end.getTime() <= start.getTime())
    throw badServer('The renewal information', reply.url, 'the window ends before it starts');
  const explanationUrl = webAddress(raw.explanationURL);
  return {
    start,
    end,
    ...(explanationUrl === undefined ? {} : { explanationUrl }),
    retryAfterMs: Math.min(dayMs, Math.max(minuteMs, reply.retryAfterMs(now) ?? unknownMs)),
  };
}
