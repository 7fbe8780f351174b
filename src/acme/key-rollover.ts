/** Key rollover (RFC 8555 §7.3.5), with the truth about what happened when the answer is lost. */
import { EversealError, hasCode, type Signer } from '../core/index.ts';
import { jwkThumbprint, publicJwk } from '../pki/jwk.ts';
import { type FlattenedJws, signJws } from '../pki/jws.ts';
import { AcmeProblemError } from './problem-error.ts';
import { findAccount } from './registration.ts';
import { repetitionPolicies } from './request-repetition.ts';
import type { AccountSession } from './session.ts';

/**
 * Moves the account to another key. The new key must be on disk before: when the answer is lost, it may be the only one
 * that still opens the account.
 *
 * @throws EversealError `unsupported` when the CA has no key change; AcmeProblemError when it refuses; what broke the
 * connection when the account is known to have kept its old key, or when not even that could be found out
 */
export async function changeKey(
  session: AccountSession,
  newSigner: Signer,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (jwkThumbprint(newSigner.publicKey) === jwkThumbprint(session.signer.publicKey)) {
    throw new EversealError('usage', 'The new account key is the old one', { next: 'Make a new key.' });
  }
  const options = { policy: repetitionPolicies.once, signal };
  try {
    await session.postTo('keyChange', (url) => keyChange(session, newSigner, url), options);
  } catch (error) {
    await settleFailure(session, newSigner, error, signal);
  }
}

/** The inner JWS: signed by the new key, without a nonce. */
function keyChange(session: AccountSession, newSigner: Signer, url: string): Promise<FlattenedJws> {
  return signJws({
    signer: newSigner,
    header: { jwk: publicJwk(newSigner.publicKey), url },
    payload: JSON.stringify({ account: session.url, oldKey: publicJwk(session.signer.publicKey) }),
  });
}

/** Returns when the account has the new key all the same. */
async function settleFailure(
  session: AccountSession,
  newSigner: Signer,
  error: unknown,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  if (error instanceof AcmeProblemError && error.problem.status === 501) throw notOffered(session, error);
  if (!isUncertain(error)) throw error;
  const holder = await accountOf(session, newSigner, error, signal);
  if (holder === session.url) return;
  if (holder !== undefined) throw keyTaken(holder, error);
  const old = await accountOf(session, session.signer, error, signal);
  if (old === session.url) throw error;
  throw new EversealError('account-not-found', `Neither the old nor the new key opens the account ${session.url}`, {
    cause: error,
    next: 'Keep both keys and ask the CA.',
  });
}

/** A lost answer, a 5xx, or a 409 that may be the answer to a change that went through before. */
function isUncertain(error: unknown): boolean {
  if (error instanceof AcmeProblemError) return error.problem.status >= 500 || error.problem.status === 409;
  return hasCode(error, 'connection-reset', 'timeout', 'network', 'bad-reply', 'reply-too-large', 'bad-server');
}

/** The URL of the account that a key opens. */
async function accountOf(
  session: AccountSession,
  signer: Signer,
  cause: unknown,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    return (await findAccount(session.context, { signer, signal })).url;
  } catch (error) {
    if (isNoAccount(error)) return undefined;
    signal?.throwIfAborted();
    throw new EversealError('network', `Whether ${session.url} has its new key is unknown: the CA does not answer`, {
      cause,
      next: 'Keep both keys and try again when the CA is back: the one that opens the account is right.',
    });
  }
}

/** `unauthorized` is what some servers say about a key that was replaced. */
function isNoAccount(error: unknown): boolean {
  return (
    hasCode(error, 'account-not-found') ||
    (error instanceof AcmeProblemError && [401, 403].includes(error.problem.status))
  );
}

function keyTaken(holder: string, cause: unknown): EversealError {
  return new EversealError('bad-key', `The new key already belongs to the account ${holder}`, {
    cause,
    next: 'Make a new key.',
  });
}

function notOffered(session: AccountSession, cause: unknown): EversealError {
  return new EversealError(
    'unsupported',
    `The CA at ${session.context.directoryUrl} announces key changes but has none`,
    {
      cause,
      next: 'Register a new account instead.',
    },
  );
}
