/** What the doctor serves while it looks, so that whoever answers can be told from us. */
import { EversealError, hasCode, type Listener, type Ports, type SocketAddress } from '../core/index.ts';
import type { HttpProbe } from '../challenges/preflight/context.ts';
import { newProbe } from './http-probe.ts';

export interface Probes {
  /** undefined: nothing of ours is served. */
  readonly http: HttpProbe | undefined;
  close(): Promise<void>;
}

interface Wanted {
  readonly http: SocketAddress | undefined;
  readonly tls: SocketAddress | undefined;
}

/**
 * Listens where it may. Where another program does, or this one has no right to, the checks go without, and it is said.
 *
 * @throws EversealError what listening failed with otherwise
 */
export async function openProbes(
  ports: Pick<Ports, 'net' | 'random'>,
  { http, tls }: Wanted,
  warn: (message: string) => void,
): Promise<Probes> {
  const probe = newProbe(ports);
  const handler = async (request: Request): Promise<Response> =>
    new URL(request.url).pathname === `/.well-known/acme-challenge/${probe.token}`
      ? new Response(probe.expected)
      : new Response('Not found\n', { status: 404 });
  const listeners: Listener[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(listeners.map((listener) => listener.close()));
  };
  const open = async (port: number, work: () => Promise<Listener>): Promise<boolean> => {
    try {
      listeners.push(await work());
      return true;
    } catch (error) {
      if (!hasCode(error, 'port-in-use', 'permission')) throw listenFailure(error);
      const why = error.code === 'permission' ? 'this user may not listen there' : 'another program listens there';
      warn(`Port ${port}: ${why}, so whatever answers is taken for right.`);
      return false;
    }
  };
  try {
    const served = http !== undefined && (await open(http.port, () => ports.net.serveHttp({ address: http, handler })));
    if (tls !== undefined) await open(tls.port, () => ports.net.serveTls({ address: tls, select: () => undefined }));
    return { http: served ? probe : undefined, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function listenFailure(error: unknown): unknown {
  if (!(error instanceof EversealError)) return error;
  return new EversealError(error.code, `The doctor cannot listen: ${error.message}`, {
    cause: error,
    next: 'Choose another address with --http.address.',
  });
}
