/**
 * The version of everseal: that of package.json.
 *
 * @example
 * ```ts
 * import { version } from 'everseal/core';
 * console.log(`everseal/${version}`);
 * ```
 */
export const version = '0.1.0';
