/** http-01 as RFC 8555 §8.3 has it. */
import { fromUtf8, type HttpResponse, printable } from '../core/index.ts';
import { tryAddresses } from './addresses.ts';
import type { CaContext } from './context.ts';
import { CaProblem } from './problem.ts';
import type { Proof, Trial } from './validation.ts';

const maxRedirects = 10;
/** A key authorization has some ninety characters. */
const maxBodyBytes = 4096;

export async function http01(ca: CaContext, trial: Trial, visited: string[]): Promise<Proof> {
  const { identifier, token, keyAuthorization } = trial;
  const host = identifier.value.includes(':') ? `[${identifier.value}]` : identifier.value;
  const { url, response } = await follow(ca, new URL(`http://${host}/.well-known/acme-challenge/${token}`), visited);
  checkAnswer(url, response, keyAuthorization);
  return { until: undefined };
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

function fetchFrom(ca: CaContext, url: URL, visited: string[]): Promise<HttpResponse> {
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  const target = { host, port: connectPort(ca, url), what: shown(url) };
  return tryAddresses(ca, target, visited, (connectTo) =>
    ca.ports.http.request({
      method: 'GET',
      url: url.href,
      headers: { 'user-agent': 'everseal-ca', accept: '*/*' },
      connectTo,
      // The certificate is not what is validated; it may not even exist yet.
      tls: { insecure: true },
      maxBodyBytes,
      timeoutMs: ca.settings.validation.timeoutMs,
    }),
  );
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

function shown(url: URL): string {
  return printable(url.href, 200);
}
