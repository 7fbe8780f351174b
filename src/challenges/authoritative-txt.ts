import { EversealError, type SocketAddress } from '../core/index.ts';
import { type DnsAnswer, type DnsResolver, textOfTxt } from '../dns/index.ts';

/**
 * Texts of the TXT records at a name as the first name server of its zone says that answers: newer than what resolvers
 * remember. By way of the resolvers when none can be asked.
 */
export async function lookupTxtAtSource(
  resolver: DnsResolver,
  name: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  for (const server of await serversOf(resolver, name, signal)) {
    const answer = await attempt(() => resolver.ask(server, name, 'TXT', { signal }), signal);
    if (answer?.rcode === 'NOERROR' || answer?.rcode === 'NXDOMAIN') return textsOf(answer);
  }
  return resolver.lookupTxt(name, signal);
}

async function serversOf(resolver: DnsResolver, name: string, signal: AbortSignal): Promise<readonly SocketAddress[]> {
  const port = resolver.nameServerPort ?? 53;
  const servers = await attempt(
    async () => resolver.nameServers(await resolver.findZone(name, signal), signal),
    signal,
  );
  return servers?.flatMap(({ addresses }) => addresses.map((host) => ({ host, port }))) ?? [];
}

function textsOf({ answers }: DnsAnswer): readonly string[] {
  return answers.flatMap((record) => (record.type === 'TXT' ? [textOfTxt(record)] : []));
}

/** undefined for a failure: somebody else is asked then. */
async function attempt<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof EversealError) return undefined;
    throw error;
  }
}
