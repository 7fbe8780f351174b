import {
  EversealError,
  type FileStat,
  messageOf,
  type Ports,
  Secret,
  type Signer,
  softwareKeyFromPkcs8,
} from '../../core/index.ts';

export interface StoredKey {
  readonly signer: Signer;
  /** PKCS#8 PEM. */
  readonly pkcs8: Secret;
}

const onlyPkcs8 = /^-----BEGIN PRIVATE KEY-----\r?\n[A-Za-z0-9+/=\r\n]+-----END PRIVATE KEY-----\s*$/;

/**
 * A key file as lego v5 (PKCS#8), lego v4 (PKCS#1, SEC1) or a person left it.
 *
 * @throws EversealError `corrupt` naming the file
 */
export async function readStoredKey(path: string, text: string): Promise<StoredKey> {
  try {
    if (onlyPkcs8.test(text)) {
      const pkcs8 = new Secret(text);
      return { signer: softwareKeyFromPkcs8(pkcs8), pkcs8 };
    }
    const { readPrivateKey } = await import('../../pki/index.ts');
    const signer = readPrivateKey(text);
    return { signer, pkcs8: signer.pkcs8 };
  } catch (cause) {
    const why = cause instanceof EversealError ? messageOf(cause) : 'it is damaged or of an unknown kind';
    throw new EversealError('corrupt', `${path} holds no usable private key: ${why}`, {
      next: 'Restore the file from a backup. Without one, move it away: a new key is made then.',
      cause,
    });
  }
}

/** What to say of a key file that everybody on the machine can read; undefined when nothing is to be said. */
export function openKeyWarning(
  path: string,
  stat: FileStat | undefined,
  { platform }: Pick<Ports['host'], 'platform'>,
): string | undefined {
  if (stat === undefined || (stat.mode & 0o007) === 0 || platform === 'win32') return undefined;
  return `The private key ${path} can be read by every user of this machine: chmod o= ${path}`;
}

/** Says it once a file. */
export class KeyModeWarning {
  readonly #ports: Pick<Ports, 'log' | 'host'>;
  readonly #told = new Set<string>();

  constructor(ports: Pick<Ports, 'log' | 'host'>) {
    this.#ports = ports;
  }

  look(path: string, stat: FileStat | undefined): void {
    const warning = openKeyWarning(path, stat, this.#ports.host);
    if (warning === undefined || this.#told.has(path)) return;
    this.#told.add(path);
    this.#ports.log.warn(warning);
  }
}
