import type { CaContext } from './context.ts';
import { offersPersist } from './options.ts';
import type { Reply } from './reply.ts';

/** RFC 8555 §7.1.1; clients may keep it for a while. */
export function directory(ca: CaContext): Reply {
  const { settings, urls } = ca;
  return {
    status: 200,
    // The client may keep it; nobody else, since a nonce comes with it.
    headers: { 'cache-control': 'private, max-age=3600' },
    body: {
      newNonce: urls.newNonce,
      newAccount: urls.newAccount,
      newOrder: urls.newOrder,
      revokeCert: urls.revokeCert,
      keyChange: urls.keyChange,
      renewalInfo: settings.renewalInfo ? urls.renewalInfo : undefined,
      meta: {
        termsOfService: ca.terms.current,
        website: settings.website,
        caaIdentities: settings.caaIdentities,
        ...(offersPersist(settings) && settings.persist.includes('draft-02')
          ? { issuerDomainNames: settings.issuers, accountHashPrefix: urls.accountHashPrefix }
          : {}),
        externalAccountRequired: ca.externalAccounts.required,
        profiles: Object.fromEntries([...settings.profiles.all].map(([name, { description }]) => [name, description])),
      },
    },
  };
}
