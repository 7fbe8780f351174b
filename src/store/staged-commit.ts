import {
  EversealError,
  type FileStat,
  folderOf,
  hasCode,
  isTemporaryName,
  listIfExists,
  readIfExists,
} from '../core/index.ts';
import { type Manifest, ManifestForm } from './commit-manifest.ts';
import { baseOf, fileNameOf } from './file-name.ts';
import { installAll } from './install.ts';
import { realTarget } from './real-target.ts';
import { type CommitPlace, type CommitPorts, StagedSet } from './staged-set.ts';
import type { StateFolder } from './state-folder.ts';

/** A file as a reader finds it: in its place, or still staged by a commit that is decided. */
export interface FileView {
  /** Where its content lies now. */
  readonly path: string;
  /** undefined: there is none. */
  readonly stat: FileStat | undefined;
}

export interface FileContent extends FileView {
  readonly data: Uint8Array | undefined;
}

/** What a commit goes through in such a time is more than any reader's patience needs. */
const attempts = 100;

/**
 * Sets of files that change together, on a disk that only knows how to rename one.
 *
 * The new files are staged beside their targets and synced; then a note (`commits/NAME.json`) is written durably, which
 * decides the commit; then they are renamed, their folders synced, and the note removed. A crash before the note leaves the
 * old set, after it the new one: `recover` rolls forward. Reading through this class sees the old set or the new one at
 * every instant; other programs can catch a few renames in the middle.
 *
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { nodePorts } from 'everseal/node';
 * import { StagedCommits, StateFolder } from 'everseal/store';
 * const tree = await mkdtemp(`${tmpdir()}/tree-`);
 * const ports = nodePorts();
 * const commits = new StagedCommits(ports, new StateFolder(ports, `${tree}/.everseal`));
 * const set = await commits.begin('pair');
 * await set.add({ path: `${tree}/a`, data: new TextEncoder().encode('1'), mode: 0o600 });
 * await set.add({ path: `${tree}/b`, data: new TextEncoder().encode('1'), mode: 0o600 });
 * await set.commit(async () => undefined);
 * ```
 */
export class StagedCommits {
  readonly #ports: CommitPorts;
  readonly #folder: StateFolder;
  readonly #form: ManifestForm;

  constructor(ports: CommitPorts, folder: StateFolder) {
    this.#ports = ports;
    this.#folder = folder;
    this.#form = new ManifestForm(folder.path);
  }

  /** @throws EversealError `newer-format`, those of the disk */
  async begin(name: string): Promise<StagedSet> {
    await this.#folder.writable('commits');
    return new StagedSet(this.#ports, this.#place(name));
  }

  /**
   * Rolls forward what a crash left of a commit of this name, and removes whatever else was staged for these paths: also
   * what a process that lost its lock is about to commit, which then commits nothing.
   */
  async recover(name: string, paths: readonly string[]): Promise<void> {
    await this.#folder.assertKnown();
    await this.#finish(name);
    for (const path of paths) {
      const target = await realTarget(this.#ports.fs, path);
      const base = baseOf(target);
      await this.#removeStaged(folderOf(target), `.${base}.`);
      await this.#removeStaged(this.#folder.below('commits'), `.${fileNameOf(name)}.${base}.`);
    }
    await this.#removeStaged(this.#folder.below('commits'), `.${fileNameOf(name)}.json.`);
  }

  /** Names whose commit is decided, but not all in its place. */
  async pending(): Promise<readonly string[]> {
    const folder = this.#folder.below('commits');
    const names: string[] = [];
    for (const file of await listIfExists(this.#ports.fs, folder)) {
      const data = isTemporaryName(file) ? undefined : await readIfExists(this.#ports.fs, `${folder}/${file}`);
      if (data !== undefined) names.push(this.#form.decode(data, `${folder}/${file}`).name);
    }
    return names;
  }

  /** Where the files are now. One look each: use `read` for what must belong together. */
  async view(name: string, paths: readonly string[]): Promise<readonly FileView[]> {
    return viewOf(this.#ports, await this.#manifest(name), paths);
  }

  /**
   * The contents of files that belong together: all of the old set or all of the new.
   *
   * @throws EversealError `busy` when they change faster than they can be read, those of the disk
   */
  async read(name: string, paths: readonly string[]): Promise<readonly FileContent[]> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const before = await this.#look(name, paths);
      const contents = await this.#contents(before.views);
      if (contents !== undefined && (await this.#look(name, paths)).mark === before.mark) return contents;
    }
    throw new EversealError('busy', `${paths[0] ?? name} changes all the time`, { next: 'Try again later.' });
  }

  async #contents(views: readonly FileView[]): Promise<readonly FileContent[] | undefined> {
    const contents: FileContent[] = [];
    for (const view of views) {
      const data = view.stat && (await readIfExists(this.#ports.fs, view.path));
      if (view.stat !== undefined && data === undefined) return undefined;
      contents.push({ ...view, data });
    }
    return contents;
  }

  /** What is there, and a text that changes with it. */
  async #look(name: string, paths: readonly string[]): Promise<{ views: readonly FileView[]; mark: string }> {
    const manifest = await this.#manifest(name);
    const views = await viewOf(this.#ports, manifest, paths);
    const marks = views.map(({ stat }) => stat && [stat.size, stat.modified, stat.inode]);
    return { views, mark: JSON.stringify([manifest?.id ?? null, marks]) };
  }

  async #finish(name: string): Promise<void> {
    const manifest = await this.#manifest(name);
    if (manifest !== undefined) await installAll(this.#ports, this.#place(name), manifest, 'old');
  }

  async #manifest(name: string): Promise<Manifest | undefined> {
    const path = this.#place(name).manifest;
    const data = await readIfExists(this.#ports.fs, path);
    return data && this.#form.decode(data, path);
  }

  async #removeStaged(folder: string, prefix: string): Promise<void> {
    for (const name of await listIfExists(this.#ports.fs, folder)) {
      const ours =
        name.startsWith(prefix) && isTemporaryName(name) && !name.slice(prefix.length, -'.tmp'.length).includes('.');
      if (ours) await this.#ports.fs.remove(`${folder}/${name}`);
    }
  }

  #place(name: string): CommitPlace {
    const folder = this.#folder.below('commits');
    const manifest = `${folder}/${fileNameOf(name)}.json`;
    return { name, folder, manifest, form: this.#form, finishOther: () => this.#finish(name) };
  }
}

async function viewOf(
  ports: CommitPorts,
  manifest: Manifest | undefined,
  paths: readonly string[],
): Promise<FileView[]> {
  const views: FileView[] = [];
  for (const path of paths) {
    const staged = manifest?.files.find((file) => file.path === path)?.staged;
    const stat = staged === undefined ? undefined : await statIfThere(ports, staged);
    views.push(
      staged !== undefined && stat !== undefined
        ? { path: staged, stat }
        : { path, stat: await statIfThere(ports, path) },
    );
  }
  return views;
}

async function statIfThere({ fs }: CommitPorts, path: string): Promise<FileStat | undefined> {
  try {
    return await fs.stat(path);
  } catch (error) {
    if (hasCode(error, 'file-not-found', 'not-a-folder')) return undefined;
    throw error;
  }
}
