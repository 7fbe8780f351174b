/** The accounts in a JSON file: domain → account, as lego and other clients of acme-dns keep it. */
import {
  EversealError,
  folderOf,
  type FileSystem,
  fromUtf8,
  hasCode,
  type Ports,
  printable,
  readIfExists,
  replaceFile,
  Semaphore,
  utf8,
} from '../core/index.ts';
import { type AcmeDnsAccount, accountJson, readAccount } from './acmedns-account.ts';

/** Where accounts are kept. */
export interface AccountStorage {
  /** The lock that adding an account needs, if any. */
  readonly lock: string | undefined;
  /** The account for a domain whose challenge name leads to `target` (both without final dot), if there is one. */
  find(domain: string, target: string, signal: AbortSignal): Promise<AcmeDnsAccount | undefined>;
  /** Returns once the account cannot be lost any more: `made` when the CNAME record was made along with it. */
  put(domain: string, account: AcmeDnsAccount, signal: AbortSignal): Promise<'made' | 'missing'>;
}

/** Links that are followed: more is a circle. */
const mostLinks = 16;

/**
 * Accounts in a file. What it holds beyond accounts (other clients' fields) stays.
 *
 * @param path absolute
 */
export function fileStorage(ports: Pick<Ports, 'fs' | 'random'>, path: string): AccountStorage {
  const oneWriter = new Semaphore(1);
  return {
    lock: `acmedns:file:${path}`,
    find: async (domain, target) => {
      const accounts = await readAll(ports.fs, path);
      const byTarget = Object.values(accounts).find((value) => readAccount(value)?.fullDomain === target);
      const value = byTarget ?? (Object.hasOwn(accounts, domain) ? accounts[domain] : undefined);
      return value === undefined ? undefined : accountOf(value, domain, path);
    },
    put: (domain, account) =>
      oneWriter.run(async (): Promise<'missing'> => {
        // Read again: there may be other accounts in the meantime.
        const accounts = { ...(await readAll(ports.fs, path)), [domain]: accountJson(account) };
        await writeAll(ports, path, utf8(JSON.stringify(accounts)));
        return 'missing';
      }),
  };
}

async function readAll(fs: FileSystem, path: string): Promise<Readonly<Record<string, unknown>>> {
  const data = await readIfExists(fs, path);
  if (data === undefined || data.length === 0) return {};
  const parsed = parseObject(fromUtf8(data));
  if (parsed !== undefined) return parsed;
  throw new EversealError('corrupt', `acme-dns: the account file ${printable(path)} is no JSON object`, {
    next: 'Restore it from a backup: the passwords of the accounts are nowhere else. Or move it away, and make new CNAME records.',
  });
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? Object.fromEntries(Object.entries(value)) : undefined;
  } catch {
    return undefined;
  }
}

function accountOf(value: unknown, domain: string, path: string): AcmeDnsAccount {
  const account = readAccount(value);
  if (account !== undefined) return account;
  throw new EversealError('corrupt', `acme-dns: the account of ${domain} in ${printable(path)} is not complete`, {
    next: 'It needs fulldomain, subdomain, username and password. Restore it, or remove it so that a new one is registered.',
  });
}

/** A file mounted into a container cannot be renamed onto: it is written in place. */
async function writeAll(ports: Pick<Ports, 'fs' | 'random'>, path: string, data: Uint8Array): Promise<void> {
  const target = await behindLinks(ports.fs, path);
  await ports.fs.createFolder(folderOf(target), 0o700);
  try {
    await replaceFile(ports, target, data, 0o600);
  } catch (error) {
    if (!hasCode(error, 'busy', 'cross-device')) throw error;
    await ports.fs.write(target, data, { mode: 0o600 });
    await ports.fs.sync(target);
  }
}

async function behindLinks(fs: FileSystem, path: string): Promise<string> {
  let at = path;
  for (let links = 0; links < mostLinks; links += 1) {
    if ((await fs.lstat(at))?.kind !== 'link') return at;
    const target = await fs.readLink(at);
    at = target.startsWith('/') ? target : `${folderOf(at)}/${target}`;
  }
  throw new EversealError('io', `acme-dns: the links of ${printable(path)} go in a circle`);
}
