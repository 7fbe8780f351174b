/** What an API wants after records were written: a commit, a publication, patience. */
import type { Clock, EventSink } from '../../core/index.ts';
import { EversealError, messageOf } from '../../core/index.ts';
import type { ApiCall, ApiReply, ApiRequest } from './api-request.ts';
import type { ApiZone } from './zone-lookup.ts';

/** What was done in one zone and one phase. */
export interface Written {
  readonly zone: ApiZone;
  /** Replies to what was read, in order. */
  readonly reads: readonly ApiReply[];
  /** Replies to what was written; at least one. */
  readonly writes: readonly ApiReply[];
}

export type AfterStep =
  /** Sent once. `optional`: its failure is a warning. */
  | { readonly request: ApiRequest; readonly optional?: boolean }
  /** Asked until it is done. */
  | {
      readonly poll: ApiRequest;
      readonly done: (reply: ApiReply) => boolean;
      /** The API's reason when it will never be done. */
      readonly failed?: (reply: ApiReply) => string | undefined;
      readonly everyMs: number;
      readonly timeoutMs: number;
    }
  | { readonly sleepMs: number };

export type AfterWrite = (written: Written) => readonly AfterStep[];

export interface AfterTools {
  readonly call: ApiCall;
  readonly clock: Clock;
  readonly events: EventSink;
  readonly signal: AbortSignal;
}

/** Takes the steps one after the other. @throws EversealError of the step that failed */
export async function takeSteps(steps: readonly AfterStep[], tools: AfterTools): Promise<void> {
  for (const step of steps) {
    if ('sleepMs' in step) await tools.clock.sleep(step.sleepMs, tools.signal);
    else if ('poll' in step) await poll(step, tools);
    else if (step.optional === true) await tryRequest(step.request, tools);
    else await tools.call(step.request, tools.signal);
  }
}

async function tryRequest(request: ApiRequest, { call, events, signal }: AfterTools): Promise<void> {
  try {
    await call(request, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof EversealError)) throw error;
    events({ type: 'warning', message: `${messageOf(error)}. The records are written all the same` });
  }
}

async function poll(step: Extract<AfterStep, { poll: unknown }>, tools: AfterTools): Promise<void> {
  const { call, clock, signal } = tools;
  const end = clock.monotonic() + step.timeoutMs;
  for (;;) {
    const reply = await call(step.poll, signal);
    if (step.done(reply)) return;
    const reason = step.failed?.(reply);
    if (reason !== undefined)
      throw new EversealError('provider-failed', `the API took the change back: ${reason}`, { next: 'Try again.' });
    if (clock.monotonic() + step.everyMs > end)
      throw new EversealError('timeout', `the API has not finished the change within ${step.timeoutMs / 1000} s`, {
        next: "Look at the change on the provider's site, and try again later.",
      });
    await clock.sleep(step.everyMs, signal);
  }
}
