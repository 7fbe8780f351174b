import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';

function openssl(args: readonly string[], cwd?: string): string {
  return execFileSync('openssl', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

export interface ServerCertificate {
  /** PEM files. */
  readonly root: string;
  readonly certificate: string;
  readonly key: string;
}

/** A root of its own, and a certificate by it for `localhost` and `127.0.0.1`. */
export function makeServerCertificate(folder: string): ServerCertificate {
  mkdirSync(folder, { recursive: true });
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    ['req', '-x509', ...ec, '-keyout', 'root.key', '-out', 'root.pem', '-subj', '/CN=interop root', '-days', '2'],
    folder,
  );
  openssl(['req', ...ec, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost'], folder);
  writeFileSync(join(folder, 'san'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  const signing = ['-CA', 'root.pem', '-CAkey', 'root.key', '-CAcreateserial', '-days', '2', '-extfile', 'san'];
  openssl(['x509', '-req', '-in', 'server.csr', '-out', 'server.pem', ...signing], folder);
  return {
    root: join(folder, 'root.pem'),
    certificate: join(folder, 'server.pem'),
    key: join(folder, 'server.key'),
  };
}

/** Has openssl verify a chain file (leaf first) up to the root, for the host name or IP address. @throws with openssl's words */
export function verifyChain(chainFile: string, rootFile: string, host: string): void {
  const check = isIP(host) === 0 ? '-verify_hostname' : '-verify_ip';
  openssl(['verify', '-CAfile', rootFile, '-untrusted', chainFile, check, host, chainFile]);
}

/** Whether the key file belongs to the certificate file: openssl derives the same public key from both. */
export function keyMatches(certificateFile: string, keyFile: string): boolean {
  const ofCertificate = openssl(['x509', '-in', certificateFile, '-noout', '-pubkey']);
  return ofCertificate === openssl(['pkey', '-in', keyFile, '-pubout']);
}

export function serialOf(certificateFile: string): string {
  return openssl(['x509', '-in', certificateFile, '-noout', '-serial']).trim();
}

/** Common name of the issuer of the last certificate in the file. */
export function topIssuer(chain: string): string {
  const last = chain.slice(chain.lastIndexOf('-----BEGIN'));
  const text = execFileSync('openssl', ['x509', '-noout', '-issuer', '-nameopt', 'multiline'], {
    input: last,
    encoding: 'utf8',
  });
  return /commonName\s*=\s*(.*)/.exec(text)?.[1]?.trim() ?? '';
}

/** Days from now to the end of the certificate's validity, rounded. */
export function daysLeft(certificateFile: string): number {
  const end = openssl(['x509', '-in', certificateFile, '-noout', '-enddate']).trim().replace('notAfter=', '');
  return Math.round((Date.parse(end) - Date.now()) / 86_400_000);
}
