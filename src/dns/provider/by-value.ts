/** APIs that add and remove single values of a name by the value itself. */
import { ApiError, isNotFound } from './api-error.ts';
import type { ApiRequest } from './api-request.ts';
import type { LockScope, RrsetTarget, ValueTarget, WriteSession, WriteShape } from './write-shape.ts';

export interface ValuesTarget extends RrsetTarget {
  readonly values: readonly ValueTarget[];
}

export interface ByValueApi {
  /** One request a value, or one for all values of a name. */
  readonly add: ((target: ValueTarget) => ApiRequest) | { readonly all: (target: ValuesTarget) => ApiRequest };
  readonly remove: ((target: ValueTarget) => ApiRequest) | { readonly all: (target: ValuesTarget) => ApiRequest };
  /** Whether a refusal of `add` means that the value is there already. By default 409. */
  readonly isThere?: (error: unknown) => boolean;
  /** Whether a refusal of `remove` means that the value is gone. By default 404 and 410. */
  readonly isAbsent?: (error: unknown) => boolean;
  /** Default `none`. */
  readonly lock?: LockScope;
}

/**
 * The API itself keeps other values.
 *
 * @example
 * ```ts
 * import { byValue } from 'everseal/dns';
 * const shape = byValue({
 *   add: ({ name, value }) => ({ method: 'GET', path: '/add', query: { name, value } }),
 *   remove: ({ name, value }) => ({ method: 'GET', path: '/remove', query: { name, value } }),
 * });
 * console.log(shape.values); // many
 * ```
 */
export function byValue(api: ByValueApi): WriteShape {
  const { isThere = isConflict, isAbsent = isNotFound } = api;
  return {
    shape: 'by-value',
    values: 'many',
    lock: api.lock ?? 'none',
    unit: 'rrset',
    add: async (rrsets, session) => {
      for (const { target, values } of rrsets)
        await send(api.add, { ...target, values: values.map((work) => work.target) }, session, isThere);
    },
    remove: async (rrsets, session) => {
      for (const { target, values } of rrsets)
        await send(api.remove, { ...target, values: values.map((work) => work.target) }, session, isAbsent);
    },
  };
}

async function send(
  how: ByValueApi['add'],
  target: ValuesTarget,
  session: WriteSession,
  isDone: (error: unknown) => boolean,
): Promise<void> {
  const requests = typeof how === 'function' ? target.values.map(how) : [how.all(target)];
  for (const request of requests) {
    try {
      // Adding what is there is as good as adding it once: such a request may be repeated.
      await session.write({ repeatable: true, ...request });
    } catch (error) {
      if (!isDone(error)) throw error;
    }
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.reply.status === 409;
}
