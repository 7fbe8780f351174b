/** APIs where each record has an id of its own. */
import { isPassing } from './api-client.ts';
import { ApiError, isNotFound } from './api-error.ts';
import type { ApiReply, ApiRequest } from './api-request.ts';
import type { PageMark, Pager } from './pager.ts';
import {
  isNameOf,
  isValue,
  type LockScope,
  type RrsetTarget,
  type RrsetWork,
  type ValueTarget,
  type ValueWork,
  type WriteSession,
  type WriteShape,
} from './write-shape.ts';

export interface ListedRecord {
  readonly id: string | undefined;
  /** In any form; undefined when the API lists one name only. */
  readonly name?: string | undefined;
  /** undefined when the API lists TXT records only. */
  readonly type?: string | undefined;
  readonly value: string | undefined;
}

export interface RecordByIdApi {
  readonly create: (target: ValueTarget) => ApiRequest;
  /** Of the record in the reply to `create`; undefined: it will be found by listing. */
  readonly id: (reply: ApiReply) => string | undefined;
  /** As narrow as the API allows: by name and type. */
  readonly list: (target: RrsetTarget, mark: PageMark) => ApiRequest;
  readonly records: (reply: ApiReply) => readonly ListedRecord[];
  readonly pager?: Pager;
  readonly remove: (target: ValueTarget & { readonly id: string }) => ApiRequest;
  /** Whether a refusal of `remove` means that the record is gone. By default 404 and 410. */
  readonly isAbsent?: (error: unknown) => boolean;
  /** Default `none`. */
  readonly lock?: LockScope;
}

/** How often a record is created when nobody knows whether the request arrived. */
const mostTries = 3;
/** Refusals that have nothing to do with what is there. */
const certain = [401, 403, 404, 429];

/**
 * One request a value. An id that was lost is found by listing; so is a record whose creation broke off, before it is created
 * again.
 *
 * @example
 * ```ts
 * import { path, pickList, pickText, recordById } from 'everseal/dns';
 * const shape = recordById({
 *   create: ({ zone, name, value }) => ({ method: 'POST', path: path`/${zone.id}`, body: { name, value, type: 'TXT' } }),
 *   id: ({ data }) => pickText(data, 'id'),
 *   list: ({ zone, name }) => ({ method: 'GET', path: path`/${zone.id}`, query: { name, type: 'TXT' } }),
 *   records: ({ data }) => pickList(data).map((one) => ({ id: pickText(one, 'id'), value: pickText(one, 'value') })),
 *   remove: ({ zone, id }) => ({ method: 'DELETE', path: path`/${zone.id}/${id}` }),
 * });
 * console.log(shape.lock); // none
 * ```
 */
export function recordById(api: RecordByIdApi): WriteShape {
  return {
    shape: 'record-by-id',
    values: 'many',
    lock: api.lock ?? 'none',
    unit: 'rrset',
    add: async (rrsets, session) => {
      for (const { values } of rrsets) for (const work of values) await create(api, work, session);
    },
    remove: async (rrsets, session) => {
      for (const work of rrsets) await removeValues(api, work, session);
    },
  };
}

async function create(api: RecordByIdApi, work: ValueWork, session: WriteSession): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    try {
      const id = api.id(await session.write(api.create(work.target)));
      return session.keepReceipt(work, id === undefined ? {} : { id });
    } catch (error) {
      session.signal.throwIfAborted();
      if (!mayBeThere(error)) throw error;
      const passing = isPassing(error);
      const found = await idsOf(api, work.target, session);
      if (found[0] !== undefined) return session.keepReceipt(work, { id: found[0] });
      if (!passing || tried >= mostTries) throw error;
      await session.pause(tried);
    }
  }
}

/** Many APIs refuse a record that they have already, in words of their own; a request may have arrived whose answer did not. */
function mayBeThere(error: unknown): boolean {
  return error instanceof ApiError ? !certain.includes(error.reply.status) : isPassing(error);
}

async function removeValues(api: RecordByIdApi, { values, target }: RrsetWork, session: WriteSession): Promise<void> {
  const lost: ValueWork[] = [];
  for (const work of values) {
    const id = work.receipt?.id;
    const known = typeof id === 'string' || typeof id === 'number';
    if (!known || !(await removeId(api, work.target, String(id), session))) lost.push(work);
  }
  if (lost.length === 0) return;
  const records = await recordsAt(api, target, session);
  for (const work of lost)
    for (const id of matching(records, work.target)) await removeId(api, work.target, id, session);
}

/** False when there is no such record. */
async function removeId(api: RecordByIdApi, target: ValueTarget, id: string, session: WriteSession): Promise<boolean> {
  const { isAbsent = isNotFound } = api;
  try {
    await session.write(api.remove({ ...target, id }));
    return true;
  } catch (error) {
    if (!isAbsent(error)) throw error;
    return false;
  }
}

async function idsOf(api: RecordByIdApi, target: ValueTarget, session: WriteSession): Promise<readonly string[]> {
  return matching(await recordsAt(api, target, session), target);
}

async function recordsAt(
  { list, records, pager }: RecordByIdApi,
  target: RrsetTarget,
  session: WriteSession,
): Promise<readonly ListedRecord[]> {
  try {
    return await session.list({ request: (mark) => list(target, mark), items: records, pager });
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

function matching(records: readonly ListedRecord[], target: ValueTarget): readonly string[] {
  return records.flatMap(({ id, name, type = 'TXT', value }) => {
    const same =
      type.toUpperCase() === 'TXT' && isNameOf(name, target) && value !== undefined && isValue(value, target);
    return same && id !== undefined ? [id] : [];
  });
}
