import { hasCode } from '../../core/index.ts';
import { acmeTlsProtocol, challengeServerName } from '../tls-alpn-01-certificate.ts';
import { type Check, lookupFailure, ownSignal, type PreflightContext } from './context.ts';
import { unreachableText, type Visit, weighVisits } from './families.ts';

const maxAddresses = 8;

/** That somebody talks TLS at each address of the name, and no other server in our place: for tls-alpn-01. */
export const checkTls: Check = async (context, { identifier, name }) => {
  const { addresses } = await context.addresses.lookUp(name);
  const visits = await Promise.all(
    addresses.slice(0, maxAddresses).map(
      async (address): Promise<Visit> => ({
        ...address,
        port: context.tls.port,
        trouble: await troubleAt(context, challengeServerName({ ...identifier, value: name }), address.host),
      }),
    ),
  );
  const cure =
    `Open port ${context.tls.port} to the world and lead it to this machine without a TLS proxy in between ` +
    '(a router that does not lead back to its own public address looks the same from inside).';
  return weighVisits({ name, check: 'tls', method: 'tls-alpn-01', cure }, visits);
};

/** A refused handshake is fine: whoever serves tls-alpn-01 refuses all names but those of a running challenge. */
async function troubleAt(
  { ports, tls, exchangeMs: timeoutMs, signal }: PreflightContext,
  serverName: string,
  host: string,
): Promise<Visit['trouble']> {
  const address = { host, port: tls.port };
  try {
    const probe = { address, serverName, protocols: [acmeTlsProtocol], timeoutMs, signal: ownSignal(signal) };
    const { protocol: chosen } = await ports.net.probeTls(probe);
    if (chosen === acmeTlsProtocol) return undefined;
    return { text: `is another TLS server, which does not know ${acmeTlsProtocol}` };
  } catch (error) {
    const failure = lookupFailure(error, signal);
    return hasCode(failure, 'tls') ? undefined : { text: unreachableText(failure), error: failure };
  }
}
