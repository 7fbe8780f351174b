import { EversealError, printable } from '../core/index.ts';

/**
 * Refuses contacts that every server must refuse (RFC 8555 §7.3): a `mailto:` URL has one address and no header fields.
 *
 * @throws EversealError `usage` naming the contact
 *
 * @example
 * ```ts
 * import { checkContacts } from 'everseal/acme';
 * checkContacts(['mailto:admin@example.com']); // fine: nothing happens
 * ```
 */
export function checkContacts(contacts: readonly string[]): void {
  const odd = contacts.find((contact) => /^mailto:/i.test(contact) && !/^mailto:[^\s,?@]+@[^\s,?@]+$/i.test(contact));
  if (odd === undefined) return;
  throw new EversealError('usage', `The contact ${printable(odd, 100)} is not one e-mail address`, {
    next: 'Give one address, without header fields, or none.',
  });
}
