/** Settings of dynamic updates: which server, which key, which zones. */
import { EversealError, fromUtf8, messageOf, printable, type Secret, type SocketAddress } from '../core/index.ts';
import {
  canonicalName,
  isWithin,
  labelsOf,
  parseResolverAddress,
  parseTsigAlgorithm,
  parseTsigKeyFile,
  type ProviderContext,
  type ProviderSettings,
  type TsigKey,
} from '../dns/index.ts';
import { fromFolder } from './working-path.ts';

const kerberosVariables = ['REALM', 'USERNAME', 'PASSWORD', 'KEYTAB_FILE'].map(
  (suffix) => `DNSUPDATE_TSIG_GSS_${suffix}`,
);

/** @throws EversealError `usage` when it is no address */
export function readNameserver(settings: ProviderSettings): SocketAddress {
  return explained('DNSUPDATE_NAMESERVER', () => parseResolverAddress(settings.text('DNSUPDATE_NAMESERVER') ?? ''));
}

/**
 * The key, or undefined when updates are not signed.
 *
 * @throws EversealError `usage` when it cannot be read, or asks for Kerberos
 */
export async function readKey(context: ProviderContext): Promise<TsigKey | undefined> {
  refuseKerberos(context.settings);
  const file = context.settings.text('DNSUPDATE_TSIG_FILE');
  return file === undefined ? keyOfVariables(context) : readKeyFile(file, context);
}

/** The zones that the user named, longest first; empty when none are named. */
export function readZones(settings: ProviderSettings): readonly string[] {
  const names = (settings.text('DNSUPDATE_ZONES') ?? '').split(',').map((name) => name.trim());
  const zones = names
    .filter((name) => name !== '')
    .map((name) => explained('DNSUPDATE_ZONES', () => canonicalName(name)));
  return zones.sort((a, b) => labelsOf(b).length - labelsOf(a).length);
}

/** @throws EversealError `usage` when no zone holds the name */
export function zoneAmong(zones: readonly string[], name: string): string {
  const zone = zones.find((candidate) => isWithin(name, candidate));
  if (zone !== undefined) return zone;
  throw new EversealError('usage', `dnsupdate: ${name} is in none of the zones ${zones.join(', ')}`, {
    next: 'Add its zone to DNSUPDATE_ZONES, or unset that: then the server is asked.',
  });
}

function refuseKerberos(settings: ProviderSettings): void {
  const algorithm = settings.text('DNSUPDATE_TSIG_ALGORITHM') ?? '';
  const asked = /^gss-tsig\.?$/i.test(algorithm.trim()) ? 'DNSUPDATE_TSIG_ALGORITHM=gss-tsig' : undefined;
  const variable = asked ?? kerberosVariables.find((name) => settings.text(name) !== undefined);
  if (variable === undefined) return;
  throw new EversealError('usage', `dnsupdate: ${variable} asks for Kerberos (GSS-TSIG), which is not supported`, {
    next: 'Use a TSIG key: DNSUPDATE_TSIG_FILE, or DNSUPDATE_TSIG_KEY and DNSUPDATE_TSIG_SECRET. A server that takes Kerberos only can delegate the challenge names by CNAME to one that takes TSIG.',
  });
}

function keyOfVariables({ settings, events }: ProviderContext): TsigKey | undefined {
  const name = settings.text('DNSUPDATE_TSIG_KEY');
  const secret = settings.secret('DNSUPDATE_TSIG_SECRET');
  if (name !== undefined && secret !== undefined) {
    const algorithm = settings.text('DNSUPDATE_TSIG_ALGORITHM') ?? 'hmac-sha1';
    return {
      name: explained('DNSUPDATE_TSIG_KEY', () => canonicalName(name)),
      algorithm: explained('DNSUPDATE_TSIG_ALGORITHM', () => parseTsigAlgorithm(algorithm)),
      secret: checkedSecret(secret),
    };
  }
  const missing = name === undefined ? 'DNSUPDATE_TSIG_KEY' : 'DNSUPDATE_TSIG_SECRET';
  if ((name ?? secret) !== undefined)
    events({ type: 'warning', message: `dnsupdate: ${missing} is not set, so updates are not signed` });
  return undefined;
}

/** Servers' settings and key files have whole base64 quartets. */
function checkedSecret(secret: Secret): Secret {
  const text = secret.reveal();
  if (text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text)) return secret;
  throw new EversealError('usage', 'dnsupdate: DNSUPDATE_TSIG_SECRET is not base64', {
    next: 'Copy the secret as it stands in the settings of the DNS server, without quotes and semicolon.',
  });
}

async function readKeyFile(file: string, { ports, workingFolder }: ProviderContext): Promise<TsigKey> {
  const path = fromFolder(workingFolder, file);
  try {
    return parseTsigKeyFile(fromUtf8(await ports.fs.read(path)), { fileName: path });
  } catch (error) {
    const advice = error instanceof EversealError && error.next !== undefined ? error.next : undefined;
    throw new EversealError('usage', `dnsupdate: DNSUPDATE_TSIG_FILE ${printable(path)}: ${messageOf(error)}`, {
      cause: error,
      next: advice ?? 'Name a file as tsig-keygen writes it, readable for this user.',
    });
  }
}

/** Says which variable it was. */
function explained<T>(variable: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EversealError)) throw error;
    throw new EversealError('usage', `dnsupdate: ${variable}: ${error.message}`, {
      cause: error,
      ...(error.next !== undefined && { next: error.next }),
    });
  }
}
