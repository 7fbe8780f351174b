/** newAccount (RFC 8555 §7.3): registering a key, and finding the account it already has. */
import { EversealError, type Signer } from '../core/index.ts';
import { type AccountState, parseAccount } from './account-state.ts';
import { checkContacts } from './contact.ts';
import { type ExternalAccountCredentials, externalAccountBinding } from './external-account-binding.ts';
import type { Reply } from './reply.ts';
import type { ClientContext } from './session.ts';

export interface CreateAccountOptions {
  readonly signer: Signer;
  /** URLs like `mailto:admin@example.com`. */
  readonly contacts: readonly string[];
  /** Whether the user agrees to the CA's terms. Never assume it. */
  readonly termsAgreed: boolean;
  readonly externalAccount?: ExternalAccountCredentials | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface FindAccountOptions {
  readonly signer: Signer;
  readonly signal?: AbortSignal | undefined;
}

/** The account a key opens. */
export interface Registration {
  /** The account URL, byte for byte. */
  readonly url: string;
  readonly state: AccountState;
  /** Whether it was made just now, and not found. */
  readonly isNew: boolean;
}

export async function createAccount(context: ClientContext, options: CreateAccountOptions): Promise<Registration> {
  const { externalAccount, signer, signal } = options;
  checkContacts(options.contacts);
  if (externalAccount === undefined && (await demandsExternalAccount(context, signal)))
    throw externalAccountMissing(context);
  return register(context, options, (url) => ({
    ...(options.termsAgreed ? { termsOfServiceAgreed: true } : {}),
    ...(options.contacts.length === 0 ? {} : { contact: options.contacts }),
    ...(externalAccount === undefined
      ? {}
      : { externalAccountBinding: externalAccountBinding(externalAccount, signer.publicKey, url) }),
  }));
}

/** RFC 8555 §7.3.1. */
export function findAccount(context: ClientContext, options: FindAccountOptions): Promise<Registration> {
  return register(context, options, () => ({ onlyReturnExisting: true }));
}

async function register(
  context: ClientContext,
  options: FindAccountOptions,
  payload: (url: string) => object,
): Promise<Registration> {
  const { signer, signal } = options;
  const send = (url: string): Promise<Reply> =>
    context.transport.send({ url, payload: payload(url), key: { signer }, signal });
  const reply = context.transport.accept(await context.directory.use('newAccount', signal, send));
  // An account that the key has already comes with 200 (RFC 8555 §7.3.1).
  const isNew = reply.status === 201;
  return { url: reply.location('account'), state: parseAccount(reply, signer.publicKey), isNew };
}

/** A cached directory may be of another day. */
async function demandsExternalAccount({ directory }: ClientContext, signal: AbortSignal | undefined): Promise<boolean> {
  if (!(await directory.fetch(signal)).meta.externalAccountRequired) return false;
  return (await directory.revalidate(signal)).meta.externalAccountRequired;
}

function externalAccountMissing(context: ClientContext): EversealError {
  return new EversealError(
    'usage',
    `The CA at ${context.directoryUrl} takes only keys bound to an account of its customers`,
    {
      next: 'Get a key identifier and a MAC key from the CA and give both.',
    },
  );
}
