import * as v from 'valibot';
import type { Identifier } from '../core/index.ts';
import { newAuthorization, reusableAuthorization } from './authorizations.ts';
import { checkTypes, offeredTypes } from './challenge-types.ts';
import type { CaContext } from './context.ts';
import { checkIdentifiers } from './identifiers.ts';
import { settleOrder } from './lifecycle.ts';
import { optionalText, readPayload } from './payload.ts';
import { CaProblem } from './problem.ts';
import { chooseProfile, type Profile } from './profiles.ts';
import type { AuthorizationRecord, OrderRecord } from './records.ts';
import { checkReplacement } from './renewal-info.ts';
import { pollHeaders, type Reply, rfc3339 } from './reply.ts';
import { type AccountCall, requireEmptyPayload, requireOwner } from './request.ts';
import { requireCurrentTerms } from './terms.ts';

const newOrderPayload = v.object({
  identifiers: v.pipe(
    v.array(v.object({ type: v.string(), value: v.string() })),
    v.minLength(1, 'at least one identifier is needed'),
  ),
  notBefore: optionalText,
  notAfter: optionalText,
  profile: optionalText,
  replaces: optionalText,
});

/** RFC 8555 §7.4. */
export function newOrder(ca: CaContext, call: AccountCall): Reply {
  requireCurrentTerms(ca, call.account);
  const payload = readPayload(newOrderPayload, call.payload, 'newOrder request');
  const identifiers = checkIdentifiers(payload.identifiers, ca.settings.refusedNames);
  const { name, profile } = chooseProfile(ca.settings.profiles, payload.profile);
  if (identifiers.length > profile.maxNames) {
    throw new CaProblem(
      'malformed',
      `The order has ${identifiers.length} identifiers; the profile "${name}" allows ${profile.maxNames}`,
    );
  }
  checkTypes(identifiers, offeredTypes(ca.settings, profile));
  const now = ca.ports.clock.now();
  const predecessor = checkReplacement(ca, payload.replaces, call.account, identifiers);
  const order: OrderRecord = {
    id: ca.newId(),
    account: call.account,
    status: 'pending',
    expires: new Date(now.getTime() + profile.orderLifetimeMs),
    identifiers,
    authorizations: identifiers.map((identifier) => authorizationFor(ca, call, identifier, profile)),
    profileName: name,
    profile,
    ...readValidity(payload, profile, now),
    replaces: payload.replaces,
    error: undefined,
    certificate: undefined,
  };
  ca.ledger.addOrder(order);
  if (predecessor !== undefined) predecessor.replacedBy = order;
  settleOrder(ca, order);
  return showOrder(ca, order, 201);
}

/** RFC 8555 §7.4: POST-as-GET. */
export function orderResource(ca: CaContext, call: AccountCall): Reply {
  const order = ca.ledger.order(call.params.id ?? '');
  requireOwner(call, order.account, 'order');
  requireEmptyPayload(call);
  settleOrder(ca, order);
  return showOrder(ca, order);
}

/** The order as clients see it; always with its URL in `Location`, which older clients read after finalize, too. */
export function showOrder(ca: CaContext, order: OrderRecord, status = 200): Reply {
  return {
    status,
    headers: { location: ca.urls.order(order.id), ...pollHeaders(ca, order.status) },
    body: {
      status: order.status,
      expires: rfc3339(order.expires),
      identifiers: order.identifiers.map(({ type, value }) => ({ type, value })),
      profile: order.profileName,
      notBefore: order.notBefore === undefined ? undefined : rfc3339(order.notBefore),
      notAfter: order.notAfter === undefined ? undefined : rfc3339(order.notAfter),
      replaces: order.replaces,
      error: order.error,
      authorizations: order.authorizations.map(({ id }) => ca.urls.authorization(id)),
      finalize: ca.urls.finalize(order.id),
      certificate: order.certificate === undefined ? undefined : ca.urls.certificate(order.certificate.id),
    },
  };
}

function authorizationFor(
  ca: CaContext,
  call: AccountCall,
  identifier: Identifier,
  profile: Profile,
): AuthorizationRecord {
  return reusableAuthorization(ca, call.account, identifier) ?? newAuthorization(ca, call.account, identifier, profile);
}

function readValidity(
  payload: { readonly notBefore?: string | undefined; readonly notAfter?: string | undefined },
  profile: Profile,
  now: Date,
): { readonly notBefore: Date | undefined; readonly notAfter: Date | undefined } {
  const notBefore = readDate(payload.notBefore, 'notBefore');
  const notAfter = readDate(payload.notAfter, 'notAfter');
  if (notAfter !== undefined) {
    const start = notBefore ?? now;
    if (notAfter <= start || notAfter <= now)
      throw new CaProblem('malformed', 'notAfter is not after the start of validity');
    if (notAfter.getTime() - start.getTime() > profile.validityMs) {
      throw new CaProblem(
        'malformed',
        `The profile allows a validity of ${profile.validityMs / 1000} seconds, and notAfter asks for more`,
      );
    }
  }
  return { notBefore, notAfter };
}

function readDate(text: string | undefined, name: string): Date | undefined {
  if (text === undefined) return undefined;
  const date = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text)
    ? new Date(text.toUpperCase())
    : undefined;
  if (date === undefined || Number.isNaN(date.getTime()))
    throw new CaProblem('malformed', `${name} is not a date of RFC 3339: "${text}"`);
  return date;
}
