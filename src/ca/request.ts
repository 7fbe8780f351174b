/** Who sends a request, and what it says (RFC 8555 §6.2 to §6.5). */
import type { KeyObject } from 'node:crypto';
import { EversealError, messageOf } from '../core/index.ts';
import { jwsAlgorithm, keyFromJwk, type ParsedJws, parseFlattenedJws, verifyJws } from '../pki/index.ts';
import type { CaContext } from './context.ts';
import { parseJson } from './payload.ts';
import { CaProblem } from './problem.ts';
import type { AccountRecord } from './records.ts';

export const signatureAlgorithms: readonly string[] = ['ES256', 'ES384', 'ES512', 'RS256', 'EdDSA'];

/** Larger requests are refused: the largest real one is a CSR with a hundred names. */
const maxBodyBytes = 128 * 1024;

/** What the URL of a request says. */
export interface Location {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

/** A request whose signature is good. */
export interface SignedCall extends Location {
  /** The `url` of the protected header: where the request was sent. */
  readonly url: string;
  readonly key: KeyObject;
  /** The account of the `kid`; undefined when the request brings its own key. */
  readonly account: AccountRecord | undefined;
  /** undefined: POST-as-GET. */
  readonly payload: Readonly<Record<string, unknown>> | undefined;
}

/** A request signed by a valid account. */
export interface AccountCall extends SignedCall {
  readonly account: AccountRecord;
}

/** @throws CaProblem */
export async function authenticate(ca: CaContext, request: Request, location: Location): Promise<SignedCall> {
  const parsed = await readJws(request);
  const url = checkUrl(ca, request, parsed);
  const algorithm = checkAlgorithm(parsed);
  ca.nonces.consume(parsed.header.nonce);
  const { key, account } = signerOf(ca, parsed);
  checkSignature(parsed, key, algorithm);
  if (account !== undefined && account.status !== 'valid') {
    throw new CaProblem('unauthorized', `The account is ${account.status}`, { status: 401 });
  }
  return { ...location, url, key, account, payload: readBody(parsed.payload) };
}

/** @throws CaProblem `malformed` when the request brings its own key */
export function requireAccount(call: SignedCall): AccountCall {
  const { account } = call;
  if (account === undefined) throw new CaProblem('malformed', 'This resource wants "kid", not "jwk"');
  return { ...call, account };
}

/** Refuses what belongs to somebody else. @throws CaProblem `unauthorized` */
export function requireOwner(call: AccountCall, owner: AccountRecord, what: string): void {
  if (owner !== call.account) throw new CaProblem('unauthorized', `The ${what} belongs to another account`);
}

/** @throws CaProblem `malformed` unless the request is a POST-as-GET (RFC 8555 §6.3) */
export function requireEmptyPayload(call: SignedCall): void {
  if (call.payload !== undefined)
    throw new CaProblem('malformed', 'This resource is only read: send an empty payload (POST-as-GET)');
}

/** A JWS within a JWS or a request body. @throws CaProblem `malformed` */
export function parseJws(value: unknown, what: string): ParsedJws {
  try {
    return parseFlattenedJws(value);
  } catch (error) {
    throw new CaProblem('malformed', `The ${what} cannot be read: ${messageOf(error)}`);
  }
}

/** A public key that a client sent. @throws CaProblem `badPublicKey` */
export function parsePublicKey(jwk: unknown): KeyObject {
  try {
    return keyFromJwk(jwk);
  } catch (error) {
    if (!(error instanceof EversealError)) throw error;
    throw new CaProblem('badPublicKey', error.message);
  }
}

/** @throws CaProblem `badSignatureAlgorithm` with the list of good ones (RFC 8555 §6.2) */
export function checkAlgorithm(parsed: ParsedJws): string {
  const { alg } = parsed.header;
  if (typeof alg === 'string' && signatureAlgorithms.includes(alg)) return alg;
  throw new CaProblem('badSignatureAlgorithm', `The signature algorithm ${JSON.stringify(alg)} is not accepted`, {
    algorithms: signatureAlgorithms,
  });
}

/** @throws CaProblem `malformed` */
export function checkSignature(parsed: ParsedJws, key: KeyObject, algorithm: string): void {
  const expected = jwsAlgorithm(key);
  if (expected !== algorithm) {
    throw new CaProblem(
      'malformed',
      `The signature does not verify: the key signs with ${expected}, not with ${algorithm}`,
    );
  }
  if (!verifyJws(parsed.jws, key))
    throw new CaProblem('malformed', 'The signature does not verify by the key that it should');
}

async function readJws(request: Request): Promise<ParsedJws> {
  const type = request.headers.get('content-type');
  if (type !== 'application/jose+json') {
    const shown = type === null ? 'missing' : `"${type}"`;
    throw new CaProblem('malformed', `The Content-Type must be application/jose+json and is ${shown}`, { status: 415 });
  }
  return parseJws(parseJson(await readText(request)), 'request body');
}

async function readText(request: Request): Promise<string> {
  const declared = Number(request.headers.get('content-length') ?? 0);
  if (declared > maxBodyBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxBodyBytes) throw tooLarge();
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** RFC 8555 §6.4. The host is the CA's own, whatever name or proxy led here. */
function checkUrl(ca: CaContext, request: Request, parsed: ParsedJws): string {
  const { pathname, search } = new URL(request.url);
  const expected = `${new URL(ca.urls.base).origin}${pathname}${search}`;
  const { url } = parsed.header;
  if (url === expected) return expected;
  throw new CaProblem(
    'unauthorized',
    `The protected header says "url": ${JSON.stringify(url)}, but the request was sent to ${expected}`,
    {
      status: 401,
    },
  );
}

function signerOf(
  ca: CaContext,
  parsed: ParsedJws,
): { readonly key: KeyObject; readonly account: AccountRecord | undefined } {
  const { jwk, kid } = parsed.header;
  if ((jwk === undefined) === (kid === undefined)) {
    throw new CaProblem('malformed', 'The protected header must have either "jwk" or "kid"');
  }
  if (jwk !== undefined) return { key: parsePublicKey(jwk), account: undefined };
  const prefix = ca.urls.account('');
  const account =
    typeof kid === 'string' && kid.startsWith(prefix) ? ca.ledger.account(kid.slice(prefix.length)) : undefined;
  if (account === undefined)
    throw new CaProblem('accountDoesNotExist', `There is no account ${JSON.stringify(kid)} here`);
  return { key: account.key, account };
}

function readBody(text: string): Readonly<Record<string, unknown>> | undefined {
  if (text === '') return undefined;
  const value = parseJson(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return Object.fromEntries(Object.entries(value));
  throw new CaProblem('malformed', 'The payload is not a JSON object');
}

function tooLarge(): CaProblem {
  return new CaProblem('malformed', `The request body is longer than ${maxBodyBytes} octets`, { status: 413 });
}
