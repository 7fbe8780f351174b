/** The accounts on a web server, by the protocol of lego's HTTP storage: GET and POST of BASE/DOMAIN. */
import { EversealError, printable } from '../core/index.ts';
import { accountJson, parseAccount } from './acmedns-account.ts';
import type { AccountStorage } from './acmedns-storage.ts';
import { below, exchange, type ExchangeOptions, type ExchangeTools, parseEndpoint, refusal } from './http-exchange.ts';

/** Whoever makes a CNAME record along with the account may take its time. */
const timeoutMs = 120_000;

/** @throws EversealError `usage` when it is no URL */
export function httpStorage(tools: ExchangeTools, address: string): AccountStorage {
  const { url, authorization } = parseEndpoint('ACME_DNS_STORAGE_BASE_URL', address, tools);
  const options: ExchangeOptions = { ...tools, title: 'acme-dns storage', timeoutMs };
  const headers: Readonly<Record<string, string>> = authorization === undefined ? {} : { authorization };
  return {
    lock: undefined,
    find: async (domain, _, signal) => {
      const request = { method: 'GET', url: below(url, domain), headers } as const;
      const reply = await exchange(options, request, signal);
      if (reply.status === 404) return undefined;
      if (reply.status < 200 || reply.status > 299) throw refusal(options, request, reply);
      const account = parseAccount(reply.text);
      if (account !== undefined) return account;
      throw new EversealError(
        'bad-reply',
        `acme-dns storage: ${url.host} has no account that can be read for ${printable(domain)}`,
        {
          next: 'Its answer needs fulldomain, subdomain, username and password; 404 says that there is no account.',
        },
      );
    },
    put: async (domain, account, signal) => {
      tools.redaction.learn(account.password.reveal());
      const json = accountJson(account);
      const request = { method: 'POST', url: below(url, domain), headers, json } as const;
      const reply = await exchange(options, request, signal);
      if (reply.status === 201) return 'made';
      if (reply.status < 200 || reply.status > 299) throw refusal(options, request, reply);
      return 'missing';
    },
  };
}
