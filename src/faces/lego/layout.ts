/** Where lego v5 keeps things, below its `--path`. */
import { createHash } from 'node:crypto';
import { EversealError, printable } from '../../core/index.ts';
import { fileBaseOf } from './file-base.ts';

/** All files of one certificate. */
export interface CertificateFiles {
  /** The part of the file names before the extension. */
  readonly base: string;
  readonly folder: string;
  /** Leaf and chain, as the CA sent them. */
  readonly crt: string;
  /** All after the leaf. */
  readonly issuer: string;
  readonly key: string;
  /** Certificate and key in one, for programs that want that. */
  readonly pem: string;
  /** What was asked for. Written last: without it lego sees no certificate. */
  readonly json: string;
}

export interface AccountFiles {
  readonly folder: string;
  readonly json: string;
  readonly key: string;
}

/**
 * The paths of lego's tree.
 */
export class LegoLayout {
  readonly root: string;

  /** @param path as with `--path`; `/` separates its parts on every platform */
  constructor(path: string) {
    this.root = path.length > 1 ? path.replace(/[/\\]+$/, '') || '/' : path;
    if (path === '') throw new TypeError('the path of the tree is empty');
  }

  get certificates(): string {
    return this.#below('certificates');
  }

  get accounts(): string {
    return this.#below('accounts');
  }

  /** For everything of ours: lego does not look there. */
  get stateFolder(): string {
    return this.#below('.everseal');
  }

  /** @throws EversealError `bad-identifier` when no file can have the name */
  certificate(name: string): CertificateFiles {
    const folder = this.certificates;
    const base = fileBaseOf(name);
    const file = (extension: string) => `${folder}/${base}${extension}`;
    return {
      base,
      folder,
      crt: file('.crt'),
      issuer: file('.issuer.crt'),
      key: file('.key'),
      pem: file('.pem'),
      json: file('.json'),
    };
  }

  /** lego tells directories apart by host only; `place` says which of those on one host is meant. */
  account(directory: string, id: string, place: 'lego' | 'aside' = 'lego'): AccountFiles {
    const name = accountFolder(id);
    const suffix = place === 'lego' ? '' : `~${createHash('sha256').update(directory).digest('hex').slice(0, 12)}`;
    return this.accountIn(accountHost(directory), `${name}${suffix}`, name);
  }

  accountIn(host: string, folderName: string, keyName: string): AccountFiles {
    const folder = `${this.accounts}/${host}/${folderName}`;
    return { folder, json: `${folder}/account.json`, key: `${folder}/${keyName}.key` };
  }

  #below(name: string): string {
    return this.root === '/' ? `/${name}` : `${this.root}/${name}`;
  }
}

/** The host of a directory URL with its port, `:` as `_`. @throws EversealError `usage` when it is no URL */
export function accountHost(directory: string): string {
  if (!URL.canParse(directory)) {
    throw new EversealError('usage', `'${printable(directory, 120)}' is not a URL of an ACME directory`, {
      next: 'Give the whole URL, starting with https://, or the short code of a CA.',
    });
  }
  const [, authority = ''] = /^[^:]+:\/\/(?:[^/?#@\\]*@)?([^/?#\\]*)/.exec(directory) ?? [];
  return onePathComponent((authority || new URL(directory).host).replace(/[:/\\]/g, '_'));
}

/**
 * An account id as the name of a folder: itself wherever it can be (lego takes it as it is). What would leave the folder
 * is percent-encoded.
 *
 * @throws EversealError `usage` for an id that is empty or longer than 200 octets
 */
export function accountFolder(id: string): string {
  const length = Buffer.byteLength(id, 'utf8');
  if (length === 0 || length > 200) {
    throw new EversealError('usage', `An account id must have 1 to 200 octets, not ${length}`, {
      next: 'Give another one with --account-id.',
    });
  }
  return onePathComponent(id);
}

function onePathComponent(text: string): string {
  const escaped = text.replace(/[/\\\p{Cc}]|%(?=[0-9A-Fa-f]{2})/gu, (character) => encodeURIComponent(character));
  return /^\.{1,2}$/.test(escaped) ? escaped.replaceAll('.', '%2E') : escaped;
}
