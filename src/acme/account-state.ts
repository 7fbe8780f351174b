/** The account object (RFC 8555 §7.1.2). */
import type { KeyObject } from 'node:crypto';
import * as v from 'valibot';
import { printable } from '../core/index.ts';
import { type Jwk, jwkThumbprint } from '../pki/jwk.ts';
import { badServer } from './bad-server.ts';
import type { Reply } from './reply.ts';
import { readServerObject } from './server-json.ts';
import { serverUrl } from './server-url.ts';

export interface AccountState {
  readonly status: 'valid' | 'deactivated' | 'revoked';
  readonly contacts: readonly string[];
  /** undefined when the server does not say. */
  readonly termsAgreed: boolean | undefined;
  /** Where the server lists the orders, when it does. */
  readonly orders: string | undefined;
}

const accountSchema = v.object({
  // Caddy's accounts have one; a server without can only mean this.
  status: v.optional(v.picklist(['valid', 'deactivated', 'revoked']), 'valid'),
  contact: v.optional(v.pipe(v.array(v.string()), v.maxLength(100)), []),
  termsOfServiceAgreed: v.fallback(v.optional(v.boolean()), undefined),
  orders: v.optional(v.string()),
  key: v.fallback(v.optional(v.record(v.string(), v.unknown())), undefined),
});

/**
 * Reads an account. A server that shows the key with it (Boulder does) must show ours.
 *
 * @throws EversealError `bad-server`
 */
export function parseAccount(reply: Reply, key: KeyObject): AccountState {
  const raw = readServerObject(reply, accountSchema, 'The account');
  if (raw.key !== undefined && !isKey(raw.key, key))
    throw badServer('The account', reply.url, 'it belongs to another key');
  return {
    status: raw.status,
    contacts: raw.contact.map((contact) => printable(contact, 320)),
    termsAgreed: raw.termsOfServiceAgreed,
    orders:
      raw.orders === undefined || raw.orders === ''
        ? undefined
        : serverUrl(raw.orders, '"orders" of the account', reply.url),
  };
}

function isKey(shown: Readonly<Record<string, unknown>>, key: KeyObject): boolean {
  const members = Object.entries(shown).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  );
  const jwk: Jwk = Object.fromEntries(members);
  try {
    return jwkThumbprint(jwk) === jwkThumbprint(key);
  } catch {
    return false;
  }
}
