import * as v from 'valibot';
import {
  createFile,
  type DurableDisk,
  EversealError,
  fromUtf8,
  hasCode,
  isTemporaryName,
  listIfExists,
  messageOf,
  printable,
  readIfExists,
  utf8,
} from '../core/index.ts';
import { ensureFolder } from './durable-folder.ts';

/** The version of everything below the folder. */
const format = 1;

const schema = v.object({ format: v.pipe(v.number(), v.integer(), v.minValue(1)) });

/**
 * The folder for what is ours alone: journal, locks, state, sidecar. It lies beside a peer's tree and carries a format
 * version, so that a later version can change everything below. Made at the first write; owner only.
 *
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { nodePorts } from 'everseal/node';
 * import { StateFolder } from 'everseal/store';
 * const folder = new StateFolder(nodePorts(), await mkdtemp(`${tmpdir()}/state-`));
 * console.log(await folder.writable('locks'), await folder.isNewer()); // …/locks false
 * ```
 */
export class StateFolder {
  readonly path: string;
  readonly #disk: DurableDisk;
  readonly #ready = new Map<string, Promise<void>>();
  #newer: Promise<boolean> | undefined;

  constructor(disk: DurableDisk, path: string) {
    this.#disk = disk;
    this.path = path;
  }

  /** The path of a folder below, which may not exist. */
  below(name: string): string {
    return `${this.path}/${name}`;
  }

  /** Whether a later version wrote it: what is below must not be believed then. Looked up once, for those who only read. */
  isNewer(): Promise<boolean> {
    this.#newer ??= this.#format().then((found) => (found ?? format) > format);
    return this.#newer;
  }

  /** @throws EversealError `newer-format` when a later version wrote it, `corrupt` when its version cannot be read */
  async assertKnown(): Promise<void> {
    const found = (await this.#format()) ?? format;
    if (found <= format) return;
    throw new EversealError(
      'newer-format',
      `${this.path} was written by a later version (format ${found}, known ${format})`,
      {
        next: 'Update this program. Until then it can only read.',
      },
    );
  }

  /**
   * The path of a folder below, ready to be written to.
   *
   * @throws EversealError as {@link assertKnown}, and those of the disk
   */
  async writable(name: string): Promise<string> {
    await this.#once('', () => this.#prepare());
    const path = this.below(name);
    await this.#once(name, () => ensureFolder(this.#disk.fs, path, 0o700));
    return path;
  }

  async #prepare(): Promise<void> {
    await this.assertKnown();
    await ensureFolder(this.#disk.fs, this.path, 0o700);
    if ((await this.#format()) === undefined) await this.#create();
    await this.#removeLeftovers();
    await this.assertKnown();
  }

  async #create(): Promise<void> {
    try {
      await createFile(this.#disk, this.#file, utf8(`${JSON.stringify({ format })}\n`), 0o600);
    } catch (error) {
      // Another process was quicker and took our temporary file for a leftover.
      if (!hasCode(error, 'file-not-found')) throw error;
    }
  }

  /** Of a crash while the format was written. */
  async #removeLeftovers(): Promise<void> {
    for (const name of await listIfExists(this.#disk.fs, this.path)) {
      if (isTemporaryName(name)) await this.#disk.fs.remove(`${this.path}/${name}`).catch(() => undefined);
    }
  }

  /** A failure is tried again at the next call. */
  #once(name: string, work: () => Promise<void>): Promise<void> {
    const known = this.#ready.get(name);
    if (known !== undefined) return known;
    const made = work().catch((error: unknown) => {
      this.#ready.delete(name);
      throw error;
    });
    this.#ready.set(name, made);
    return made;
  }

  get #file(): string {
    return `${this.path}/format.json`;
  }

  async #format(): Promise<number | undefined> {
    const content = await readIfExists(this.#disk.fs, this.#file);
    if (content === undefined) return undefined;
    try {
      return v.parse(schema, JSON.parse(fromUtf8(content))).format;
    } catch (cause) {
      throw new EversealError('corrupt', `${this.#file} cannot be understood: ${printable(messageOf(cause), 120)}`, {
        next: `If this version wrote the folder, put {"format":${format}} into that file.`,
        cause,
      });
    }
  }
}
