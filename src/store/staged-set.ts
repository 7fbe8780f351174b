import {
  createFile,
  type DurableDisk,
  EversealError,
  type FileStat,
  folderOf,
  hasCode,
  messageOf,
  type Ports,
  readIfExists,
  replaceFile,
  temporaryPath,
  toBase64Url,
} from '../core/index.ts';
import type { Manifest, ManifestFile, ManifestForm } from './commit-manifest.ts';
import { baseOf, fileNameOf } from './file-name.ts';
import { installAll } from './install.ts';
import { realTarget } from './real-target.ts';

export type CommitPorts = Pick<Ports, 'fs' | 'random' | 'log'>;

export interface NewFile {
  readonly path: string;
  readonly data: Uint8Array;
  /** Of a new file: one that is replaced keeps the mode that it was given. */
  readonly mode: number;
}

/** Where a commit's note lies, and how it is finished. */
export interface CommitPlace {
  readonly name: string;
  /** The folder of the notes; staged files go there too where there is no writing beside the target. */
  readonly folder: string;
  readonly manifest: string;
  readonly form: ManifestForm;
  /** Rolls another commit of this name forward. */
  readonly finishOther: () => Promise<void>;
}

/**
 * Files that become current together. Made by `StagedCommits.begin`.
 *
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { nodePorts } from 'everseal/node';
 * import { StagedCommits, StateFolder } from 'everseal/store';
 * const tree = await mkdtemp(`${tmpdir()}/set-`);
 * const ports = nodePorts();
 * const set = await new StagedCommits(ports, new StateFolder(ports, `${tree}/.everseal`)).begin('pair');
 * await set.add({ path: `${tree}/a`, data: new TextEncoder().encode('1'), mode: 0o600 });
 * await set.discard(); // as if it had never been
 * ```
 */
export class StagedSet {
  readonly #ports: CommitPorts;
  readonly #place: CommitPlace;
  readonly #files: ManifestFile[] = [];

  constructor(ports: CommitPorts, place: CommitPlace) {
    this.#ports = ports;
    this.#place = place;
  }

  /**
   * Writes the new content beside its target and syncs it. Its folder must exist.
   *
   * @returns what `stat` will say of the file once it is installed by renaming
   */
  async add(file: NewFile): Promise<FileStat> {
    const target = await realTarget(this.#ports.fs, file.path);
    const mode = (await this.#ports.fs.stat(target))?.mode ?? file.mode;
    const staged = await this.#stage(target, file.data, mode);
    this.#files.push({ path: file.path, target, staged });
    const stat = await this.#ports.fs.stat(staged);
    if (stat === undefined) throw new EversealError('stale-lease', `${staged} was removed by another process`);
    return stat;
  }

  /**
   * Makes the set current. `guard` runs right before the one step that does, and may throw.
   *
   * When this resolves, every reader through `StagedCommits` sees the new set, also after a power cut. Should installing
   * fail half-way, the rest is done by the next `recover` or commit of the name, with a warning in the log.
   *
   * @throws EversealError those of the disk, `conflict` when another commit stands in the way; nothing changed then
   */
  async commit(guard: () => Promise<void>): Promise<void> {
    const manifest: Manifest = {
      id: toBase64Url(this.#ports.random.bytes(12)),
      name: this.#place.name,
      files: this.#files,
    };
    for (const folder of new Set(this.#files.map(({ staged }) => folderOf(staged)))) await this.#ports.fs.sync(folder);
    await guard();
    await this.#decide(manifest, guard);
    await installAll(this.#ports, this.#place, manifest, 'new');
  }

  /** Removes what was staged. For when the set is not to be. */
  async discard(): Promise<void> {
    for (const { staged } of this.#files) await this.#ports.fs.remove(staged).catch(() => undefined);
  }

  async #stage(target: string, data: Uint8Array, mode: number): Promise<string> {
    const beside = temporaryPath(target, this.#ports.random);
    try {
      await writeSynced(this.#ports, beside, data, mode);
      return beside;
    } catch (error) {
      await this.#ports.fs.remove(beside).catch(() => undefined);
      if (!hasCode(error, 'permission', 'read-only-disk')) throw error;
    }
    const { folder, name } = this.#place;
    const aside = temporaryPath(`${folder}/${fileNameOf(name)}.${baseOf(target)}`, this.#ports.random);
    await writeSynced(this.#ports, aside, data, mode);
    return aside;
  }

  /** Writes the note, unless there is one already. */
  async #decide(manifest: Manifest, guard: () => Promise<void>): Promise<void> {
    const data = this.#place.form.encode(manifest);
    try {
      if (await this.#create(manifest.id, data)) return;
      await this.#place.finishOther();
      await guard();
      if (await this.#create(manifest.id, data)) return;
    } catch (error) {
      await this.#undecide(manifest);
      throw error;
    }
    throw new EversealError('conflict', `Another process is writing ${this.#place.name}`, {
      next: 'Run the command again.',
    });
  }

  /** A note that is there although its writing failed (its folder could not be synced) must go. */
  async #undecide({ id }: Manifest): Promise<void> {
    const { fs, log } = this.#ports;
    const { manifest, name } = this.#place;
    try {
      if ((await this.#noteId()) !== id) return;
      await fs.remove(manifest);
      await fs.sync(folderOf(manifest));
    } catch (error) {
      log.warn(`The commit of ${name} could not be taken back`, { error: messageOf(error) });
    }
  }

  async #create(id: string, data: Uint8Array): Promise<boolean> {
    const { manifest } = this.#place;
    try {
      return await createFile(this.#ports, manifest, data, 0o600);
    } catch (error) {
      const present = hasCode(error, 'permission', 'io', 'unsupported') ? await this.#noteId() : id;
      if (present === id) throw error;
      if (present !== undefined) return false;
    }
    // Some disks (FAT, shares) know no second names: a look and a rename, with a moment between them.
    await replaceFile(this.#ports, manifest, data, 0o600);
    return true;
  }

  /** Whose note is there. */
  async #noteId(): Promise<string | undefined> {
    const { manifest, form } = this.#place;
    const data = await readIfExists(this.#ports.fs, manifest);
    return data && form.decode(data, manifest).id;
  }
}

async function writeSynced({ fs }: DurableDisk, path: string, data: Uint8Array, mode: number): Promise<void> {
  await fs.write(path, data, { mode, exclusive: true });
  await fs.sync(path);
}
