/** http-01 (RFC 8555 §8.3) by files in the folder of a web server that runs already. */
import type { Identifier, Ports } from '../core/index.ts';
import { mapBatch } from './batch.ts';
import { matchesName } from './name-pattern.ts';
import type { ChallengeIntent, Receipt, Solver } from './solver.ts';
import { WebrootFolder } from './webroot-folder.ts';

export interface WebrootOptions {
  readonly ports: Pick<Ports, 'fs' | 'clock'>;
  readonly roots: readonly Webroot[];
  /** Milliseconds between writing and asking the CA to look: for servers that fetch the files from here. */
  readonly delayMs?: number;
}

export interface Webroot {
  /** What the web server serves at `/`. */
  readonly folder: string;
  /** Exact names or addresses, and `*.suffix` for every name below a suffix. Without: all names that no other root has. */
  readonly names?: readonly string[];
}

/**
 * A solver that puts http-01 answers into folders of web servers: files 0644 in folders 0755, removed afterwards, and the
 * folders with them that were made for it, once empty. A file of another's is never touched. An exact name goes before a
 * suffix, a longer suffix before a shorter one.
 *
 * @throws EversealError from `prepare`, naming root and names: `file-not-found`, `not-a-folder`, `permission` or what else
 *   the disk says
 *
 * @example
 * ```ts
 * import { mkdtemp, readdir } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { webrootSolver } from 'everseal/challenges';
 * import { nodePorts } from 'everseal/node';
 * const folder = await mkdtemp(`${tmpdir()}/webroot-`);
 * const solver = webrootSolver({ ports: nodePorts(), roots: [{ folder }] });
 * await solver.prepare(new AbortController().signal);
 * console.log(await readdir(folder)); // []
 * ```
 */
export function webrootSolver(options: WebrootOptions): Solver {
  return new WebrootSolver(options);
}

interface MappedRoot {
  readonly names: readonly string[] | undefined;
  readonly folder: WebrootFolder;
}

class WebrootSolver implements Solver {
  readonly type = 'http-01';
  readonly scope = 'order';
  readonly durable = true;
  readonly #options: WebrootOptions;
  readonly #roots: readonly MappedRoot[];
  #checked: Promise<unknown> | undefined;

  constructor(options: WebrootOptions) {
    this.#options = options;
    const titles = new Map<string, string>();
    const others = options.roots.length === 1 ? 'all names' : 'all other names';
    for (const { folder, names = [others] } of options.roots)
      titles.set(folder, [titles.get(folder) ?? [], names].flat().join(', '));
    const folders = new Map(
      [...titles].map(([path, title]) => [path, new WebrootFolder(options.ports.fs, path, title)]),
    );
    this.#roots = options.roots.flatMap(({ folder: path, names }) => {
      const folder = folders.get(path);
      return folder === undefined ? [] : [{ names, folder }];
    });
  }

  fits(identifier: Identifier, wildcard: boolean): boolean {
    return !wildcard && this.#folderOf(identifier) !== undefined;
  }

  async prepare(): Promise<void> {
    this.#checked ??= Promise.all(this.#roots.map(({ folder }) => folder.check()));
    try {
      await this.#checked;
    } catch (error) {
      this.#checked = undefined;
      throw error;
    }
  }

  present(batch: readonly ChallengeIntent[], signal: AbortSignal): Promise<readonly Receipt[]> {
    const put = async ({ identifier, token, keyAuthorization }: ChallengeIntent) => {
      const folders = await this.#folderOf(identifier)?.put(token, keyAuthorization);
      if (folders === undefined) throw new TypeError(`no webroot is for ${identifier.value}: see fits`);
      return { folders };
    };
    return mapBatch(batch, put, signal);
  }

  async wait(_batch: readonly ChallengeIntent[], signal: AbortSignal): Promise<void> {
    const { ports, delayMs = 0 } = this.#options;
    if (delayMs > 0) await ports.clock.sleep(delayMs, signal);
  }

  async cleanup(
    batch: readonly { readonly intent: ChallengeIntent; readonly receipt?: Receipt | undefined }[],
  ): Promise<void> {
    const made = new Map<WebrootFolder, number>();
    await mapBatch(batch, async ({ intent, receipt }) => {
      const folder = this.#folderOf(intent.identifier);
      if (folder === undefined) return;
      made.set(folder, Math.max(made.get(folder) ?? 0, Number(receipt?.folders ?? 0)));
      await folder.delete(intent.token, intent.keyAuthorization);
    });
    await Promise.all([...made].map(([folder, folders]) => folder.prune(folders)));
  }

  async close(): Promise<void> {}

  #folderOf(identifier: Identifier): WebrootFolder | undefined {
    const matches = this.#roots.flatMap(({ names, folder }) => {
      const fitting = (names ?? []).filter((name) => matchesName(name, identifier, false));
      return fitting.map((name) => ({ rank: name.startsWith('*.') ? name.length : Number.POSITIVE_INFINITY, folder }));
    });
    const best = Math.max(...matches.map(({ rank }) => rank));
    const special = matches.find(({ rank }) => rank === best);
    return special?.folder ?? this.#roots.find(({ names }) => names === undefined)?.folder;
  }
}
