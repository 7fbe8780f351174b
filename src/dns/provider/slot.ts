/** APIs that have room for one value. */
import { EversealError } from '../../core/index.ts';
import type { ApiReply, ApiRequest } from './api-request.ts';
import { isValue, type ValueTarget, type ValueWork, type WriteSession, type WriteShape } from './write-shape.ts';

export interface SlotApi {
  readonly set: (target: ValueTarget) => ApiRequest;
  /** Without it the value stays. */
  readonly clear?: (target: ValueTarget) => ApiRequest;
  /** Where the API shows the value: then only our own is cleared. */
  readonly current?: {
    readonly request: (target: ValueTarget) => ApiRequest;
    readonly value: (reply: ApiReply) => string | undefined;
  };
  /** One value at each name, or one for all names of these credentials. */
  readonly room: 'name' | 'credential';
}

/**
 * Whoever has written keeps the slot until it is cleared: see the locks.
 *
 * @example
 * ```ts
 * import { slot } from 'everseal/dns';
 * const shape = slot({
 *   room: 'name',
 *   set: ({ name, value }) => ({ method: 'GET', path: '/update', query: { name, txt: value } }),
 *   clear: ({ name }) => ({ method: 'GET', path: '/update', query: { name, clear: 'true' } }),
 * });
 * console.log(shape.values); // one
 * ```
 */
export function slot(api: SlotApi): WriteShape {
  return {
    shape: 'slot',
    values: 'one',
    lock: api.room === 'name' ? 'name-slot' : 'credential-slot',
    unit: api.room === 'name' ? 'rrset' : 'zone',
    add: async (rrsets, session) => {
      const [work, ...more] = rrsets.flatMap(({ values }) => values);
      if (more.length > 0) throw noRoom(more);
      if (work !== undefined) await session.write({ repeatable: true, ...api.set(work.target) });
    },
    remove: async (rrsets, session) => {
      for (const { target } of rrsets.flatMap(({ values }) => values)) await clear(api, target, session);
    },
  };
}

async function clear({ clear, current }: SlotApi, target: ValueTarget, session: WriteSession): Promise<void> {
  if (clear === undefined) return;
  if (current !== undefined) {
    const shown = current.value(await session.read(current.request(target)));
    if (shown === undefined || !isValue(shown, target)) return;
  }
  await session.write({ repeatable: true, ...clear(target) });
}

function noRoom(more: readonly ValueWork[]): EversealError {
  const names = [...new Set(more.map(({ target }) => target.fqdn))].join(', ');
  return new EversealError('usage', `there is room for one TXT value only, and ${names} needs another`, {
    next: 'Order a name and its wildcard apart, or use another DNS provider for one of them.',
  });
}
