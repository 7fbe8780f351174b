import { EversealError, printable } from '../core/index.ts';
import { canonicalName } from './name.ts';

/** Names on the wire, names of the hash and length of the whole MAC (RFC 8945 §6). */
export const tsigAlgorithms = {
  'hmac-md5': { wireName: 'hmac-md5.sig-alg.reg.int.', hash: 'md5', macOctets: 16 },
  'hmac-sha1': { wireName: 'hmac-sha1.', hash: 'sha1', macOctets: 20 },
  'hmac-sha224': { wireName: 'hmac-sha224.', hash: 'sha224', macOctets: 28 },
  'hmac-sha256': { wireName: 'hmac-sha256.', hash: 'sha256', macOctets: 32 },
  'hmac-sha384': { wireName: 'hmac-sha384.', hash: 'sha384', macOctets: 48 },
  'hmac-sha512': { wireName: 'hmac-sha512.', hash: 'sha512', macOctets: 64 },
} as const;

export type TsigAlgorithm = keyof typeof tsigAlgorithms;

/**
 * Reads the name of an algorithm: any case, with or without the final dot; `hmac-md5.sig-alg.reg.int` is `hmac-md5`.
 *
 * @throws EversealError `usage` that names the known ones
 *
 * @example
 * ```ts
 * import { parseTsigAlgorithm } from 'everseal/dns';
 * console.log(parseTsigAlgorithm('HMAC-SHA256.')); // hmac-sha256
 * ```
 */
export function parseTsigAlgorithm(text: string): TsigAlgorithm {
  const name = text.trim().toLowerCase().replace(/\.$/, '');
  const algorithm = known().find((candidate) => candidate === name || wireNameOf(candidate) === `${name}.`);
  if (algorithm !== undefined) return algorithm;
  throw new EversealError('usage', `"${printable(text, 60)}" is no TSIG algorithm`, {
    next: `Use one of ${known().join(', ')}.`,
  });
}

/** undefined when no algorithm has this name. */
export function algorithmOfWireName(name: string): TsigAlgorithm | undefined {
  const canonical = canonicalName(name);
  return known().find((candidate) => wireNameOf(candidate) === canonical);
}

function wireNameOf(algorithm: TsigAlgorithm): string {
  return tsigAlgorithms[algorithm].wireName;
}

function known(): readonly TsigAlgorithm[] {
  return Object.keys(tsigAlgorithms) as TsigAlgorithm[];
}
