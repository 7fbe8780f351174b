/** `account.json`: an account, as lego v5 keeps it. */
import * as v from 'valibot';
import { EversealError } from '../../core/index.ts';
import type { AccountRegistration, StoredAccount } from '../../engine/index.ts';
import type { LegoOrigin } from './certificate-file.ts';
import { goJson, parseJsonObject } from './go-json.ts';

const text = v.optional(v.string(), '');

const registrationSchema = v.object({
  status: text,
  contact: v.optional(v.nullable(v.array(v.string())), null),
  termsOfServiceAgreed: v.optional(v.boolean(), false),
  orders: text,
  onlyReturnExisting: v.optional(v.boolean(), false),
  externalAccountBinding: v.optional(v.unknown()),
  accountURL: text,
});

const schema = v.object({
  id: text,
  email: text,
  keyType: text,
  server: text,
  origin: text,
  registration: v.optional(v.nullable(registrationSchema), null),
});

export type AccountFile = v.InferOutput<typeof schema>;

/** @throws EversealError `corrupt` */
export function readAccountFile(data: Uint8Array, path: string): AccountFile {
  try {
    return parseJsonObject(schema, data);
  } catch (cause) {
    throw new EversealError('corrupt', `${path} cannot be understood: it is not the JSON of an account`, {
      next: 'Restore the file from a backup, or remove it: the key file beside it finds its account again.',
      cause,
    });
  }
}

/** What the CA said of the account; undefined when that is unknown (lego: it "needs recovery"). */
export function registrationOf({ registration }: AccountFile): AccountRegistration | undefined {
  if (registration === null || registration.status === '' || registration.accountURL === '') return undefined;
  return {
    url: registration.accountURL,
    status: registration.status,
    contacts: registration.contact ?? [],
    termsAgreed: registration.termsOfServiceAgreed,
    orders: registration.orders || undefined,
  };
}

/** The file's octets, exactly as lego v5 writes them. What only lego knows is kept from the file that is there. */
export function accountJson(account: StoredAccount, previous: AccountFile | undefined, origin: LegoOrigin): Uint8Array {
  return goJson({
    id: account.id,
    email: account.email ?? '',
    keyType: account.keyAlgorithm ?? previous?.keyType ?? '',
    server: account.directory,
    origin: originOf(previous?.origin ?? '', origin),
    registration: account.registration === undefined ? null : registrationJson(account.registration, previous),
  });
}

/** A configuration file takes accounts over, a command line only those of nobody and of lego's migration. */
function originOf(previous: string, origin: LegoOrigin): string {
  const taken = origin === 'configuration' || previous === '' || previous === 'migration';
  return taken ? origin : previous;
}

function registrationJson(registration: AccountRegistration, previous: AccountFile | undefined): unknown {
  const same = previous?.registration?.accountURL === registration.url ? previous.registration : undefined;
  return {
    status: registration.status || undefined,
    contact: registration.contacts.length > 0 ? registration.contacts : undefined,
    termsOfServiceAgreed: registration.termsAgreed || undefined,
    orders: registration.orders || undefined,
    onlyReturnExisting: same?.onlyReturnExisting || undefined,
    externalAccountBinding: same?.externalAccountBinding,
    accountURL: registration.url,
  };
}
