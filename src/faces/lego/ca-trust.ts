import { X509Certificate } from 'node:crypto';
import { absolutePath, type Environment, parseGoBool } from '../../argv/index.ts';
import { EversealError, fromUtf8, messageOf, type Ports, type TlsClientOptions } from '../../core/index.ts';

/**
 * Whom to trust as the CA's server, by lego's variables: `LEGO_CA_CERTIFICATES` (PEM files, separated as in PATH) replaces
 * the system's roots unless `LEGO_CA_SYSTEM_CERT_POOL` is true; `LEGO_CA_SERVER_NAME` is the name to expect.
 *
 * @returns undefined when none of them is set
 * @throws EversealError `usage` for a file that cannot be read or holds no certificate
 */
export async function caTrust(
  ports: Pick<Ports, 'fs' | 'host'>,
  environment: Environment,
  workingFolder: string,
): Promise<TlsClientOptions | undefined> {
  const files = (environment.LEGO_CA_CERTIFICATES ?? '').split(ports.host.platform === 'win32' ? ';' : ':');
  const paths = files.filter((file) => file !== '').map((file) => absolutePath(file, workingFolder));
  const roots = await Promise.all(paths.map((path) => readRoots(ports, path)));
  const serverName = environment.LEGO_CA_SERVER_NAME || undefined;
  if (roots.length === 0) return serverName === undefined ? undefined : { serverName };
  const systemRoots = parseGoBool(environment.LEGO_CA_SYSTEM_CERT_POOL ?? '') === true;
  return { roots: roots.flat(), systemRoots, ...(serverName === undefined ? {} : { serverName }) };
}

const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

async function readRoots(ports: Pick<Ports, 'fs'>, file: string): Promise<readonly string[]> {
  try {
    const blocks = fromUtf8(await ports.fs.read(file)).match(block) ?? [];
    if (blocks.length === 0) throw new EversealError('bad-certificate', 'it holds no PEM certificate');
    return blocks.map((pem) => new X509Certificate(pem).toString());
  } catch (error) {
    throw new EversealError('usage', `LEGO_CA_CERTIFICATES names ${file}, which cannot be used: ${messageOf(error)}`, {
      cause: error,
      next: 'Name a readable file with the root certificate of the CA in PEM form.',
    });
  }
}
