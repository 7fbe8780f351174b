/**
 * For tests: an honest ACME server in memory behind the `http` port, whose every reply a test may replace. It checks what
 * clients send with `jose`, an implementation that is not ours, and keeps every breach of RFC 8555 in `violations`.
 */
import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, flattenedVerify, type JWK } from 'jose';
import { type Http, type HttpRequest, type HttpResponse, type Identifier, utf8 } from '../core/index.ts';
import { keyIdentifier, oids } from '../pki/certificate-extensions.ts';
import { type TestIssuer, testIssuer, testNotAfter, testNotBefore } from '../pki/fixtures/authority.ts';
import { buildCertificate, pemEncode, readCsr } from '../pki/index.ts';
import type { ManualClock } from './manual-clock.testing.ts';
import { isSignedBy, jwkOf, jwsParts, readJws, type SignedContent } from './scripted-jws.testing.ts';
import { json, problem, reply, withHeaders } from './scripted-replies.testing.ts';

export const scriptedOrigin = 'https://ca.test';

export type ScriptedResource =
  | 'directory'
  | 'newNonce'
  | 'newAccount'
  | 'account'
  | 'orders'
  | 'newOrder'
  | 'order'
  | 'authorization'
  | 'challenge'
  | 'finalize'
  | 'certificate'
  | 'revokeCert'
  | 'keyChange'
  | 'renewalInfo'
  | 'nothing';

/** A request as the server understood it. */
export interface ScriptedRequest extends SignedContent {
  readonly resource: ScriptedResource;
  readonly http: HttpRequest;
}

/** Replaces a reply. `honest()` gives what the server would have said, and does what it would have done. */
export type ScriptedAnswer = (
  request: ScriptedRequest,
  honest: () => Promise<HttpResponse>,
) => HttpResponse | Promise<HttpResponse>;

export interface ScriptedOptions {
  readonly clock: ManualClock;
  /** Merged into the directory; a member that is undefined is left out. */
  readonly directory?: Readonly<Record<string, unknown>>;
  /** kid → base64url MAC key. */
  readonly externalAccounts?: Readonly<Record<string, string>>;
  /** Polls of an order that still show it pending after the last challenge was answered. Default 0. */
  readonly validationPolls?: number;
  /** Polls of an order that still show it processing after finalize. Default 0: finalize says processing, the next poll valid. */
  readonly issuancePolls?: number;
  /** Common names of the roots of the alternate chains. */
  readonly alternateRoots?: readonly string[];
}

interface StoredAccount {
  readonly url: string;
  jwk: JWK;
  thumbprint: string;
  status: string;
  contact: unknown;
}

interface StoredOrder {
  readonly url: string;
  readonly account: string;
  status: string;
  readonly identifiers: readonly Identifier[];
  readonly authorizations: readonly StoredAuthorization[];
  readonly extra: Readonly<Record<string, unknown>>;
  pollsLeft: number;
  chains: readonly string[];
}

interface StoredAuthorization {
  readonly url: string;
  readonly identifier: Identifier;
  readonly wildcard: boolean;
  status: string;
  readonly token: string;
}

const paths: readonly (readonly [RegExp, ScriptedResource])[] = [
  [/^\/directory$/, 'directory'],
  [/^\/new-nonce$/, 'newNonce'],
  [/^\/new-account$/, 'newAccount'],
  [/^\/account\/\d+$/, 'account'],
  [/^\/account\/\d+\/orders/, 'orders'],
  [/^\/new-order$/, 'newOrder'],
  [/^\/order\/\d+$/, 'order'],
  [/^\/order\/\d+\/finalize$/, 'finalize'],
  [/^\/order\/\d+\/certificate/, 'certificate'],
  [/^\/authorization\/\d+\/\d+$/, 'authorization'],
  [/^\/authorization\/\d+\/\d+\/[a-z0-9-]+$/, 'challenge'],
  [/^\/revoke$/, 'revokeCert'],
  [/^\/key-change$/, 'keyChange'],
  [/^\/renewal-info\//, 'renewalInfo'],
];
const challengeTypes = ['dns-01', 'http-01', 'tls-alpn-01', 'x-unheard-01'];

export class ScriptedServer implements Http {
  readonly requests: ScriptedRequest[] = [];
  /** What clients did wrong; empty after a test of an honest exchange. */
  readonly violations: string[] = [];
  readonly revoked: string[] = [];
  readonly #options: ScriptedOptions;
  readonly #scripts = new Map<ScriptedResource, ScriptedAnswer[]>();
  readonly #standing = new Map<ScriptedResource, ScriptedAnswer>();
  readonly #nonces = new Set<string>();
  readonly #accounts: StoredAccount[] = [];
  readonly #orders: StoredOrder[] = [];
  #counter = 0;

  constructor(options: ScriptedOptions) {
    this.#options = options;
  }

  get directoryUrl(): string {
    return `${scriptedOrigin}/directory`;
  }

  get orderCount(): number {
    return this.#orders.length;
  }

  /** The next requests to the resource get these answers, one each; then the server is honest again. */
  script(resource: ScriptedResource, ...answers: readonly ScriptedAnswer[]): void {
    this.#scripts.set(resource, [...(this.#scripts.get(resource) ?? []), ...answers]);
  }

  /** Every request to the resource gets this answer. */
  always(resource: ScriptedResource, answer: ScriptedAnswer): void {
    this.#standing.set(resource, answer);
  }

  count(resource?: ScriptedResource): number {
    return this.requests.filter((request) => resource === undefined || request.resource === resource).length;
  }

  /** All nonces die, as at a restart. */
  forgetNonces(): void {
    this.#nonces.clear();
  }

  /** All accounts are gone, as after a reset. */
  forgetAccounts(): void {
    this.#accounts.length = 0;
  }

  request(request: HttpRequest): Promise<HttpResponse> {
    return this.#options.clock.whileBusy(() => this.#answer(request));
  }

  async #answer(http: HttpRequest): Promise<HttpResponse> {
    const { pathname } = new URL(http.url);
    const resource = paths.find(([pattern]) => pattern.test(pathname))?.[1] ?? 'nothing';
    const read = readJws(http);
    const request = { resource, http, header: read?.header ?? {}, payload: read?.payload };
    this.requests.push(request);
    const honest = async (): Promise<HttpResponse> => this.#withNonce(await this.#serve(request));
    const answer = this.#scripts.get(resource)?.shift() ?? this.#standing.get(resource);
    return answer === undefined ? honest() : answer(request, honest);
  }

  /** A nonce of this server, unused. */
  freshNonce(): string {
    this.#counter += 1;
    const nonce = createHash('sha256').update(`nonce ${this.#counter}`).digest('base64url');
    this.#nonces.add(nonce);
    return nonce;
  }

  #withNonce(response: HttpResponse): HttpResponse {
    return { ...response, headers: new Map([...response.headers, ['replay-nonce', [this.freshNonce()]]]) };
  }

  async #serve(request: ScriptedRequest): Promise<HttpResponse> {
    this.#checkHeaders(request.http);
    if (request.resource === 'directory') return json(200, this.#directory());
    if (request.resource === 'newNonce') return reply(request.http.method === 'HEAD' ? 200 : 204);
    if (request.resource === 'renewalInfo') return this.#renewalInfo();
    if (request.resource === 'nothing') return reply(404);
    const refusal = await this.#checkJws(request);
    if (refusal !== undefined) return refusal;
    return this.#handlers[request.resource](request);
  }

  readonly #handlers: Readonly<
    Record<
      Exclude<ScriptedResource, 'directory' | 'newNonce' | 'renewalInfo' | 'nothing'>,
      (request: ScriptedRequest) => HttpResponse | Promise<HttpResponse>
    >
  > = {
    newAccount: (request) => this.#newAccount(request),
    account: (request) => this.#account(request),
    orders: (request) => this.#list(request),
    newOrder: (request) => this.#newOrder(request),
    order: (request) => this.#order(request),
    authorization: (request) => this.#authorization(request),
    challenge: (request) => this.#challenge(request),
    finalize: (request) => this.#finalize(request),
    certificate: (request) => this.#certificate(request),
    revokeCert: (request) => this.#revoke(request),
    keyChange: (request) => this.#keyChange(request),
  };

  #directory(): object {
    return {
      'random-key-nobody-knows': 'https://community.example/',
      newNonce: `${scriptedOrigin}/new-nonce`,
      newAccount: `${scriptedOrigin}/new-account`,
      newOrder: `${scriptedOrigin}/new-order`,
      revokeCert: `${scriptedOrigin}/revoke`,
      keyChange: `${scriptedOrigin}/key-change`,
      renewalInfo: `${scriptedOrigin}/renewal-info`,
      meta: { termsOfService: `${scriptedOrigin}/terms`, profiles: { classic: 'The usual', shortlived: 'Six days' } },
      ...this.#options.directory,
    };
  }

  #renewalInfo(): HttpResponse {
    const suggestedWindow = { start: '2026-12-01T00:00:00Z', end: '2026-12-03T00:00:00Z' };
    return json(200, { suggestedWindow, explanationURL: 'https://ca.test/why' }, { 'retry-after': '3600' });
  }

  // ------------------------------------------------------------ checks

  #checkHeaders(request: HttpRequest): void {
    const headers = request.headers ?? {};
    if (!/^\S+\/\S+/.test(headers['user-agent'] ?? '')) this.violations.push('no User-Agent (RFC 8555 §6.1)');
    if (headers['accept-language'] === undefined) this.violations.push('no Accept-Language (RFC 8555 §6.1)');
    if (headers['replay-nonce'] !== undefined) this.violations.push('a nonce in a request header (RFC 8555 §6.5)');
  }

  /** Everything RFC 8555 §6.2–§6.5 demands of a signed request. */
  async #checkJws(request: ScriptedRequest): Promise<HttpResponse | undefined> {
    const { http, header } = request;
    if (http.method !== 'POST') return this.#violation(405, 'not a POST');
    if (http.headers?.['content-type'] !== 'application/jose+json') return this.#violation(415, 'wrong content type');
    const jws: unknown = JSON.parse(String(http.body));
    if (Object.keys(Object(jws)).sort().join() !== 'payload,protected,signature')
      return this.#violation(400, 'foreign members');
    if (!this.#nonces.delete(String(header['nonce']))) return problem(400, 'badNonce', 'the nonce is unknown or used');
    if (header['url'] !== http.url) return this.#violation(401, 'the signed url is another one');
    const jwk = this.#keyOf(request);
    if (jwk === undefined) return problem(400, 'accountDoesNotExist', 'no such account');
    return (await isSignedBy(jws, jwk)) ? undefined : problem(400, 'malformed', 'the signature is wrong');
  }

  #keyOf({ resource, header }: ScriptedRequest): JWK | undefined {
    const introduces = resource === 'newAccount' || (resource === 'revokeCert' && header['jwk'] !== undefined);
    if (introduces !== (header['kid'] === undefined))
      this.violations.push(`${resource} with the wrong one of jwk and kid`);
    return introduces ? jwkOf(header['jwk']) : this.#accounts.find(({ url }) => url === header['kid'])?.jwk;
  }

  #violation(status: number, detail: string): HttpResponse {
    this.violations.push(detail);
    return problem(status, 'malformed', detail);
  }

  // ------------------------------------------------------------ accounts

  async #newAccount(request: ScriptedRequest): Promise<HttpResponse> {
    const jwk = jwkOf(request.header['jwk']);
    const thumbprint = await calculateJwkThumbprint(jwk);
    const known = this.#accounts.find((account) => account.thumbprint === thumbprint);
    if (known !== undefined) return this.#showAccount(known, 200);
    if (request.payload?.['onlyReturnExisting'] === true)
      return problem(400, 'accountDoesNotExist', 'no account has this key');
    if (request.payload?.['termsOfServiceAgreed'] !== true) {
      return withHeaders(problem(403, 'userActionRequired', 'agree to the terms'), {
        link: `<${scriptedOrigin}/terms>;rel="terms-of-service"`,
      });
    }
    const refusal = await this.#checkExternalAccount(request, jwk);
    if (refusal !== undefined) return refusal;
    const url = `${scriptedOrigin}/account/${this.#accounts.length + 1}`;
    const account = { url, jwk, thumbprint, status: 'valid', contact: request.payload?.['contact'] };
    this.#accounts.push(account);
    return this.#showAccount(account, 201);
  }

  async #checkExternalAccount(request: ScriptedRequest, jwk: JWK): Promise<HttpResponse | undefined> {
    const macs = this.#options.externalAccounts;
    if (macs === undefined) return undefined;
    const binding = request.payload?.['externalAccountBinding'];
    if (typeof binding !== 'object' || binding === null)
      return problem(403, 'externalAccountRequired', 'bind the account');
    const parts = jwsParts(binding);
    const mac = macs[String(parts.header['kid'])];
    if (mac === undefined || parts.header['url'] !== request.http.url || parts.header['nonce'] !== undefined)
      return problem(403, 'unauthorized', 'wrong binding');
    if ((await calculateJwkThumbprint(jwkOf(parts.payload))) !== (await calculateJwkThumbprint(jwk)))
      return problem(403, 'unauthorized', 'another key is bound');
    const verified = await flattenedVerify(parts.jws, Buffer.from(mac, 'base64url')).catch(() => undefined);
    return verified === undefined ? problem(403, 'unauthorized', 'the MAC is wrong') : undefined;
  }

  #showAccount(account: StoredAccount, status: number): HttpResponse {
    const { contact, url, jwk } = account;
    return json(status, { status: account.status, contact, orders: `${url}/orders`, key: jwk }, { location: url });
  }

  #account(request: ScriptedRequest): HttpResponse {
    const account = this.#accounts.find(({ url }) => url === request.http.url);
    if (account === undefined) return reply(404);
    if (request.payload?.['contact'] !== undefined) account.contact = request.payload['contact'];
    if (request.payload?.['status'] === 'deactivated') account.status = 'deactivated';
    return this.#showAccount(account, 200);
  }

  /** Pages of two. */
  #list(request: ScriptedRequest): HttpResponse {
    const url = new URL(request.http.url);
    const start = Number(url.searchParams.get('start') ?? 0);
    const orders = this.#orders.slice(start, start + 2).map((order) => order.url);
    const next = `<${url.origin}${url.pathname}?start=${start + 2}>;rel="next"`;
    return json(200, { orders }, start + 2 < this.#orders.length ? { link: next } : {});
  }

  async #keyChange(request: ScriptedRequest): Promise<HttpResponse> {
    const { header, payload, jws } = jwsParts(request.payload);
    const account = this.#accounts.find(({ url }) => url === request.header['kid']);
    if (account === undefined) return reply(404);
    if (header['nonce'] !== undefined) return this.#violation(400, 'the inner JWS has a nonce');
    if (header['url'] !== request.http.url) return this.#violation(400, 'the inner url differs');
    const inner = Object(payload);
    if (inner.account !== account.url) return this.#violation(400, 'the inner account differs');
    if ((await calculateJwkThumbprint(jwkOf(inner.oldKey))) !== account.thumbprint)
      return this.#violation(400, 'the old key differs');
    const jwk = jwkOf(header['jwk']);
    if (!(await isSignedBy(jws, jwk))) return this.#violation(400, 'the inner signature is wrong');
    const thumbprint = await calculateJwkThumbprint(jwk);
    const holder = this.#accounts.find((other) => other.thumbprint === thumbprint);
    if (holder !== undefined) return reply(409, { location: holder.url });
    Object.assign(account, { jwk, thumbprint });
    return this.#showAccount(account, 200);
  }

  #revoke(request: ScriptedRequest): HttpResponse {
    const certificate = String(request.payload?.['certificate']);
    if (this.revoked.includes(certificate)) return problem(400, 'alreadyRevoked', 'it is revoked');
    this.revoked.push(certificate);
    return reply(200);
  }

  // ------------------------------------------------------------ orders

  #newOrder(request: ScriptedRequest): HttpResponse {
    const { identifiers, ...extra } = Object(request.payload);
    const number = this.#orders.length + 1;
    const url = `${scriptedOrigin}/order/${number}`;
    // Shuffled, as the RFC allows: nobody may pair them with the identifiers.
    const authorizations = [...identifiers].reverse().map((identifier: Identifier, index) => ({
      url: `${scriptedOrigin}/authorization/${number}/${index}`,
      identifier: { type: identifier.type, value: identifier.value.replace(/^\*\./, '') },
      wildcard: identifier.value.startsWith('*.'),
      status: 'pending',
      token: createHash('sha256').update(`${url} ${index}`).digest('base64url'),
    }));
    const pollsLeft = this.#options.validationPolls ?? 0;
    const order = {
      url,
      account: String(request.header['kid']),
      status: 'pending',
      identifiers,
      authorizations,
      extra,
      pollsLeft,
      chains: [],
    };
    this.#orders.push(order);
    return withHeaders(this.#showOrder(order, 201), { location: url });
  }

  #showOrder(order: StoredOrder, status = 200): HttpResponse {
    return json(status, {
      status: order.status,
      expires: '2026-11-08T12:00:00Z',
      identifiers: order.identifiers,
      authorizations: order.authorizations.map(({ url }) => url),
      finalize: `${order.url}/finalize`,
      ...order.extra,
      ...(order.status === 'valid' ? { certificate: `${order.url}/certificate` } : {}),
    });
  }

  #order(request: ScriptedRequest): HttpResponse {
    const order = this.#orderOf(request);
    if (order === undefined) return reply(404);
    this.#advance(order);
    return this.#showOrder(order);
  }

  #advance(order: StoredOrder): void {
    if (order.authorizations.some(({ status }) => status === 'invalid')) order.status = 'invalid';
    const validated = order.authorizations.every(({ status }) => status === 'valid');
    const moving = order.status === 'processing' || (order.status === 'pending' && validated);
    if (!moving) return;
    if (order.pollsLeft > 0) order.pollsLeft -= 1;
    else order.status = order.status === 'processing' ? 'valid' : 'ready';
  }

  #orderOf({ http }: ScriptedRequest): StoredOrder | undefined {
    const number = /^\/(?:order|authorization)\/(\d+)/.exec(new URL(http.url).pathname)?.[1];
    return this.#orders[Number(number) - 1];
  }

  #authorizationOf(request: ScriptedRequest): StoredAuthorization | undefined {
    const { origin, pathname } = new URL(request.http.url);
    const url = origin + pathname.split('/').slice(0, 4).join('/');
    return this.#orderOf(request)?.authorizations.find((authorization) => authorization.url === url);
  }

  #authorization(request: ScriptedRequest): HttpResponse {
    const authorization = this.#authorizationOf(request);
    if (authorization === undefined) return reply(404);
    if (request.payload?.['status'] === 'deactivated') authorization.status = 'deactivated';
    const { identifier, wildcard, status } = authorization;
    const challenges = challengeTypes.map((type) => challengeJson(authorization, type));
    return json(200, {
      status,
      identifier,
      ...(wildcard ? { wildcard } : {}),
      expires: '2026-11-08T12:00:00Z',
      challenges,
    });
  }

  #challenge(request: ScriptedRequest): HttpResponse {
    const authorization = this.#authorizationOf(request);
    if (authorization === undefined) return reply(404);
    const type = request.http.url.split('/').at(-1) ?? '';
    if (request.payload === undefined) return json(200, challengeJson(authorization, type));
    if (Object.keys(request.payload).length > 0) return this.#violation(400, 'a challenge response must be {}');
    if (authorization.status !== 'pending') return problem(400, 'malformed', 'it is not pending');
    authorization.status = 'valid';
    return json(200, challengeJson(authorization, type));
  }

  async #finalize(request: ScriptedRequest): Promise<HttpResponse> {
    const order = this.#orderOf(request);
    if (order === undefined) return reply(404);
    if (order.status !== 'ready') return problem(403, 'orderNotReady', `it is ${order.status}`);
    const csr = readCsr(new Uint8Array(Buffer.from(String(request.payload?.['csr']), 'base64url')));
    order.chains = await this.#issue(csr);
    order.status = 'processing';
    order.pollsLeft = this.#options.issuancePolls ?? 0;
    return this.#showOrder(order);
  }

  #certificate(request: ScriptedRequest): HttpResponse {
    const order = this.#orderOf(request);
    const index = Number(/certificate\/(\d+)$/.exec(request.http.url)?.[1] ?? 0);
    const chain = order?.chains[index];
    if (order === undefined || chain === undefined) return reply(404);
    const alternates = order.chains.flatMap((_, other) =>
      other === index ? [] : `<${order.url}/certificate/${other}>;rel="alternate"`,
    );
    return {
      status: 200,
      headers: new Map([
        ['content-type', ['application/pem-certificate-chain']],
        ['link', [`<${this.directoryUrl}>;rel="index"`, ...(alternates.length === 0 ? [] : [alternates.join(', ')])]],
      ]),
      body: utf8(chain),
    };
  }

  /** The leaf and its intermediate, once for each root. */
  async #issue(csr: ReturnType<typeof readCsr>): Promise<readonly string[]> {
    const roots = ['Scripted Root', ...(this.#options.alternateRoots ?? [])];
    const chains = roots.map(async (name) => {
      const intermediate = await testIssuer('Scripted Intermediate', 'EC384', await testIssuer(name, 'EC521'));
      const leaf = await issueLeaf(intermediate, csr);
      return pemEncode('CERTIFICATE', leaf) + intermediate.certificate.pem;
    });
    return Promise.all(chains);
  }
}

async function issueLeaf(issuer: TestIssuer, csr: ReturnType<typeof readCsr>): Promise<Uint8Array> {
  return buildCertificate({
    subject: [],
    issuer: issuer.name,
    publicKey: csr.publicKey,
    signer: issuer.signer,
    serial: Uint8Array.of(7),
    notBefore: testNotBefore,
    notAfter: testNotAfter,
    extensions: {
      identifiers: csr.identifiers,
      keyUsage: ['digitalSignature'],
      extendedKeyUsage: [oids.serverAuth],
      authorityKeyId: keyIdentifier(issuer.signer.publicKey),
    },
  });
}

function challengeJson(authorization: StoredAuthorization, type: string): object {
  const status =
    authorization.status === 'valid' || authorization.status === 'invalid' ? authorization.status : 'pending';
  return { type, status, url: `${authorization.url}/${type}`, token: authorization.token };
}
