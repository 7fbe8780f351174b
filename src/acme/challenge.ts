/** Challenges (RFC 8555 §7.1.5, §8). */
import * as v from 'valibot';
import { EversealError, isChallengeToken } from '../core/index.ts';
import { keyAuthorization } from '../pki/key-authorization.ts';
import { type AcmeProblem, isProblem, readProblem } from './problem.ts';
import { AcmeProblemError } from './problem-error.ts';
import type { PollPace } from './polling.ts';
import type { Reply } from './reply.ts';
import { readServerObject } from './server-json.ts';
import { isServerUrl } from './server-url.ts';
import type { AccountSession } from './session.ts';

export const challengeStatuses = ['pending', 'processing', 'valid', 'invalid'] as const;
export type ChallengeStatus = (typeof challengeStatuses)[number];

const maxTokenLength = 128;
/** Prove control by a standing record: there is nothing to answer with (draft-ietf-acme-dns-persist). */
const tokenlessTypes: readonly string[] = ['dns-persist-01'];

const challengeSchema = v.looseObject({
  type: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,64}$/)),
  url: v.pipe(
    v.string(),
    v.check((text) => isServerUrl(text), 'not a URL that may be requested'),
  ),
  status: v.picklist(challengeStatuses),
  token: v.fallback(v.optional(v.string()), undefined),
  error: v.optional(v.unknown()),
});
const responseSchema = v.object({ status: v.picklist(challengeStatuses), error: v.optional(v.unknown()) });

/** What the server said of a challenge. */
export type ChallengeState = v.InferOutput<typeof challengeSchema>;

/** A challenge as the server described it, or undefined when it cannot even be named and addressed. */
export function parseChallenge(value: unknown): ChallengeState | undefined {
  const result = v.safeParse(challengeSchema, value);
  return result.success ? result.output : undefined;
}

/**
 * One way to prove control over an identifier. Read from an {@link Authorization}.
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
 * const challenge = authorization?.challenges.find(({ type }) => type === 'http-01');
 * console.log(challenge?.token, challenge?.keyAuthorization); // TOKEN TOKEN.THUMBPRINT
 * await ca.close();
 * ```
 */
export class Challenge {
  /** `http-01`, `dns-01`, …; also types nobody knows yet. */
  readonly type: string;
  readonly url: string;
  /** base64url; undefined when the challenge has none, or one that is unfit to be a file name or a record. */
  readonly token: string | undefined;
  /** All members as the server sent them, for challenge types that have more than a token. Not made printable. */
  readonly members: Readonly<Record<string, unknown>>;
  readonly #session: AccountSession;
  readonly #pace: PollPace;
  #status: ChallengeStatus;
  #error: AcmeProblem | undefined;

  /** @internal */
  constructor(session: AccountSession, pace: PollPace, state: ChallengeState) {
    this.#session = session;
    this.#pace = pace;
    this.type = state.type;
    this.url = state.url;
    this.token = usableToken(state.token);
    this.members = state;
    this.#status = state.status;
    this.#error = state.error === undefined ? undefined : readProblem(state.error);
  }

  get status(): ChallengeStatus {
    return this.#status;
  }

  /** Why it failed, or why the last of the server's tries did (RFC 8555 §8.2). */
  get error(): AcmeProblem | undefined {
    return this.#error;
  }

  /** Whether it can be answered: it has a proper token, or its type needs none. */
  get usable(): boolean {
    return this.token !== undefined || tokenlessTypes.includes(this.type);
  }

  /** RFC 8555 §8.1. @throws EversealError `bad-server` when there is no usable token */
  get keyAuthorization(): string {
    if (this.token !== undefined) return keyAuthorization(this.token, this.#session.signer.publicKey);
    throw new EversealError('bad-server', `The ${this.type} challenge at ${this.url} has no usable token`, {
      next: 'Use another challenge type.',
    });
  }

  /**
   * Tells the server to validate (RFC 8555 §7.5.1). Call it when the answer is in place.
   *
   * @throws AcmeProblemError when the server refuses
   */
  async respond(signal?: AbortSignal): Promise<void> {
    try {
      this.#read(await this.#session.post(this.url, {}, { signal }));
    } catch (error) {
      // After a lost reply the repetition may find the validation under way, which some servers call malformed.
      if (!(error instanceof AcmeProblemError && isProblem(error.problem, 'malformed'))) throw error;
      await this.#fetch(signal);
      if (this.#status === 'pending') throw error;
    }
  }

  async #fetch(signal: AbortSignal | undefined): Promise<void> {
    this.#read(await this.#session.fetch(this.url, { signal }));
  }

  #read(reply: Reply): void {
    const state = readServerObject(reply, responseSchema, 'The challenge');
    this.#status = state.status;
    this.#error = state.error === undefined ? undefined : readProblem(state.error);
    this.#pace.heed(reply);
  }
}

/** RFC 8555 §8.3 demands base64url: anything else could leave the folder or the label it is put into. */
function usableToken(token: string | undefined): string | undefined {
  return token !== undefined && token.length <= maxTokenLength && isChallengeToken(token) ? token : undefined;
}
