/** What Node's failures say about themselves. */

/** Node's `code` of a failure (`ENOENT`, `ERR_TLS_…`), looked for in its causes too; empty when it has none. */
export function systemCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'cause' in error ? systemCode(error.cause) : '';
}
