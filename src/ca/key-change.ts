/** RFC 8555 §7.3.5. */
import * as v from 'valibot';
import { showAccount } from './accounts.ts';
import type { CaContext } from './context.ts';
import { parseJson, readPayload } from './payload.ts';
import { CaProblem } from './problem.ts';
import type { Reply } from './reply.ts';
import { type AccountCall, checkAlgorithm, checkSignature, parseJws, parsePublicKey } from './request.ts';
import { thumbprint } from './thumbprint.ts';

const innerPayload = v.object({ account: v.string(), oldKey: v.unknown() });

/** The outer signature is the old key's and is checked already; the inner one proves the new key. */
export function changeKey(ca: CaContext, call: AccountCall): Reply {
  const inner = parseJws(call.payload, 'inner JWS of the key change');
  const newKey = parsePublicKey(inner.header.jwk);
  checkSignature(inner, newKey, checkAlgorithm(inner));
  if (inner.header.url !== call.url) throw refuse('the inner "url" is not that of the request');
  if (inner.header.nonce !== undefined) throw refuse('the inner protected header must not have a nonce');
  const payload = readPayload(innerPayload, parseJson(inner.payload), 'inner payload of the key change');
  if (payload.account !== ca.urls.account(call.account.id))
    throw refuse('its account is not the one that signed the request');
  if (!parsePublicKey(payload.oldKey).equals(call.key)) throw refuse('its oldKey is not the key of the account');

  const print = thumbprint(newKey);
  const holder = ca.ledger.accountByThumbprint(print);
  if (holder !== undefined) {
    const location = ca.urls.account(holder.id);
    throw new CaProblem('malformed', 'The new key is the key of an account already', {
      status: 409,
      headers: { location },
    });
  }
  ca.ledger.changeAccountKey(call.account, newKey, print);
  return showAccount(ca, call.account);
}

function refuse(why: string): CaProblem {
  return new CaProblem('malformed', `The key cannot be changed: ${why}`);
}
