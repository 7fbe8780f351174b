import {
  EversealError,
  type FileSystem,
  hasCode,
  isChallengeToken,
  messageOf,
  Semaphore,
  utf8,
} from '../core/index.ts';

const folderMode = 0o755;
const fileMode = 0o644;
const probeName = '.everseal-write-test';
/** How often an answer is written again when another process removed the empty folder in between. */
const attempts = 5;

/** What a web server serves at `/`, with the challenge answers below it. Only files and folders of our own are ever removed. */
export class WebrootFolder {
  readonly #fs: FileSystem;
  readonly #root: string;
  /** For messages: the folder and the names it is for. */
  readonly #title: string;
  /** From the root down. */
  readonly #folders: readonly [string, string];
  readonly #made = new Set<string>();
  /** Folders are made and removed by one order at a time, so that it stays known who made them. */
  readonly #oneAtATime = new Semaphore(1);

  /** @param names what it is for, in words */
  constructor(fs: FileSystem, folder: string, names: string) {
    this.#fs = fs;
    this.#root = folder.replace(/(?<=.)[/\\]+$/, '');
    this.#title = `The webroot ${folder} (for ${names})`;
    const base = this.#root === '/' ? '' : this.#root;
    this.#folders = [`${base}/.well-known`, `${base}/.well-known/acme-challenge`];
  }

  /**
   * Writes and removes a file where the answers will be, or as near to it as there is a folder: nothing else tells whether
   * this user may write there.
   *
   * @throws EversealError `file-not-found`, `not-a-folder`, `permission`, `read-only-disk` or another code of the disk
   */
  async check(): Promise<void> {
    let deepest = this.#root;
    if (!(await this.#isFolder(deepest))) throw this.#missing();
    for (const folder of this.#folders) {
      if (!(await this.#isFolder(folder))) break;
      deepest = folder;
    }
    await this.#probe(deepest);
  }

  /**
   * Makes the answer readable by the web server.
   *
   * @returns how many of the two folders had to be made
   * @throws EversealError `file-exists` when a file of that name is not ours; those of {@link check}
   */
  async put(token: string, keyAuthorization: string): Promise<number> {
    const path = this.#pathOf(token);
    for (let attempt = 1; ; attempt += 1) {
      const made = await this.#oneAtATime.run(() => this.#makeFolders());
      try {
        await this.#create(path, keyAuthorization);
        return made;
      } catch (error) {
        if (!hasCode(error, 'file-not-found') || attempt >= attempts) throw this.#explained(error);
      }
    }
  }

  /** Removes the answer when it is ours. Fine when it is gone, or never was. */
  async delete(token: string, keyAuthorization: string): Promise<void> {
    if (!isChallengeToken(token)) return; // then it was never written either
    const path = this.#pathOf(token);
    if ((await this.#ownerOf(path, keyAuthorization)) === 'we') await this.#fs.remove(path);
  }

  /** Removes the folders that this process made, and `made` of them in the life of another, as far as they are empty. */
  prune(made: number): Promise<void> {
    for (const folder of this.#folders.slice(this.#folders.length - made)) this.#made.add(folder);
    return this.#oneAtATime.run(async () => {
      for (const folder of this.#folders.filter((one) => this.#made.has(one)).reverse()) {
        if (!(await this.#removeIfEmpty(folder))) return;
        this.#made.delete(folder);
      }
    });
  }

  async #removeIfEmpty(folder: string): Promise<boolean> {
    try {
      await this.#fs.removeFolder(folder);
    } catch (error) {
      if (hasCode(error, 'folder-not-empty')) return false;
      if (!hasCode(error, 'file-not-found')) throw error;
    }
    return true;
  }

  #pathOf(token: string): string {
    if (isChallengeToken(token)) return `${this.#folders[1]}/${token}`;
    throw new EversealError(
      'bad-reply',
      'The challenge token holds more than letters of base64url: it is no file name',
    );
  }

  async #makeFolders(): Promise<number> {
    if (!(await this.#isFolder(this.#root))) throw this.#missing();
    let made = 0;
    for (const folder of this.#folders) {
      if (await this.#isFolder(folder)) continue;
      await this.#fs.createFolder(folder, folderMode).catch((error: unknown) => {
        throw this.#explained(error);
      });
      this.#made.add(folder);
      made += 1;
    }
    return made;
  }

  async #create(path: string, keyAuthorization: string): Promise<void> {
    const data = utf8(keyAuthorization);
    try {
      await this.#fs.write(path, data, { mode: fileMode, exclusive: true });
    } catch (error) {
      if (!hasCode(error, 'file-exists')) throw error;
      if ((await this.#ownerOf(path, keyAuthorization)) === 'another') throw occupied(path, error);
      await this.#fs.remove(path);
      await this.#fs.write(path, data, { mode: fileMode, exclusive: true });
    }
    await this.#fs.sync(path);
  }

  /** A file with the beginning of the answer is ours as well: what a power cut left of it. */
  async #ownerOf(path: string, keyAuthorization: string): Promise<'we' | 'another' | 'nobody'> {
    const found = await this.#fs.lstat(path);
    if (found === undefined) return 'nobody';
    if (found.kind !== 'file' || found.size > keyAuthorization.length) return 'another';
    const text = Buffer.from(await this.#fs.read(path)).toString('latin1');
    return keyAuthorization.startsWith(text) ? 'we' : 'another';
  }

  async #probe(folder: string): Promise<void> {
    const path = `${folder}/${probeName}`;
    try {
      await this.#fs.write(path, new Uint8Array(0), { mode: fileMode, exclusive: true }).catch((error: unknown) => {
        if (!hasCode(error, 'file-exists')) throw error; // left by a crash, or in use by another process: removing it tells as much
      });
      await this.#fs.remove(path);
    } catch (error) {
      throw this.#explained(error);
    }
  }

  /** @throws EversealError `not-a-folder` when there is something else of that name */
  async #isFolder(path: string): Promise<boolean> {
    try {
      const found = await this.#fs.stat(path);
      if (found === undefined || found.kind === 'folder') return found !== undefined;
    } catch (error) {
      throw this.#explained(error);
    }
    throw new EversealError('not-a-folder', `${this.#title} cannot hold challenge answers: ${path} is not a folder`, {
      next: 'Give the folder that the web server serves at /, and move away what stands in the way.',
    });
  }

  #missing(): EversealError {
    return new EversealError('file-not-found', `${this.#title} does not exist`, {
      next: 'Create it, or give the folder that the web server serves at /.',
    });
  }

  #explained(error: unknown): unknown {
    if (hasCode(error, 'file-exists', 'not-a-folder')) return error;
    const cannot = `${this.#title} cannot be written to: ${messageOf(error)}`;
    if (hasCode(error, 'permission')) {
      return new EversealError('permission', cannot, {
        next: `Let this user write to ${this.#folders[1]}, or run as one who may.`,
        cause: error,
      });
    }
    if (!(error instanceof EversealError)) return error;
    return new EversealError(error.code, cannot, {
      ...(error.next !== undefined && { next: error.next }),
      cause: error,
    });
  }
}

function occupied(path: string, cause: unknown): EversealError {
  return new EversealError('file-exists', `${path} exists already and is not an answer of this challenge`, {
    next: 'Move it away: the challenge needs a file of that very name.',
    cause,
  });
}
