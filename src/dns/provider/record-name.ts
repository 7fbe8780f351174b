/** How an API wants a record's name. */
import { relativeName, withoutFinalDot } from '../name.ts';

/** @param name absolute; @param apex the zone's, absolute, empty when the definition asks for no zone */
export type NameForm = (name: string, apex: string) => string;

/**
 * Relative to the zone; the apex itself is called `apexSymbol`.
 *
 * @example
 * ```ts
 * import { relativeTo } from 'everseal/dns';
 * console.log(relativeTo('@')('www.example.com.', 'example.com.')); // www
 * ```
 */
export function relativeTo(apexSymbol: string): NameForm {
  return (name, apex) => relativeName(name, apex) || apexSymbol;
}

/**
 * The whole name without its final dot.
 *
 * @example
 * ```ts
 * import { wholeName } from 'everseal/dns';
 * console.log(wholeName('www.example.com.', 'example.com.')); // www.example.com
 * ```
 */
export const wholeName: NameForm = (name) => withoutFinalDot(name);

/**
 * The whole name with its final dot.
 *
 * @example
 * ```ts
 * import { dottedName } from 'everseal/dns';
 * console.log(dottedName('www.example.com.', 'example.com.')); // www.example.com.
 * ```
 */
export const dottedName: NameForm = (name) => name;
