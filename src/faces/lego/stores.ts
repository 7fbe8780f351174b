import type { Ports } from '../../core/index.ts';
import type { Stores } from '../../engine/index.ts';
import { FileJournal, FileLocks, FileState, Sidecar, StagedCommits, StateFolder } from '../../store/index.ts';
import { LegoAccountStore } from './account-store.ts';
import type { LegoOrigin } from './certificate-file.ts';
import { LegoCertificateStore } from './certificate-store.ts';
import { LegoLayout } from './layout.ts';
import type { OpenKeyPolicy } from './stored-key.ts';

export interface LegoStoresOptions {
  /** The tree, as with lego's `--path`. Made when something is first written. */
  readonly path: string;
  /** Who the entries are from, for lego's archiving. Default `command`. */
  readonly origin?: LegoOrigin;
  /** Write certificate and key into one `.pem` file as well. */
  readonly pem?: boolean;
  /** What becomes of a private key that every user of the machine can read. Default: a warning in the log. */
  readonly openKeys?: OpenKeyPolicy;
  /** How long a lock lasts without renewal, in milliseconds. Default one minute. */
  readonly leaseMs?: number;
}

/**
 * All stores over a tree that lego v5 made or can go on with. Journal, locks, state and sidecar are in `.everseal` below it.
 * Nothing is read or written before a store is used; a key that everybody can read is warned of in the log.
 *
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { legoStores, nodePorts } from 'everseal';
 * const stores = legoStores(nodePorts(), { path: await mkdtemp(`${tmpdir()}/lego-`) });
 * console.log(await stores.certificates.list()); // []
 * ```
 */
export function legoStores(
  ports: Pick<Ports, 'fs' | 'random' | 'clock' | 'host' | 'log'>,
  options: LegoStoresOptions,
): Stores {
  const { origin, pem, leaseMs, openKeys } = options;
  const layout = new LegoLayout(options.path);
  const folder = new StateFolder(ports, layout.stateFolder);
  const commits = new StagedCommits(ports, folder);
  const locks = new FileLocks(ports, folder, { leaseMs });
  return {
    locks,
    journal: new FileJournal(ports, folder),
    state: new FileState(ports, folder),
    certificates: new LegoCertificateStore({
      ports,
      layout,
      commits,
      sidecar: new Sidecar(ports, folder),
      locks,
      origin,
      pem,
      openKeys,
    }),
    accounts: new LegoAccountStore({ ports, layout, commits, locks, origin, openKeys }),
  };
}
