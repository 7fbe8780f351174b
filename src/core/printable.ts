/**
 * Text from a stranger, made fit for a terminal, a log line or an error message: control characters, line breaks,
 * escape sequences, bidirectional overrides and lone surrogates become a space or go, and what is too long is cut.
 *
 * @example
 * ```ts
 * import { printable } from 'everseal/core';
 * printable('no\u001b[31m luck\n'); // 'no [31m luck'
 * ```
 */
export function printable(text: string, maxLength = 500): string {
  const clean = text
    .slice(0, maxLength * 4)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\p{Cf}\p{Cs}\p{Co}]/gu, '')
    .trim();
  return clean.length > maxLength ? `${clean.slice(0, maxLength - 1).replace(/\p{Cs}$/u, '')}…` : clean;
}
