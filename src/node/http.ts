import { type Clock, EversealError, type Http, type HttpRequest, withDeadline } from '../core/index.ts';
import type { DirectHttp } from './direct-http.ts';
import type { Environment } from './environment.ts';
import { formatAddress } from './network-failure.ts';
import { proxyFor } from './proxy.ts';
import type { ProxiedHttp } from './proxied-http.ts';

const defaultTimeoutMs = 30_000;

/**
 * HTTP/1.1 over keep-alive connections: by Node's own client, which loads in a third of the time of undici, and by undici
 * through a proxy where `env` names one (`HTTPS_PROXY`, `NO_PROXY`).
 */
export function nodeHttp(options: { readonly env: Environment; readonly clock: Clock }): Http {
  const { env, clock } = options;
  let direct: Promise<DirectHttp> | undefined;
  let proxied: Promise<ProxiedHttp> | undefined;
  const carrierOf = (proxy: string | undefined): Promise<DirectHttp | ProxiedHttp> => {
    if (proxy === undefined) {
      direct ??= import('./direct-http.ts').then(({ DirectHttp }) => new DirectHttp());
      return direct;
    }
    proxied ??= import('./proxied-http.ts').then(({ ProxiedHttp }) => new ProxiedHttp(env));
    return proxied;
  };
  return {
    async request(request) {
      const url = readUrl(request.url);
      const where = whereabouts(url, request);
      const ms = request.timeoutMs ?? defaultTimeoutMs;
      const what = `${request.method} ${where}`;
      return withDeadline({ clock, ms, what, signal: request.signal }, async (signal) => {
        const carrier = await carrierOf(proxyFor(env, url, request.connectTo));
        signal.throwIfAborted();
        return carrier.exchange({ request, url, where, signal });
      });
    },
  };
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url;
  throw new EversealError('network', 'Cannot send a request: the address is not an http or https URL');
}

function whereabouts(url: URL, request: HttpRequest): string {
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  const asked = `${url.hostname}:${port}`;
  return request.connectTo === undefined ? asked : `${asked} (at ${formatAddress(request.connectTo)})`;
}
