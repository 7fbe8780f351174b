/** tls-alpn-01 as RFC 8737 §3 has it, and RFC 8738 §6 for addresses. */
import { createHash, X509Certificate } from 'node:crypto';
import { formatIpAddress, type Identifier, parseIpAddress, printable, type TlsProbe } from '../core/index.ts';
import { type Certificate, readCertificate } from '../pki/index.ts';
import { tryAddresses } from './addresses.ts';
import type { CaContext } from './context.ts';
import { derParts } from './der-parts.ts';
import { CaProblem } from './problem.ts';
import type { Proof, Trial } from './validation.ts';

const protocol = 'acme-tls/1';
const alternativeNames = '2.5.29.17';
const acmeIdentifier = '1.3.6.1.5.5.7.1.31';

export async function tlsAlpn01(ca: CaContext, trial: Trial, visited: string[]): Promise<Proof> {
  const { tlsPort, timeoutMs } = ca.settings.validation;
  const { identifier } = trial;
  const serverName = identifier.type === 'ip' ? reverseName(identifier.value) : identifier.value;
  const target = { host: identifier.value, port: tlsPort, what: `${protocol} for ${serverName}` };
  const probe = await tryAddresses(ca, target, visited, (address) =>
    ca.ports.net.probeTls({ address, serverName, protocols: [protocol], timeoutMs }),
  );
  checkProbe(probe, trial, visited.at(-1) ?? serverName);
  return { until: undefined };
}

/** The name under `in-addr.arpa` or `ip6.arpa` (RFC 1034 §3.6.2, RFC 3596 §2.5), without the final dot. */
export function reverseName(address: string): string {
  const octets = parseIpAddress(address) ?? new Uint8Array();
  if (octets.length === 4) return `${[...octets].reverse().join('.')}.in-addr.arpa`;
  return `${[...Buffer.from(octets).toString('hex')].reverse().join('.')}.ip6.arpa`;
}

function checkProbe(probe: TlsProbe, trial: Trial, where: string): void {
  const refuse = (why: string): CaProblem => new CaProblem('incorrectResponse', `${where}: ${why}`);
  if (probe.protocol !== protocol)
    throw refuse(
      `the server chose ${probe.protocol === undefined ? 'no protocol' : `"${printable(probe.protocol, 50)}"`}`,
    );
  const certificate = readShown(probe.certificate);
  if (certificate === undefined) throw refuse('its certificate cannot be read');
  const names = shownNames(certificate);
  if (names.length !== 1 || names[0] !== `${trial.identifier.type}:${trial.identifier.value}`)
    throw refuse(
      `its certificate is for ${printable(names.join(', ') || 'nothing', 200)}, not for ${trial.identifier.value} alone`,
    );
  const fault = extensionFault(certificate, trial.keyAuthorization);
  if (fault !== undefined) throw refuse(fault);
  if (!isSelfSigned(certificate)) throw refuse('its certificate is not self-signed');
}

/** undefined also when an extension comes twice. */
function readShown(der: Uint8Array): Certificate | undefined {
  try {
    return readCertificate(der);
  } catch {
    return undefined;
  }
}

function isSelfSigned(certificate: Certificate): boolean {
  const same = Buffer.from(certificate.issuerDer).equals(certificate.subjectDer);
  return same && new X509Certificate(certificate.der).verify(certificate.publicKey);
}

/** Every alternative name (RFC 5280 §4.2.1.6), as `dns:name`, `ip:address` or `other:N`. */
function shownNames(certificate: Certificate): readonly string[] {
  const [sequence] = derParts(certificate.extensions.get(alternativeNames)?.value ?? new Uint8Array());
  return derParts(sequence?.content ?? new Uint8Array()).map(({ tag, content }) => {
    if (tag === 0x82) return nameKey({ type: 'dns', value: Buffer.from(content).toString('latin1').toLowerCase() });
    if (tag === 0x87 && (content.length === 4 || content.length === 16))
      return nameKey({ type: 'ip', value: formatIpAddress(content) });
    return `other:${tag & 0x1f}`;
  });
}

function nameKey({ type, value }: Identifier): string {
  return `${type}:${value}`;
}

function extensionFault(certificate: Certificate, keyAuthorization: string): string | undefined {
  const extension = certificate.extensions.get(acmeIdentifier);
  if (extension === undefined) return 'its certificate has no acmeIdentifier extension';
  if (!extension.critical) return 'the acmeIdentifier extension of its certificate is not critical';
  const digest = createHash('sha256').update(keyAuthorization).digest();
  // An OCTET STRING of 32 octets.
  if (Buffer.concat([Buffer.of(0x04, 0x20), digest]).equals(extension.value)) return undefined;
  const shown = Buffer.from(extension.value).toString('hex').slice(0, 80);
  return `the acmeIdentifier extension of its certificate holds ${shown}, where 0420${digest.toString('hex')} was expected`;
}
