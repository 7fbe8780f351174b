/** Fetches as a CA does: by address, following redirects where CAs follow them. */
import { type EversealError, fromUtf8, type HttpResponse, printable } from '../../core/index.ts';
import { lookupFailure, ownSignal, type PreflightContext } from './context.ts';

/** What one address of a name showed. */
export type HttpOutcome =
  /** The expected text, or without a probe any answer at all. */
  | { readonly kind: 'fine'; readonly status: number }
  /** Another answer than the probe's. */
  | { readonly kind: 'wrong'; readonly text: string }
  | { readonly kind: 'unreachable'; readonly error: EversealError }
  /** A redirect that no CA follows. `faithful`: the token is still in its path, so it was meant for us. */
  | { readonly kind: 'refused-redirect'; readonly text: string; readonly cure: string; readonly faithful: boolean };

const maxRedirects = 10;
const redirectStatuses = [301, 302, 303, 307, 308];
const portCure = 'Let the redirect keep to ports 80 and 443, or exempt /.well-known/acme-challenge/ from it.';

/** What the token's path of `name` shows at one address. */
export async function walk(context: PreflightContext, name: string, address: string): Promise<HttpOutcome> {
  const host = name.includes(':') ? `[${name}]` : name;
  const token = context.http.probe?.token ?? 'everseal-preflight';
  let url = new URL(`http://${host}/.well-known/acme-challenge/${token}`);
  let addresses: readonly string[] = [address];
  const visited = new Set<string>();
  for (;;) {
    visited.add(url.href);
    const reply = await fetchFrom(context, url, addresses);
    if ('kind' in reply) return reply;
    const location = redirectStatuses.includes(reply.status) ? (reply.headers.get('location')?.[0] ?? '') : undefined;
    if (location === undefined) return judge(context, url, reply);
    const target = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    const refusal = refuse(context, url, target, location, visited);
    if (refusal !== undefined) return { kind: 'refused-redirect', ...refusal, faithful: location.includes(token) };
    if (target === undefined) return judge(context, url, reply);
    const found = await context.addresses.lookUp(target.hostname.replace(/^\[(.*)\]$/, '$1'));
    addresses = found.addresses.map((entry) => entry.host);
    if (addresses.length === 0) return { kind: 'wrong', text: `redirects to ${shown(target)}, which has no address` };
    url = target;
  }
}

/** Why a CA does not follow. */
function refuse(
  context: PreflightContext,
  from: URL,
  target: URL | undefined,
  location: string,
  visited: ReadonlySet<string>,
): { readonly text: string; readonly cure: string } | undefined {
  if (target === undefined)
    return { text: `a redirect to "${printable(location, 200)}", which is no URL`, cure: 'Mend that redirect.' };
  const arrow = `a redirect from ${shown(from)} to ${shown(target)}`;
  if (target.protocol !== 'http:' && target.protocol !== 'https:')
    return { text: `${arrow}, which is not HTTP`, cure: 'Let it redirect to http:// or https:// only.' };
  if (connectPort(context, target) === undefined)
    return { text: `${arrow}, and CAs visit no port but 80 and 443`, cure: portCure };
  if (visited.has(target.href)) return { text: `${arrow}, which is a loop`, cure: 'Break that loop.' };
  if (visited.size > maxRedirects)
    return { text: `more than ${maxRedirects} redirects, the last ${arrow}`, cure: 'Redirect fewer times.' };
  return undefined;
}

/** The first address that talks counts. */
async function fetchFrom(
  { ports, http, exchangeMs, signal }: PreflightContext,
  url: URL,
  addresses: readonly string[],
): Promise<HttpResponse | Extract<HttpOutcome, { readonly kind: 'unreachable' }>> {
  const port = connectPort({ http }, url) ?? http.port;
  let outcome: Extract<HttpOutcome, { readonly kind: 'unreachable' }> | undefined;
  for (const host of addresses.slice(0, 4)) {
    try {
      return await ports.http.request({
        method: 'GET',
        url: url.href,
        headers: { 'user-agent': 'everseal-doctor', accept: '*/*' },
        connectTo: { host, port },
        // The certificate is not what is looked at; it may not even exist yet.
        tls: { insecure: true },
        maxBodyBytes: 64 * 1024,
        timeoutMs: exchangeMs,
        signal: ownSignal(signal),
      });
    } catch (error) {
      outcome ??= { kind: 'unreachable', error: lookupFailure(error, signal) };
    }
  }
  if (outcome === undefined) throw new TypeError('a fetch needs an address');
  return outcome;
}

/** The real ports 80 and 443 are the configured ones; undefined for any other. */
function connectPort({ http }: Pick<PreflightContext, 'http'>, url: URL): number | undefined {
  if (url.port === '') return url.protocol === 'https:' ? http.httpsPort : http.port;
  const port = Number(url.port);
  return port === http.port || port === http.httpsPort ? port : undefined;
}

function judge({ http }: PreflightContext, url: URL, { status, body }: HttpResponse): HttpOutcome {
  if (http.probe === undefined) return { kind: 'fine', status };
  const text = fromUtf8(body).trimEnd();
  if (status === 200 && text === http.probe.expected) return { kind: 'fine', status };
  const what = status === 200 ? `"${printable(text, 60)}"` : `status ${status}`;
  return { kind: 'wrong', text: `answers ${what} at ${shown(url)} instead of what is served here` };
}

function shown(url: URL): string {
  return printable(url.href, 160);
}
