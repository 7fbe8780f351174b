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

/** What becomes of a private key that every user of the machine can read. */
export type OpenKeyPolicy = 'warn' | 'refuse';

/** Whether everybody can read the file. A group may: a web server's often has to. */
export function isOpen(stat: FileStat | undefined, { platform }: Pick<Ports['host'], 'platform'>): boolean {
  return stat !== undefined && (stat.mode & 0o007) !== 0 && platform !== 'win32';
}

/** What to say of such a file. */
export function openKeyText(path: string): string {
  return `The private key ${path} can be read by every user of this machine`;
}

/** @returns the error for it, when it is not allowed */
export function openKeyRefused(path: string): EversealError {
  return new EversealError('permission', openKeyText(path), { next: `chmod o= ${path}` });
}

/** Looks at the modes of key files; a warning comes once a file. */
export class OpenKeys {
  readonly #ports: Pick<Ports, 'log' | 'host'>;
  readonly #policy: OpenKeyPolicy;
  readonly #told = new Set<string>();

  constructor(ports: Pick<Ports, 'log' | 'host'>, policy: OpenKeyPolicy = 'warn') {
    this.#ports = ports;
    this.#policy = policy;
  }

  /** @throws EversealError `permission` for an open key that is to be refused */
  look(path: string, stat: FileStat | undefined): void {
    if (!isOpen(stat, this.#ports.host)) return;
    if (this.#policy === 'refuse') throw openKeyRefused(path);
    if (this.#told.has(path)) return;
    this.#told.add(path);
    this.#ports.log.warn(`${openKeyText(path)}: chmod o= ${path}`);
  }
}
