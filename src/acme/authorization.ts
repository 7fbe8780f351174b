/** Authorizations (RFC 8555 §7.1.4, §7.5). */
import * as v from 'valibot';
import { type Identifier, identifierKey, printable } from '../core/index.ts';
import { badServer } from './bad-server.ts';
import { Challenge, parseChallenge } from './challenge.ts';
import type { PollPace } from './polling.ts';
import type { AcmeProblem } from './problem.ts';
import type { Reply } from './reply.ts';
import { serverIdentifier } from './server-identifier.ts';
import { readDate, readServerObject } from './server-json.ts';
import type { AccountSession } from './session.ts';

export const authorizationStatuses = ['pending', 'valid', 'invalid', 'deactivated', 'expired', 'revoked'] as const;
export type AuthorizationStatus = (typeof authorizationStatuses)[number];

const authorizationSchema = v.object({
  status: v.picklist(authorizationStatuses),
  identifier: v.object({ type: v.string(), value: v.string() }),
  wildcard: v.optional(v.boolean()),
  expires: v.fallback(v.optional(v.string()), undefined),
  challenges: v.optional(v.pipe(v.array(v.unknown()), v.maxLength(100)), []),
});

interface AuthorizationState {
  readonly identifier: Identifier;
  readonly wildcard: boolean;
  readonly status: AuthorizationStatus;
  readonly expires: Date | undefined;
  readonly challenges: readonly Challenge[];
}

/**
 * The account's standing for one identifier. Read from an {@link Order}.
 *
 * @example
 * ```ts
 * import { startCa } from 'everseal';
 * import { AcmeClient } from 'everseal/acme';
 * import { nodePorts } from 'everseal/node';
 * const ca = await startCa();
 * const ports = nodePorts();
 * const client = new AcmeClient({ ports, directory: ca.directory, tls: { roots: [ca.root] } });
 * const signer = await ports.keys.generate('EC256');
 * const account = await client.createAccount({ signer, contacts: [], termsAgreed: true });
 * const order = await account.newOrder({ identifiers: [{ type: 'dns', value: 'demo.localhost' }] });
 * const [authorization] = await order.fetchAuthorizations();
 * console.log(authorization?.identifier.value, authorization?.status); // demo.localhost pending
 * await authorization?.deactivate();
 * await ca.close();
 * ```
 */
export class Authorization {
  readonly url: string;
  readonly #session: AccountSession;
  readonly #pace: PollPace;
  readonly #ordered: readonly Identifier[];
  #state: AuthorizationState;

  /** @internal */
  constructor(session: AccountSession, pace: PollPace, ordered: readonly Identifier[], reply: Reply) {
    this.url = reply.url;
    this.#session = session;
    this.#pace = pace;
    this.#ordered = ordered;
    this.#state = this.#parse(reply);
  }

  /** The base name, also for a wildcard (RFC 8555 §7.1.4). */
  get identifier(): Identifier {
    return this.#state.identifier;
  }

  /** It is for `*.` and the identifier. */
  get wildcard(): boolean {
    return this.#state.wildcard;
  }

  /** The identifier as it was ordered: with its `*.`. */
  get orderedIdentifier(): Identifier {
    return this.wildcard ? wildcardOf(this.identifier) : this.identifier;
  }

  get status(): AuthorizationStatus {
    return this.#state.status;
  }

  get expires(): Date | undefined {
    return this.#state.expires;
  }

  /** In no order that means anything. */
  get challenges(): readonly Challenge[] {
    return this.#state.challenges;
  }

  /** The challenge that failed, when one did: also one that a server leaves pending with an error, as Caddy does. */
  get failure(): { readonly challenge: Challenge; readonly problem: AcmeProblem } | undefined {
    const trying = this.challenges.some((challenge) => challenge.status === 'processing');
    const failed = this.challenges.find(
      ({ status, error }) => error !== undefined && (status === 'invalid' || (status === 'pending' && !trying)),
    );
    return failed?.error === undefined ? undefined : { challenge: failed, problem: failed.error };
  }

  /** Asks for its state. */
  async fetch(signal?: AbortSignal): Promise<void> {
    const reply = await this.#session.fetch(this.url, { signal });
    this.#pace.heed(reply);
    this.#accept(reply);
  }

  /** Gives it up, so that it no longer counts as pending (RFC 8555 §7.5.2). */
  async deactivate(signal?: AbortSignal): Promise<void> {
    this.#accept(await this.#session.post(this.url, { status: 'deactivated' }, { signal }));
  }

  #accept(reply: Reply): void {
    const state = this.#parse(reply);
    if (identifierKey(state.identifier) !== identifierKey(this.identifier)) {
      throw badServer(
        'The authorization',
        this.url,
        `it changed from ${this.identifier.value} to ${state.identifier.value}`,
      );
    }
    this.#state = state;
  }

  #parse(reply: Reply): AuthorizationState {
    const raw = readServerObject(reply, authorizationSchema, 'The authorization');
    const identifier = serverIdentifier(raw.identifier);
    if (identifier === undefined)
      throw badServer('The authorization', this.url, `the identifier "${raw.identifier.value}"`);
    return {
      identifier,
      wildcard: this.#isForWildcard(identifier, raw.wildcard),
      status: raw.status,
      expires: readDate(raw.expires),
      challenges: raw.challenges.flatMap((value) => {
        const state = parseChallenge(value);
        return state === undefined ? [] : new Challenge(this.#session, this.#pace, state);
      }),
    };
  }

  /** The order knows which of its names this can be for, and overrules a flag that is missing or false. */
  #isForWildcard(identifier: Identifier, flag: boolean | undefined): boolean {
    const ordered = new Set(this.#ordered.map(identifierKey));
    const asWildcard = ordered.has(identifierKey(wildcardOf(identifier)));
    const asItself = ordered.has(identifierKey(identifier));
    if (flag === true ? asWildcard : asItself) return flag === true;
    if (flag !== true && asWildcard) return true;
    throw badServer('The authorization', this.url, `it is for ${printable(identifier.value)}, which was not ordered`);
  }
}

function wildcardOf(identifier: Identifier): Identifier {
  return { type: identifier.type, value: `*.${identifier.value}` };
}
