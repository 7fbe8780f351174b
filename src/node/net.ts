import type { Clock, Log, Net } from '../core/index.ts';

/** Listening, probing and connecting on this machine. What a call needs is loaded when it is made first. */
export function nodeNet(options: { readonly clock: Clock; readonly log: Log }): Net {
  const { clock, log } = options;
  return {
    serveHttp: async (given) => (await import('./net-http.ts')).serveHttp(given, log),
    serveTls: async (given) => (await import('./net-tls.ts')).serveTls(given),
    probeTls: async (given) => (await import('./net-tls.ts')).probeTls(given, clock),
    serveDns: async (given) => (await import('./net-dns.ts')).serveDns(given, log),
    exchangeDns: async (given) => (await import('./net-dns.ts')).exchangeDns(given, clock),
    connect: async (given) => (await import('./net-stream.ts')).connectStream(given, clock),
    resolve: async (hostname, family) => (await import('./names.ts')).resolveName(hostname, family),
  };
}
