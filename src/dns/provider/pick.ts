/** Checked ways into what an API said: nothing about its shape is taken for granted. */

type Step = string | number;

/**
 * What is at that place, undefined when there is no such place.
 *
 * @example
 * ```ts
 * import { pick } from 'everseal/dns';
 * console.log(pick({ result: [{ id: 'a' }] }, 'result', 0, 'id')); // a
 * ```
 */
export function pick(value: unknown, ...steps: readonly Step[]): unknown {
  return steps.reduce<unknown>((found, step) => {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined;
    return Reflect.get(found, step);
  }, value);
}

/**
 * The text at that place; a number is taken as its digits, everything else as undefined.
 *
 * @example
 * ```ts
 * import { pickText } from 'everseal/dns';
 * console.log(pickText({ id: 7 }, 'id'), pickText({ id: null }, 'id')); // 7 undefined
 * ```
 */
export function pickText(value: unknown, ...steps: readonly Step[]): string | undefined {
  const found = pick(value, ...steps);
  if (typeof found === 'string') return found;
  return typeof found === 'number' && Number.isFinite(found) ? String(found) : undefined;
}

/**
 * The whole number at that place, also when it is written as a text.
 *
 * @example
 * ```ts
 * import { pickNumber } from 'everseal/dns';
 * console.log(pickNumber({ ttl: '60' }, 'ttl')); // 60
 * ```
 */
export function pickNumber(value: unknown, ...steps: readonly Step[]): number | undefined {
  const text = pickText(value, ...steps);
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/**
 * The list at that place, empty when there is none.
 *
 * @example
 * ```ts
 * import { pickList } from 'everseal/dns';
 * console.log(pickList({ records: [1, 2] }, 'records').length, pickList(undefined, 'records')); // 2 []
 * ```
 */
export function pickList(value: unknown, ...steps: readonly Step[]): readonly unknown[] {
  const found = pick(value, ...steps);
  return Array.isArray(found) ? found : [];
}
