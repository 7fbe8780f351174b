/** An ACME client made of `jose`, and of ours only to build a CSR, so that a stranger checks the CA. */
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, FlattenedSign } from 'jose';
import { type Identifier, type Signer, softwareKey, ecKeyPair, ed25519KeyPair } from '../core/index.ts';
import { buildCsr } from '../pki/index.ts';
import type { World } from './world.testing.ts';

/** What a client needs of a world: a CA, a web to put answers on, and the end of validations. */
export type ClientWorld = Pick<World, 'sites' | 'finish'> & {
  readonly ca: Pick<World['ca'], 'fetch' | 'directoryUrl'>;
};

export interface RawReply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON, or undefined. */
  readonly json: unknown;
}

export interface RawOptions {
  /** Members to change in the protected header; an undefined one is removed. */
  readonly header?: Readonly<Record<string, unknown>>;
  readonly signWith?: 'jwk' | 'kid';
  readonly contentType?: string;
  /** Changes the JWS after it is signed. */
  readonly tamper?: (jws: Readonly<Record<string, unknown>>) => unknown;
  /** Where the request goes, when not to the URL that is signed. */
  readonly sendTo?: string;
}

export interface ReadyOrder {
  readonly url: string;
  readonly finalize: string;
  readonly order: RawReply;
}

const keyKinds = {
  ES256: () => ecKeyPair('P-256'),
  ES384: () => ecKeyPair('P-384'),
  ES512: () => ecKeyPair('P-521'),
  EdDSA: () => ed25519KeyPair(),
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
};

export type KeyKind = keyof typeof keyKinds;

export function makeKey(kind: KeyKind = 'ES256'): KeyObject {
  return keyKinds[kind]().privateKey;
}

export function certificateKey(): Signer {
  return softwareKey(makeKey());
}

/** The text at a path within JSON. */
export function textAt(json: unknown, ...path: readonly (string | number)[]): string {
  const value = path.reduce<unknown>((inner, step) => Object(inner)[step], json);
  if (typeof value !== 'string') throw new TypeError(`no text at ${path.join('.')} of ${JSON.stringify(json)}`);
  return value;
}

export function names(...values: readonly string[]): readonly Identifier[] {
  return values.map((value) => ({ type: 'dns', value }));
}

export class RawClient<W extends ClientWorld = World> {
  readonly world: W;
  key: KeyObject;
  kind: KeyKind;
  kid = '';
  /** Of the last reply. */
  nonce = '';

  constructor(world: W, kind: KeyKind = 'ES256') {
    this.world = world;
    this.kind = kind;
    this.key = makeKey(kind);
  }

  /** A client with an account. */
  static async registered<W extends ClientWorld>(world: W, kind: KeyKind = 'ES256'): Promise<RawClient<W>> {
    const client = new RawClient(world, kind);
    const reply = await client.newAccount({ termsOfServiceAgreed: true });
    if (reply.status !== 201) throw new TypeError(reply.text);
    return client;
  }

  url(path: string): string {
    return this.world.ca.directoryUrl.replace(/\/directory$/, path);
  }

  async get(url: string, method: 'GET' | 'HEAD' | 'DELETE' = 'GET'): Promise<RawReply> {
    return this.#read(await this.world.ca.fetch(new Request(url, { method })));
  }

  /** POST-as-GET. */
  read(url: string): Promise<RawReply> {
    return this.post(url, '');
  }

  /** `payload`: an object becomes JSON, a text is signed as it is. */
  async post(url: string, payload: object | string, options: RawOptions = {}): Promise<RawReply> {
    if (this.nonce === '') await this.get(this.url('/new-nonce'), 'HEAD');
    const jws = await this.sign(url, payload, options);
    const body = JSON.stringify(options.tamper?.({ ...jws }) ?? jws);
    const headers = { 'content-type': options.contentType ?? 'application/jose+json' };
    return this.#read(await this.world.ca.fetch(new Request(options.sendTo ?? url, { method: 'POST', headers, body })));
  }

  async sign(
    url: string,
    payload: object | string,
    options: RawOptions = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    const who = options.signWith === 'jwk' ? { jwk: await this.jwk() } : { kid: this.kid };
    const header = { alg: this.kind, nonce: this.nonce, url, ...who, ...options.header };
    const known = Object.fromEntries(Object.entries(header).filter(([, value]) => value !== undefined));
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
    const jws = await new FlattenedSign(new TextEncoder().encode(text)).setProtectedHeader(known).sign(this.key);
    return { protected: jws.protected, payload: jws.payload, signature: jws.signature };
  }

  async jwk(): Promise<object> {
    return exportJWK(createPublicKey(this.key));
  }

  async newAccount(payload: object, options: RawOptions = {}): Promise<RawReply> {
    const reply = await this.post(this.url('/new-account'), payload, { signWith: 'jwk', ...options });
    if (reply.status < 300) this.kid = reply.headers.get('location') ?? '';
    return reply;
  }

  newOrder(identifiers: readonly object[], more: object = {}): Promise<RawReply> {
    return this.post(this.url('/new-order'), { identifiers, ...more });
  }

  async keyAuthorization(token: string): Promise<string> {
    return `${token}.${await calculateJwkThumbprint(await exportJWK(createPublicKey(this.key)))}`;
  }

  /** Puts the answer to the authorization's http-01 challenge on the web; returns the challenge's URL. */
  async provision(authorizationUrl: string): Promise<string> {
    const { json } = await this.read(authorizationUrl);
    const token = textAt(json, 'challenges', 0, 'token');
    const value = textAt(json, 'identifier', 'value');
    const host = value.includes(':') ? `[${value}]` : value;
    const body = await this.keyAuthorization(token);
    this.world.sites.set(`http://${host}/.well-known/acme-challenge/${token}`, { body });
    return textAt(json, 'challenges', 0, 'url');
  }

  /** Orders, answers every challenge, and lets the CA validate. */
  async readyOrder(identifiers: readonly Identifier[], more: object = {}): Promise<ReadyOrder> {
    const made = await this.newOrder(identifiers, more);
    const url = made.headers.get('location') ?? '';
    for (let index = 0; index < identifiers.length; index += 1) {
      const challenge = await this.provision(textAt(made.json, 'authorizations', index));
      await this.post(challenge, {});
    }
    await this.world.finish();
    return { url, finalize: textAt(made.json, 'finalize'), order: await this.read(url) };
  }

  async finalize(
    url: string,
    identifiers: readonly Identifier[],
    signer: Signer = certificateKey(),
  ): Promise<RawReply> {
    const csr = Buffer.from(await buildCsr({ signer, identifiers })).toString('base64url');
    return this.post(url, { csr });
  }

  /** A whole issuance: the reply of the certificate's URL. */
  async issue(
    identifiers: readonly Identifier[],
    more: object = {},
    signer: Signer = certificateKey(),
  ): Promise<RawReply> {
    const { finalize } = await this.readyOrder(identifiers, more);
    const done = await this.finalize(finalize, identifiers, signer);
    return this.read(textAt(done.json, 'certificate'));
  }

  async #read(response: Response): Promise<RawReply> {
    this.nonce = response.headers.get('replay-nonce') ?? '';
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: parse(text) };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Matches a problem document. */
export function problem(type: string, status: number, detail = /./): object {
  return {
    status,
    json: { type: `urn:ietf:params:acme:error:${type}`, status, detail: expectMatch(detail) },
  };
}

function expectMatch(pattern: RegExp): { asymmetricMatch(other: unknown): boolean } {
  return { asymmetricMatch: (other) => typeof other === 'string' && pattern.test(other) };
}
