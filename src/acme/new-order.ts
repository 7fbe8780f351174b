/** newOrder (RFC 8555 §7.4) with profiles (draft-ietf-acme-profiles) and `replaces` (RFC 9773 §5). */
import { EversealError, type Identifier } from '../core/index.ts';
import { badServer } from './bad-server.ts';
import { Order } from './order.ts';
import { checkIdentifiers, parseOrder } from './order-state.ts';
import { type AcmeProblemType, isProblem } from './problem.ts';
import { AcmeProblemError } from './problem-error.ts';
import { repetitionPolicies } from './request-repetition.ts';
import type { AccountSession } from './session.ts';

export interface NewOrderOptions {
  readonly identifiers: readonly Identifier[];
  /** One that the directory's `meta.profiles` names. */
  readonly profile?: string | undefined;
  /** RFC 9773 certificate identifier of the predecessor. Left out when the CA has no renewal information. */
  readonly replaces?: string | undefined;
  readonly notBefore?: Date | undefined;
  readonly notAfter?: Date | undefined;
  readonly signal?: AbortSignal | undefined;
}

export async function placeOrder(session: AccountSession, options: NewOrderOptions): Promise<Order> {
  const directory = await session.context.directory.fetch(options.signal);
  if (options.profile !== undefined) await checkProfile(session, options.profile, options.signal);
  if (options.replaces === undefined || directory.renewalInfo === undefined) return order(session, options, undefined);
  try {
    return await order(session, options, options.replaces);
  } catch (error) {
    if (!refusesReplacement(error)) throw error;
    return order(session, options, undefined);
  }
}

async function order(session: AccountSession, options: NewOrderOptions, replaces: string | undefined): Promise<Order> {
  const { identifiers, profile, notBefore, notAfter, signal } = options;
  const payload = {
    identifiers: identifiers.map(({ type, value }) => ({ type, value })),
    ...(profile === undefined ? {} : { profile }),
    ...(replaces === undefined ? {} : { replaces }),
    ...(notBefore === undefined ? {} : { notBefore: notBefore.toISOString() }),
    ...(notAfter === undefined ? {} : { notAfter: notAfter.toISOString() }),
  };
  const policy = replaces === undefined ? repetitionPolicies.newOrder : repetitionPolicies.replacingOrder;
  const reply = await session.postTo('newOrder', async () => payload, { policy, signal });
  const url = reply.location('order');
  const state = parseOrder(reply);
  checkIdentifiers(state, identifiers, url);
  if (profile !== undefined && state.profile !== undefined && state.profile !== profile) {
    throw badServer('The order', url, `it has the profile "${state.profile}" instead of "${profile}"`);
  }
  return new Order(session, url, state, replaces !== undefined && (state.replaces ?? replaces) === replaces);
}

/** A cached list of profiles may be older than the profile. */
async function checkProfile(session: AccountSession, profile: string, signal: AbortSignal | undefined): Promise<void> {
  const { directory, directoryUrl } = session.context;
  if (Object.hasOwn((await directory.fetch(signal)).meta.profiles, profile)) return;
  const { profiles } = (await directory.revalidate(signal)).meta;
  if (Object.hasOwn(profiles, profile)) return;
  const names = Object.keys(profiles);
  throw new EversealError('unsupported', `The CA at ${directoryUrl} does not advertise the profile "${profile}"`, {
    next: names.length === 0 ? 'It has no profiles: leave it out.' : `Choose one of ${names.join(', ')}.`,
  });
}

/**
 * The ways in which servers refuse `replaces`: 409 `alreadyReplaced` by RFC 9773; Pebble says `malformed` for a foreign
 * issuer and `serverInternal` for an unknown certificate; others say 404, or `unauthorized` for another account's.
 */
const replacementRefusals: readonly AcmeProblemType[] = [
  'alreadyReplaced',
  'malformed',
  'serverInternal',
  'unauthorized',
];

function refusesReplacement(error: unknown): boolean {
  if (!(error instanceof AcmeProblemError)) return false;
  const { problem } = error;
  return [404, 409, 500].includes(problem.status) || replacementRefusals.some((type) => isProblem(problem, type));
}
