/** Signed requests (RFC 8555 §6.2–§6.6): nonces, repetition, refusals as errors. */
import { type Clock, type EventSink, type Random, Semaphore, type Signer } from '../core/index.ts';
import { publicJwk } from '../pki/jwk.ts';
import { signJws } from '../pki/jws.ts';
import { badServer } from './bad-server.ts';
import type { Exchange, ExchangeRequest } from './exchange.ts';
import type { Interruptions } from './interruption.ts';
import type { NoncePool } from './nonce-pool.ts';
import { isProblem, problemOfReply } from './problem.ts';
import { problemError } from './problem-error.ts';
import type { Reply } from './reply.ts';
import {
  isBadNonce,
  type Outcome,
  type RepetitionPolicy,
  RequestRepetition,
  repetitionPolicies,
} from './request-repetition.ts';

/** Who signs: a known account by its URL, or a key that introduces itself (newAccount, revocation by certificate key). */
export type RequestKey =
  | { readonly signer: Signer; readonly kid: string }
  | { readonly signer: Signer; readonly kid?: undefined };

export interface SignedRequest {
  readonly url: string;
  /** An object is sent as JSON; `''` makes a POST-as-GET (RFC 8555 §6.3). */
  readonly payload: object | '';
  readonly key: RequestKey;
  readonly accept?: string | undefined;
  readonly policy?: RepetitionPolicy | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface TransportOptions {
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly random: Random;
  readonly nonces: NoncePool;
  readonly interruptions: Interruptions;
  /** Signed requests under way at once, and with them the nonces ever fetched in one burst. */
  readonly concurrency: number;
  /** Asks for the newNonce resource once, wherever the directory says it is. */
  readonly requestNonce: (signal: AbortSignal | undefined) => Promise<Reply>;
  /** Told when a refusal means that what is known of the server may be out of date. */
  readonly onOutdated: () => void;
  readonly events?: EventSink | undefined;
}

/**
 * Sends requests until there is an answer that stands. Each try of a signed request is signed anew with its own nonce.
 *
 * Every request in flight holds one nonce and each reply brings one, so at most `concurrency` nonces are fetched by
 * themselves however many requests there are.
 */
export class Transport {
  readonly #options: TransportOptions;
  readonly #slots: Semaphore;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#slots = new Semaphore(options.concurrency);
  }

  /** An unsigned GET (directory, renewal information). @returns the last reply, whatever its status */
  get(url: string, signal?: AbortSignal): Promise<Reply> {
    return this.#repeat(repetitionPolicies.safe, signal, (_nonce, own) =>
      this.#exchange({ method: 'GET', url, signal: own }),
    );
  }

  /** A signed POST. @returns the last reply, whatever its status */
  send(request: SignedRequest): Promise<Reply> {
    return this.#repeat(request.policy ?? repetitionPolicies.safe, request.signal, (nonce, signal) =>
      this.#slots.run(() => this.#try({ ...request, signal }, nonce)),
    );
  }

  /** As {@link send}, for a request that must succeed. @throws AcmeProblemError when the server refuses */
  async post(request: SignedRequest): Promise<Reply> {
    return this.accept(await this.send(request));
  }

  /** Lets a success pass. @throws AcmeProblemError or one of its kinds otherwise */
  accept(reply: Reply): Reply {
    if (reply.ok && !isProblemDocument(reply)) return reply;
    const error = problemError(reply, this.#options.clock.now());
    if (reply.status === 404 || isProblem(error.problem, 'userActionRequired')) this.#options.onOutdated();
    throw error;
  }

  #repeat(policy: RepetitionPolicy, signal: AbortSignal | undefined, attempt: Attempt): Promise<Reply> {
    const { clock, random, interruptions } = this.#options;
    const repetition = new RequestRepetition(policy, random);
    return interruptions.under(signal, async (own) => {
      for (let nonce: string | undefined; ; ) {
        const outcome = await attempt(nonce, own);
        own?.throwIfAborted();
        const step = repetition.next(outcome, clock.now());
        if (step.kind === 'settled') return settle(outcome);
        nonce = step.nonce;
        await this.#pause(step.afterMs, own);
      }
    });
  }

  async #try(request: SignedRequest, nonce: string | undefined): Promise<Outcome> {
    request.signal?.throwIfAborted();
    const pooled = nonce === undefined ? this.#options.nonces.take() : nonce;
    if (pooled !== undefined && pooled !== 'fresh') return this.#sendSigned(request, pooled);
    const outcome = await outcomeOf(() => this.#options.requestNonce(request.signal));
    if (outcome.kind === 'failure' || !outcome.reply.ok) return { ...outcome, sent: false };
    if (outcome.reply.nonce === undefined) throw badServer('The nonce', outcome.reply.url, 'there is no usable one');
    return this.#sendSigned(request, outcome.reply.nonce);
  }

  async #sendSigned(request: SignedRequest, nonce: string): Promise<Outcome> {
    const { signer, kid } = request.key;
    const { url, accept, payload, signal } = request;
    const jws = await signJws({
      signer,
      header: { nonce, url, ...(kid === undefined ? { jwk: publicJwk(signer.publicKey) } : { kid }) },
      payload: payload === '' ? '' : JSON.stringify(payload),
    });
    return this.#exchange({ method: 'POST', url, accept, body: JSON.stringify(jws), signal });
  }

  /** Keeps the nonce of the reply before the next request may want one; that of a badNonce is its own repetition's. */
  async #exchange(request: ExchangeRequest): Promise<Outcome> {
    const outcome = await outcomeOf(() => this.#options.exchange.send(request));
    const nonce = outcome.kind === 'reply' && !isBadNonce(outcome.reply) ? outcome.reply.nonce : undefined;
    if (nonce !== undefined) this.#options.nonces.put(nonce);
    return { ...outcome, sent: true };
  }

  async #pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
    if (ms === 0) return;
    if (ms >= 1000) this.#options.events?.({ type: 'waiting', what: 'the CA, which asked for patience or failed', ms });
    await this.#options.clock.sleep(ms, signal);
  }
}

/** One try, with the nonce that it must use (`fresh`: a new one; undefined: any). */
type Attempt = (nonce: string | undefined, signal: AbortSignal | undefined) => Promise<Outcome>;
type SentOutcome =
  | { readonly kind: 'reply'; readonly reply: Reply }
  | { readonly kind: 'failure'; readonly error: unknown };

async function outcomeOf(send: () => Promise<Reply>): Promise<SentOutcome> {
  try {
    return { kind: 'reply', reply: await send() };
  } catch (error) {
    return { kind: 'failure', error };
  }
}

function settle(outcome: Outcome): Reply {
  if (outcome.kind === 'failure') throw outcome.error;
  return outcome.reply;
}

/** A problem with a success status is still a problem. */
function isProblemDocument(reply: Reply): boolean {
  return (
    /^application\/problem\+json/i.test(reply.header('content-type') ?? '') &&
    problemOfReply(reply).type !== 'about:blank'
  );
}
