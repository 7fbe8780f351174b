/** For tests: replies of an ACME server, honest and otherwise. */
import { EversealError, fromUtf8, type HttpResponse, utf8 } from '../core/index.ts';
import type { ScriptedAnswer } from './scripted-server.testing.ts';

/** A reply with an empty body. */
export function reply(
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body: string | Uint8Array = '',
): HttpResponse {
  return {
    status,
    headers: new Map(Object.entries(headers).map(([name, value]) => [name, [value]])),
    body: typeof body === 'string' ? utf8(body) : body,
  };
}

export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  return reply(status, { 'content-type': 'application/json', ...headers }, JSON.stringify(value));
}

export function problem(status: number, type: string, detail: string, more: object = {}): HttpResponse {
  const body = JSON.stringify({ type: `urn:ietf:params:acme:error:${type}`, detail, status, ...more });
  return reply(status, { 'content-type': 'application/problem+json' }, body);
}

export function withHeaders(response: HttpResponse, headers: Readonly<Record<string, string>>): HttpResponse {
  return {
    ...response,
    headers: new Map([
      ...response.headers,
      ...Object.entries(headers).map(([name, value]) => [name, [value]] as const),
    ]),
  };
}

/** The same reply with its JSON changed. */
export function amend(response: HttpResponse, changes: Readonly<Record<string, unknown>>): HttpResponse {
  return { ...response, body: utf8(JSON.stringify({ ...JSON.parse(fromUtf8(response.body)), ...changes })) };
}

/** The request never arrived, or its reply never came back. */
export function fails(
  code: 'connection-refused' | 'connection-reset' | 'timeout' | 'tls' | 'name-not-found',
): ScriptedAnswer {
  return () => {
    throw new EversealError(code, `scripted ${code}`);
  };
}

/** The server acts, and its reply is lost. */
export const loseReply: ScriptedAnswer = async (_request, honest) => {
  await honest();
  throw new EversealError('connection-reset', 'scripted loss');
};
