/** Accounts of an acme-dns server, as its API and the storage of its clients write them. */
import * as v from 'valibot';
import { Secret } from '../core/index.ts';

export interface AcmeDnsAccount {
  /** Where the CNAME record points, without the final dot. */
  readonly fullDomain: string;
  readonly subdomain: string;
  readonly username: string;
  readonly password: Secret;
  /** Where it was registered; empty in old files. */
  readonly serverUrl: string;
}

/** Goes into a header line. */
const headerText = v.pipe(v.string(), v.regex(/^[\x21-\x7e]+$/));
const label = v.pipe(v.string(), v.regex(/^[A-Za-z0-9._-]+$/));

const accountSchema = v.pipe(
  v.object({
    fulldomain: label,
    subdomain: label,
    username: headerText,
    password: headerText,
    server_url: v.optional(v.string(), ''),
  }),
  v.transform(
    ({ fulldomain, subdomain, username, password, server_url }): AcmeDnsAccount => ({
      fullDomain: fulldomain.replace(/\.$/, '').toLowerCase(),
      subdomain,
      username,
      password: new Secret(password),
      serverUrl: server_url,
    }),
  ),
);

/** undefined when it is no account. */
export function readAccount(value: unknown): AcmeDnsAccount | undefined {
  const parsed = v.safeParse(accountSchema, value);
  return parsed.success ? parsed.output : undefined;
}

/** For storage: with the password. */
export function accountJson(account: AcmeDnsAccount): Readonly<Record<string, string>> {
  return {
    fulldomain: account.fullDomain,
    subdomain: account.subdomain,
    username: account.username,
    password: account.password.reveal(),
    server_url: account.serverUrl,
  };
}

/** Reads JSON text; undefined when it is no account. */
export function parseAccount(text: string): AcmeDnsAccount | undefined {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson()), text);
  return parsed.success ? readAccount(parsed.output) : undefined;
}
