/** `NAME.json`: what lego remembers of a certificate. Keys and certificates are never in it. */
import * as v from 'valibot';
import { EversealError } from '../../core/index.ts';
import type { CertificateVersion } from '../../engine/index.ts';
import { goJson, parseJsonObject } from './go-json.ts';

/** Who made the entry: a command line or a configuration file. */
export type LegoOrigin = 'command' | 'configuration';

const schema = v.object({ id: v.optional(v.string(), '') });

/** The file's octets, exactly as lego v5 writes them. */
export function certificateJson(name: string, version: CertificateVersion, origin: LegoOrigin): Uint8Array {
  const { requested, facts, url } = version;
  return goJson({
    id: name,
    domains: requested.identifiers.map(({ value }) => value),
    keyType: facts.keyAlgorithm ?? requested.keyAlgorithm ?? '',
    preferredChain: requested.preferredChain || undefined,
    profile: requested.profile || undefined,
    certUrl: url,
    certStableUrl: url,
    origin,
  });
}

/**
 * The certificate's name; empty when the file tells none (lego v4 did not).
 *
 * @throws EversealError `corrupt`
 */
export function certificateId(data: Uint8Array, path: string): string {
  try {
    return parseJsonObject(schema, data).id;
  } catch (cause) {
    throw new EversealError('corrupt', `${path} cannot be understood: it is not the JSON of a certificate`, {
      next: 'Restore the file from a backup, or remove it: a new certificate is obtained then.',
      cause,
    });
  }
}

/** All after the first certificate of the chain, octet by octet; empty when there is nothing. */
export function issuerPart(chain: string): string {
  const [first = ''] = /^[\s\S]*?-----END CERTIFICATE-----[ \t]*\r?\n?/.exec(chain) ?? [];
  return chain.slice(first.length);
}
