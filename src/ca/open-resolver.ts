/** The resolver of a CA that was not handed one. Loaded with the first DNS validation, since it brings the codec along. */
import type { FileSystem, Ports, SocketAddress } from '../core/index.ts';
import { createResolver, systemResolvers } from '../dns/index.ts';
import type { CaResolver } from './dns-lookups.ts';
import { CaProblem } from './problem.ts';

export interface OpenResolverOptions {
  readonly ports: Pick<Ports, 'net' | 'clock' | 'random'> & { readonly fs?: Pick<FileSystem, 'read'> };
  /** Default: those of the system. */
  readonly resolvers: readonly SocketAddress[] | undefined;
  readonly timeoutMs: number;
}

/** Nothing is cached: a client that repairs its record is believed at the next try. */
export async function openResolver(options: OpenResolverOptions): Promise<CaResolver> {
  const { ports, timeoutMs } = options;
  const servers = options.resolvers ?? (ports.fs === undefined ? undefined : await systemResolvers(ports.fs));
  if (servers === undefined || servers.length === 0) {
    throw new CaProblem('dns', 'This CA knows no DNS resolver: set validation.resolvers, or --dns-resolver');
  }
  return createResolver({ ports, servers, timeoutMs, cache: false });
}
