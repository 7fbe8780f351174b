import type { CaContext } from './context.ts';
import { CaProblem, notFound } from './problem.ts';
import type { AccountRecord } from './records.ts';
import type { Location } from './request.ts';

/** The terms of service in force; they may change while accounts live. */
export interface Terms {
  current: string | undefined;
}

/** @throws CaProblem `userActionRequired` when the client does not agree to the terms in its newAccount (RFC 8555 §7.3) */
export function requireAgreement(ca: CaContext, agreed: boolean): void {
  const url = ca.terms.current;
  if (url === undefined || agreed) return;
  throw new CaProblem('userActionRequired', `The terms of service must be agreed to: ${url}`, {
    instance: url,
    links: [{ url, rel: 'terms-of-service' }],
  });
}

/** @throws CaProblem `userActionRequired` when the terms changed since the account agreed (RFC 8555 §7.3.3) */
export function requireCurrentTerms(ca: CaContext, account: AccountRecord): void {
  const url = ca.terms.current;
  if (url === undefined || account.agreedTerms === url) return;
  const instance = ca.urls.terms(account.termsToken);
  throw new CaProblem(
    'userActionRequired',
    `The terms of service have changed: a human must agree to them at ${instance}`,
    {
      instance,
      links: [{ url, rel: 'terms-of-service' }],
    },
  );
}

/** The page where a human reads of the new terms and agrees. @throws CaProblem 404 */
export function showTerms(ca: CaContext, { params }: Location): Response {
  const account = accountOf(ca, params);
  const url = ca.terms.current;
  if (url === undefined || account.agreedTerms === url) return page('<p>Nothing is left to agree to.</p>');
  const link = escapeHtml(url);
  return page(
    `<p>The terms of service are now <a href="${link}">${link}</a>.</p><form method="post"><button>I agree</button></form>`,
  );
}

/** @throws CaProblem 404 */
export function agreeToTerms(ca: CaContext, { params }: Location): Response {
  accountOf(ca, params).agreedTerms = ca.terms.current;
  return page('<p>Thank you. Your client can go on.</p>');
}

function accountOf(ca: CaContext, params: Location['params']): AccountRecord {
  const account = ca.ledger.accountByTermsToken(params.token ?? '');
  if (account === undefined) throw notFound('page');
  return account;
}

function page(body: string): Response {
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Terms of service</title><h1>Terms of service</h1>${body}</html>`;
  return new Response(html, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
    },
  });
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
