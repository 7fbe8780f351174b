import { fromUtf8, listIfExists, type Ports, replaceFile, utf8 } from '../../core/index.ts';
import type { AccountKey, AccountStore, Fence, Locks, StoredAccount } from '../../engine/index.ts';
import { ensureFolder, realTarget, type StagedCommits } from '../../store/index.ts';
import { type AccountFile, accountJson, readAccountFile, registrationOf } from './account-file.ts';
import type { LegoOrigin } from './certificate-file.ts';
import type { AccountFiles, LegoLayout } from './layout.ts';
import { type OpenKeyPolicy, OpenKeys, readStoredKey } from './stored-key.ts';

export interface AccountStoreOptions {
  readonly ports: Pick<Ports, 'fs' | 'random' | 'log' | 'host'>;
  readonly layout: LegoLayout;
  readonly commits: StagedCommits;
  readonly locks: Pick<Locks, 'check'>;
  /** Default `command`. */
  readonly origin?: LegoOrigin;
  readonly openKeys?: OpenKeyPolicy | undefined;
}

/** What lies in one account's folder. */
interface Found {
  /** undefined when only the key is left: it still opens its account (RFC 8555 §7.3.1), so it must not be lost. */
  readonly account: AccountFile | undefined;
  readonly key: Uint8Array | undefined;
}

const subject = 'account/';

/**
 * Accounts in lego's tree: `accounts/HOST/ID/account.json` and `ID.key`. Key and registration change together.
 *
 * lego tells CAs apart by host alone, so that two directories on one host (Sectigo's DV and OV) would share an account; here
 * the second one gets a folder of its own, `ID~HASH`, which lego does not know.
 */
export class LegoAccountStore implements AccountStore {
  readonly #options: AccountStoreOptions;
  readonly #openKeys: OpenKeys;

  constructor(options: AccountStoreOptions) {
    this.#options = options;
    this.#openKeys = new OpenKeys(options.ports, options.openKeys);
  }

  async load(key: AccountKey): Promise<StoredAccount | undefined> {
    const files = await this.#filesOf(key);
    const found = await this.#find(files);
    if (found === undefined || !isFor(found.account, key.directory)) return undefined;
    if (found.key === undefined) {
      this.#options.ports.log.warn(
        `${files.json} has no key beside it: without one the account cannot be used any more`,
      );
      return undefined;
    }
    const { signer, pkcs8 } = await readStoredKey(files.key, fromUtf8(found.key));
    const { directory, id } = key;
    const registration = found.account === undefined ? undefined : registrationOf(found.account);
    const email = found.account?.email || undefined;
    return { directory, id, email, keyAlgorithm: signer.algorithm, key: pkcs8, registration };
  }

  async list(): Promise<readonly AccountKey[]> {
    const keys: AccountKey[] = [];
    for (const [host, folder] of await this.#folders()) {
      const files = this.#options.layout.accountIn(host, folder, folder);
      const account = (await this.#find(files))?.account;
      if (account?.server) keys.push({ directory: account.server, id: account.id || folder });
      if (account?.server === '') {
        this.#options.ports.log.warn(`${files.json} does not say which CA it is for: name the CA to use it`);
      }
    }
    return keys;
  }

  async save(account: StoredAccount, fence?: Fence): Promise<void> {
    const { commits, locks, ports, origin } = this.#options;
    const guard = async (): Promise<void> => {
      if (fence !== undefined) await locks.check(fence);
    };
    await guard();
    const files = await this.#filesOf(account);
    await commits.recover(this.#commitName(files), [files.key, files.json]);
    await ensureFolder(ports.fs, files.folder, 0o700);
    const found = await this.#find(files);
    const json = accountJson(account, found?.account, origin ?? 'command');
    const key = account.key.reveal();
    if (found?.key !== undefined && fromUtf8(found.key) === key) {
      const target = await realTarget(ports.fs, files.json);
      await replaceFile(ports, target, json, (await ports.fs.stat(target))?.mode ?? 0o600);
      return;
    }
    await this.#savePair(files, utf8(key), json, guard);
  }

  async #savePair(files: AccountFiles, key: Uint8Array, json: Uint8Array, guard: () => Promise<void>): Promise<void> {
    const set = await this.#options.commits.begin(this.#commitName(files));
    try {
      await set.add({ path: files.key, data: key, mode: 0o600 });
      await set.add({ path: files.json, data: json, mode: 0o600 });
      await set.commit(guard);
    } catch (error) {
      await set.discard();
      throw error;
    }
  }

  /** lego's own place, unless an account at another directory of the same host has it. */
  async #filesOf({ directory, id }: AccountKey): Promise<AccountFiles> {
    const files = this.#options.layout.account(directory, id);
    const found = await this.#find(files);
    const taken = found !== undefined && !isFor(found.account, directory);
    return taken ? this.#options.layout.account(directory, id, 'aside') : files;
  }

  async #find(files: AccountFiles): Promise<Found | undefined> {
    const [json, key] = await this.#options.commits.read(this.#commitName(files), [files.json, files.key]);
    if (json?.data === undefined && key?.data === undefined) return undefined;
    this.#openKeys.look(files.key, key?.stat);
    const account = json?.data === undefined ? undefined : readAccountFile(json.data, files.json);
    return { account, key: key?.data };
  }

  /** Also those of a commit that a crash interrupted. */
  async #folders(): Promise<readonly (readonly [host: string, folder: string])[]> {
    const { commits, layout, ports } = this.#options;
    const found = new Set(
      (await commits.pending()).filter((name) => name.startsWith(subject)).map((name) => name.slice(subject.length)),
    );
    for (const host of await listIfExists(ports.fs, layout.accounts)) {
      if ((await ports.fs.stat(`${layout.accounts}/${host}`))?.kind !== 'folder') continue;
      for (const folder of await listIfExists(ports.fs, `${layout.accounts}/${host}`)) found.add(`${host}/${folder}`);
    }
    return [...found].sort().flatMap((name) => {
      const [host, folder] = name.split('/');
      return host === undefined || folder === undefined ? [] : [[host, folder] as const];
    });
  }

  #commitName(files: AccountFiles): string {
    return subject + files.folder.slice(this.#options.layout.accounts.length + 1);
  }
}

/** Files of older versions, and ones made by hand, may not say. */
function isFor(account: AccountFile | undefined, directory: string): boolean {
  const server = account?.server ?? '';
  if (server === '' || server === directory) return true;
  return URL.canParse(server) && URL.canParse(directory) && new URL(server).href === new URL(directory).href;
}
