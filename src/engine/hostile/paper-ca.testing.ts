/**
 * A CA made of paper: it checks nothing and answers each request by a template, so that thousands of lies cost little.
 * The wait of a client is the only thing that takes time.
 */
import { AcmeClient } from '../../acme/index.ts';
import { ManualClock } from '../../acme/manual-clock.testing.ts';
import {
  type Clock,
  EversealError,
  type Http,
  type HttpRequest,
  type HttpResponse,
  type Random,
  type Signer,
  softwareKey,
  utf8,
  withDeadline,
  ecKeyPair,
} from '../../core/index.ts';
import { testIssuer, testLeaf } from '../../pki/fixtures/authority.ts';
import { buildCsr } from '../../pki/index.ts';

export const paperResources = [
  'directory',
  'newNonce',
  'newAccount',
  'newOrder',
  'order',
  'authorization',
  'challenge',
  'finalize',
  'certificate',
] as const;
export type PaperResource = (typeof paperResources)[number];

const at = (path: string): string => `https://ca.test/${path}`;
const paths: Readonly<Record<PaperResource, string>> = {
  directory: 'directory',
  newNonce: 'new-nonce',
  newAccount: 'new-account',
  newOrder: 'new-order',
  order: 'order/1',
  authorization: 'authorization/1',
  challenge: 'challenge/1',
  finalize: 'order/1/finalize',
  certificate: 'certificate/1',
};
const identifier = { type: 'dns', value: 'www.example' };

export type PaperAnswer = (
  resource: PaperResource | undefined,
  request: HttpRequest,
  nth: number,
) => HttpResponse | EversealError;

/** What a decent CA says: an order of the given status, an authorization of another. */
export function template(
  resource: PaperResource,
  status: { readonly order: string; readonly authorization: string },
): unknown {
  const order = {
    status: status.order,
    identifiers: [identifier],
    authorizations: [at(paths.authorization)],
    finalize: at(paths.finalize),
    expires: '2027-01-01T00:00:00Z',
    ...(status.order === 'valid' && { certificate: at(paths.certificate) }),
  };
  const challenge = {
    type: 'http-01',
    url: at(paths.challenge),
    status: status.authorization,
    token: 'dG9rZW4tdG9rZW4',
  };
  const templates: Readonly<Record<PaperResource, unknown>> = {
    directory: {
      newNonce: at(paths.newNonce),
      newAccount: at(paths.newAccount),
      newOrder: at(paths.newOrder),
      meta: {},
    },
    newNonce: '',
    newAccount: { status: 'valid', contact: [] },
    newOrder: order,
    order,
    finalize: order,
    authorization: { status: status.authorization, identifier, challenges: [challenge] },
    challenge,
    certificate: '',
  };
  return templates[resource];
}

export function paperReply(
  resource: PaperResource,
  body: unknown,
  changes: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): HttpResponse {
  const location = resource === 'newAccount' ? at('account/1') : resource === 'newOrder' ? at(paths.order) : undefined;
  const headers = {
    'content-type': 'application/json',
    'replay-nonce': 'AAAA',
    ...(location && { location }),
    ...changes.headers,
  };
  return {
    status: changes.status ?? 200,
    headers: new Map(Object.entries(headers).map(([name, value]) => [name, [value]])),
    body: body instanceof Uint8Array ? body : utf8(typeof body === 'string' ? body : JSON.stringify(body)),
  };
}

class PaperCa implements Http {
  readonly counts = new Map<PaperResource | undefined, number>();
  requests = 0;
  readonly #clock: Clock;
  readonly #answer: PaperAnswer;

  constructor(clock: Clock, answer: PaperAnswer) {
    this.#clock = clock;
    this.#answer = answer;
  }

  async request(request: HttpRequest): Promise<HttpResponse> {
    this.requests += 1;
    const { pathname } = new URL(request.url);
    const resource = paperResources.find((name) => pathname === `/${paths[name]}`);
    const nth = (this.counts.get(resource) ?? 0) + 1;
    this.counts.set(resource, nth);
    await this.#clock.sleep(1, request.signal);
    const answer = this.#answer(resource, request, nth);
    if (answer instanceof EversealError) {
      if (answer.code === 'timeout') await this.#clock.sleep(30_000, request.signal);
      throw answer;
    }
    return answer;
  }
}

const steady: Random = { bytes: (length) => new Uint8Array(length), fraction: () => 0.5, fork: () => steady };
export const deadlineMs = 600_000;

export interface PaperOutcome {
  /** `issued`, or the code of the failure. */
  readonly end: string;
  readonly error: unknown;
  readonly requests: number;
  readonly ms: number;
}

/** The whole way of a client, from nothing to a certificate or an error. */
export async function converse(signer: Signer, csr: Uint8Array, answer: PaperAnswer): Promise<PaperOutcome> {
  const clock = new ManualClock();
  const http = new PaperCa(clock, answer);
  const client = new AcmeClient({ ports: { http, clock, random: steady }, directory: at(paths.directory) });
  const result = await clock.run(() =>
    withDeadline({ clock, ms: deadlineMs, what: 'the paper order' }, (signal) =>
      obtain(client, signer, csr, signal),
    ).then(
      () => ({ end: 'issued', error: undefined }),
      (error: unknown) => ({ end: error instanceof EversealError ? error.code : 'unknown', error }),
    ),
  );
  return { ...result, requests: http.requests, ms: clock.elapsed };
}

async function obtain(client: AcmeClient, signer: Signer, csr: Uint8Array, signal: AbortSignal): Promise<void> {
  const account = await client.createAccount({ signer, contacts: [], termsAgreed: true, signal });
  const order = await account.newOrder({ identifiers: [{ type: 'dns', value: 'www.example' }], signal });
  const authorizations = await order.fetchAuthorizations(signal);
  for (const { status, challenges } of authorizations) {
    if (status === 'pending') await challenges.find(({ usable }) => usable)?.respond(signal);
  }
  await order.pollReady(signal);
  if (order.status === 'ready') await order.finalize(csr, signal);
  await order.pollValid(signal);
  await order.fetchCertificate({ preferredChain: 'No such root', signal });
}

export function paperKey(): Signer {
  return softwareKey(ecKeyPair('P-256').privateKey);
}

export function paperCsr(): Promise<Uint8Array> {
  return buildCsr({ signer: paperKey(), identifiers: [{ type: 'dns', value: 'www.example' }] });
}

export async function paperChain(): Promise<string> {
  const issuer = await testIssuer('Paper root', 'EC384');
  const leaf = await testLeaf(issuer, [{ type: 'dns', value: 'www.example' }]);
  return leaf.pem + issuer.certificate.pem;
}
