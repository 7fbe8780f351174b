/** http-01 as RFC 8555 §8.3 has it. */
import {
  EversealError,
  fromUtf8,
  hasCode,
  type HttpResponse,
  type Identifier,
  messageOf,
  printable,
} from '../core/index.ts';
import type { CaContext } from './context.ts';
import { CaProblem, type ProblemType } from './problem.ts';

/** What one try saw. `visited` has a line for each exchange: the URL, and the address that was asked. */
export type HttpAttempt =
  | { readonly outcome: 'valid'; readonly visited: readonly string[] }
  | {
      readonly outcome: 'failed';
      readonly visited: readonly string[];
      readonly problem: { readonly type: ProblemType; readonly detail: string };
    };

const maxRedirects = 10;
/** A key authorization has some ninety characters. */
const maxBodyBytes = 4096;
/** Of a host with many addresses only so many are tried. */
const maxAddresses = 4;

/** Failures to reach the server, for which another address may do. */
const connectionCodes = [
  'connection-refused',
  'connection-reset',
  'timeout',
  'network',
  'address-not-available',
] as const;

/** Looks once whether the token's answer is there. Never rejects for what the other side does. */
export async function tryHttp01(
  ca: CaContext,
  identifier: Identifier,
  token: string,
  keyAuthorization: string,
): Promise<HttpAttempt> {
  const visited: string[] = [];
  const host = identifier.value.includes(':') ? `[${identifier.value}]` : identifier.value;
  try {
    const { url, response } = await follow(ca, new URL(`http://${host}/.well-known/acme-challenge/${token}`), visited);
    checkAnswer(url, response, keyAuthorization);
    return { outcome: 'valid', visited };
  } catch (error) {
    return { outcome: 'failed', visited, problem: toProblem(error, visited.at(-1)) };
  }
}

async function follow(
  ca: CaContext,
  start: URL,
  visited: string[],
): Promise<{ readonly url: URL; readonly response: HttpResponse }> {
  let url = start;
  for (let redirects = 0; ; redirects += 1) {
    const response = await fetchFrom(ca, url, visited);
    const target = redirectTarget(url, response);
    if (target === undefined) return { url, response };
    if (redirects === maxRedirects)
      throw new CaProblem('connection', `More than ${maxRedirects} redirects, the last to ${shown(target)}`);
    url = target;
  }
}

/** Asks the addresses of the host one after the other, until one of them talks. */
async function fetchFrom(ca: CaContext, url: URL, visited: string[]): Promise<HttpResponse> {
  const port = connectPort(ca, url);
  const addresses = await addressesOf(ca, url.hostname);
  let failure: unknown;
  for (const host of addresses.slice(0, maxAddresses)) {
    visited.push(`${shown(url)} at ${host.includes(':') ? `[${host}]` : host}:${port}`);
    try {
      return await ca.ports.http.request({
        method: 'GET',
        url: url.href,
        headers: { 'user-agent': 'everseal-ca', accept: '*/*' },
        connectTo: { host, port },
        // The certificate is not what is validated; it may not even exist yet.
        tls: { insecure: true },
        maxBodyBytes,
        timeoutMs: ca.settings.validation.timeoutMs,
      });
    } catch (error) {
      failure = error;
      if (!hasCode(error, ...connectionCodes)) throw error;
    }
  }
  throw failure ?? new EversealError('name-not-found', `${url.hostname} has no address`);
}

async function addressesOf(ca: CaContext, hostname: string): Promise<readonly string[]> {
  if (hostname.startsWith('[')) return [hostname.slice(1, -1)];
  const { hosts } = ca.settings.validation;
  const fixed = Object.hasOwn(hosts, hostname) ? hosts[hostname] : hosts['*'];
  if (/^\d+\.\d+\.\d+\.\d+$/.test(hostname)) return [Object.hasOwn(hosts, hostname) ? (fixed ?? hostname) : hostname];
  return fixed === undefined ? ca.ports.net.resolve(hostname) : [fixed];
}

/** Ports 80 and 443 of the real world are the configured ones here; a URL may name no others. */
function connectPort(ca: CaContext, url: URL): number {
  const { httpPort, httpsPort } = ca.settings.validation;
  if (url.port === '') return url.protocol === 'https:' ? httpsPort : httpPort;
  const port = Number(url.port);
  if (port === httpPort || port === httpsPort) return port;
  throw new CaProblem(
    'connection',
    `A redirect leads to port ${port} of ${shown(url)}; only ${httpPort} and ${httpsPort} are allowed`,
  );
}

function redirectTarget(from: URL, response: HttpResponse): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(response.status)) return undefined;
  const location = response.headers.get('location')?.[0];
  if (location === undefined || !URL.canParse(location, from.href))
    throw new CaProblem('connection', `A redirect of ${shown(from)} leads nowhere`);
  const target = new URL(location, from);
  if (target.protocol === 'http:' || target.protocol === 'https:') return target;
  throw new CaProblem('connection', `A redirect of ${shown(from)} leads to the scheme "${target.protocol}"`);
}

/** White space at the end is ignored, as RFC 8555 §8.3 advises. */
function checkAnswer(url: URL, response: HttpResponse, keyAuthorization: string): void {
  if (response.status !== 200)
    throw new CaProblem('incorrectResponse', `${shown(url)} answered with status ${response.status}, not 200`);
  const body = fromUtf8(response.body).trimEnd();
  if (body === keyAuthorization) return;
  throw new CaProblem(
    'incorrectResponse',
    `${shown(url)} answered "${printable(body, 120)}" where "${keyAuthorization}" was expected`,
  );
}

function toProblem(error: unknown, last: string | undefined): { readonly type: ProblemType; readonly detail: string } {
  if (error instanceof CaProblem) return { type: error.type, detail: error.message };
  const type = hasCode(error, 'name-not-found') ? 'dns' : hasCode(error, 'tls') ? 'tls' : 'connection';
  const where = last === undefined ? '' : `${last}: `;
  return { type, detail: `${where}${printable(messageOf(error), 200)}` };
}

function shown(url: URL): string {
  return printable(url.href, 200);
}
