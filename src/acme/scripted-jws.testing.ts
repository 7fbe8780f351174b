/** For tests: JWS as `jose` sees them, an implementation that is not ours. */
import { flattenedVerify, importJWK, type JWK } from 'jose';
import type { HttpRequest } from '../core/index.ts';

/** What a signed request says. */
export interface SignedContent {
  readonly header: Readonly<Record<string, unknown>>;
  /** Decoded; undefined for POST-as-GET. */
  readonly payload: Readonly<Record<string, unknown>> | undefined;
}

export async function isSignedBy(jws: unknown, jwk: JWK): Promise<boolean> {
  const { jws: parsed, header } = jwsParts(jws);
  try {
    await flattenedVerify(parsed, await importJWK(jwk, String(header['alg'])));
    return true;
  } catch {
    return false;
  }
}

export function readJws(http: HttpRequest): SignedContent | undefined {
  if (http.method !== 'POST') return undefined;
  const { header, payload } = jwsParts(JSON.parse(String(http.body)));
  return { header, payload: payload === undefined ? undefined : Object(payload) };
}

export function jwsParts(value: unknown): {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: unknown;
  readonly jws: { readonly protected: string; readonly payload: string; readonly signature: string };
} {
  const jws = Object(value);
  const decode = (text: string): unknown => JSON.parse(Buffer.from(text, 'base64url').toString());
  return { header: Object(decode(jws.protected)), payload: jws.payload === '' ? undefined : decode(jws.payload), jws };
}

export function jwkOf(value: unknown): JWK {
  return Object(value);
}
