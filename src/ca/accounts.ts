import * as v from 'valibot';
import type { CaContext } from './context.ts';
import { settleOrder } from './lifecycle.ts';
import { optionalText, readPayload } from './payload.ts';
import { CaProblem } from './problem.ts';
import type { AccountRecord, OrderRecord } from './records.ts';
import type { Reply } from './reply.ts';
import { type AccountCall, requireEmptyPayload, type SignedCall } from './request.ts';
import { requireAgreement } from './terms.ts';
import { thumbprint } from './thumbprint.ts';

const contactList = v.nullish(v.array(v.string()));
const newAccountPayload = v.object({
  contact: contactList,
  termsOfServiceAgreed: v.nullish(v.boolean()),
  onlyReturnExisting: v.nullish(v.boolean()),
  externalAccountBinding: v.nullish(v.unknown()),
});
const updatePayload = v.object({ contact: contactList, status: optionalText });

const maxContacts = 10;

/** RFC 8555 §7.3 and §7.3.1: makes an account, or finds the one that this key has. */
export function newAccount(ca: CaContext, call: SignedCall): Reply {
  if (call.account !== undefined) throw new CaProblem('malformed', 'A new account is asked for with "jwk", not "kid"');
  const payload = readPayload(newAccountPayload, call.payload, 'newAccount request');
  const print = thumbprint(call.key);
  const existing = ca.ledger.accountByThumbprint(print);
  if (existing !== undefined) return existingAccount(ca, existing);
  if (payload.onlyReturnExisting === true) throw new CaProblem('accountDoesNotExist', 'No account has this key');

  const contacts = checkContacts(payload.contact ?? []);
  requireAgreement(ca, payload.termsOfServiceAgreed === true);
  const account: AccountRecord = {
    id: ca.newId(),
    key: call.key,
    thumbprint: print,
    formerThumbprints: [],
    status: 'valid',
    contacts,
    agreedTerms: ca.terms.current,
    externalAccountBinding: ca.externalAccounts.bind(payload.externalAccountBinding, call),
    termsToken: ca.newToken(),
    orders: [],
  };
  ca.ledger.addAccount(account);
  return showAccount(ca, account, 201);
}

/** RFC 8555 §7.3.2 and §7.3.6: shows, updates or deactivates. Other members are ignored, as the RFC wants. */
export function accountResource(ca: CaContext, call: AccountCall): Reply {
  requireSelf(call);
  if (call.payload === undefined) return showAccount(ca, call.account);
  const { contact, status } = readPayload(updatePayload, call.payload, 'account update');
  if (status !== undefined && status !== 'valid' && status !== 'deactivated') {
    throw new CaProblem('malformed', `An account cannot be made "${status}", only "deactivated"`);
  }
  if (contact !== undefined && contact !== null) call.account.contacts = checkContacts(contact);
  if (status === 'deactivated') deactivate(call.account);
  return showAccount(ca, call.account);
}

/** RFC 8555 §7.1.2.1: the account's orders, page by page, without those that failed. */
export function accountOrders(ca: CaContext, call: AccountCall): Reply {
  requireSelf(call);
  requireEmptyPayload(call);
  const { orders } = call.account;
  const page: OrderRecord[] = [];
  let next = readCursor(call.query.get('cursor'));
  for (; next < orders.length && page.length < ca.settings.ordersPerPage; next += 1) {
    const order = orders[next];
    if (order === undefined) break;
    settleOrder(ca, order);
    if (order.status !== 'invalid') page.push(order);
  }
  return {
    status: 200,
    body: { orders: page.map((order) => ca.urls.order(order.id)) },
    links: next < orders.length ? [{ url: ca.urls.orders(call.account.id, next), rel: 'next' }] : [],
  };
}

/** The account as clients see it; always with its URL in `Location`. */
export function showAccount(ca: CaContext, account: AccountRecord, status = 200): Reply {
  const terms = ca.terms.current;
  return {
    status,
    headers: { location: ca.urls.account(account.id) },
    body: {
      status: account.status,
      contact: account.contacts,
      termsOfServiceAgreed: account.agreedTerms === undefined ? undefined : account.agreedTerms === terms,
      externalAccountBinding: account.externalAccountBinding,
      orders: ca.urls.orders(account.id),
    },
    links: terms === undefined ? [] : [{ url: terms, rel: 'terms-of-service' }],
  };
}

function existingAccount(ca: CaContext, account: AccountRecord): Reply {
  if (account.status === 'valid') return showAccount(ca, account);
  throw new CaProblem('unauthorized', `The account of this key is ${account.status}`, { status: 401 });
}

/** Pending work is cancelled with the account (RFC 8555 §7.3.6). */
function deactivate(account: AccountRecord): void {
  account.status = 'deactivated';
  for (const authorization of account.orders.flatMap((order) => order.authorizations)) {
    if (authorization.status === 'pending') authorization.status = 'deactivated';
  }
}

function requireSelf(call: AccountCall): void {
  if (call.params.id !== call.account.id)
    throw new CaProblem('unauthorized', 'The account at this URL is not the one that signed the request');
}

/** RFC 8555 §7.3: `mailto:` with one address and no header fields. */
function checkContacts(contacts: readonly string[]): readonly string[] {
  if (contacts.length > maxContacts) throw new CaProblem('invalidContact', `More than ${maxContacts} contacts`);
  for (const contact of contacts) checkContact(contact);
  return contacts;
}

function checkContact(contact: string): void {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(contact)?.[1]?.toLowerCase();
  if (scheme === undefined)
    throw new CaProblem('invalidContact', `The contact "${contact}" is not a URL: write mailto:address`);
  if (scheme !== 'mailto')
    throw new CaProblem('unsupportedContact', `Contacts of scheme "${scheme}" are not supported, only "mailto"`);
  const address = contact.slice('mailto:'.length);
  if (address.includes('?')) throw new CaProblem('invalidContact', `The contact "${contact}" has header fields`);
  if (address.includes(',')) throw new CaProblem('invalidContact', `The contact "${contact}" has several addresses`);
  if (!/^[^\s@<>"]+@[^\s@<>"]+$/.test(address))
    throw new CaProblem('invalidContact', `The contact "${contact}" has no mail address`);
}

function readCursor(text: string | null): number {
  if (text === null) return 0;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new CaProblem('malformed', `The cursor "${text}" is not a number`);
}
