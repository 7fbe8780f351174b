import * as v from 'valibot';
import { type DurableDisk, fromUtf8, readIfExists, swapFile, utf8 } from '../core/index.ts';
import type { StateStore } from '../engine/index.ts';
import { fileNameOf } from './file-name.ts';
import type { StateFolder } from './state-folder.ts';

const schema = v.object({ key: v.string(), value: v.unknown() });

/**
 * State on disk: one small JSON file a key, replaced whole. The last `put` of several processes wins.
 *
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { nodePorts } from 'everseal/node';
 * import { FileState, StateFolder } from 'everseal/store';
 * const ports = nodePorts();
 * const state = new FileState(ports, new StateFolder(ports, await mkdtemp(`${tmpdir()}/state-`)));
 * await state.put('failures/example.com', { count: 1 });
 * console.log(await state.get('failures/example.com')); // { count: 1 }
 * ```
 */
export class FileState implements StateStore {
  readonly #disk: DurableDisk;
  readonly #folder: StateFolder;

  constructor(disk: DurableDisk, folder: StateFolder) {
    this.#disk = disk;
    this.#folder = folder;
  }

  async get(key: string): Promise<unknown> {
    try {
      if (await this.#folder.isNewer()) return undefined;
      const content = await readIfExists(this.#disk.fs, this.#path(key));
      if (content === undefined) return undefined;
      const stored = v.parse(schema, JSON.parse(fromUtf8(content)));
      return stored.key === key ? stored.value : undefined;
    } catch {
      // By contract: state that cannot be read is state that is not there.
      return undefined;
    }
  }

  async put(key: string, value: unknown): Promise<void> {
    await this.#folder.writable('state');
    await swapFile(this.#disk, this.#path(key), utf8(`${JSON.stringify({ key, value })}\n`), 0o600);
  }

  async delete(key: string): Promise<void> {
    const path = this.#path(key);
    if ((await this.#disk.fs.stat(path)) === undefined) return;
    await this.#folder.assertKnown();
    await this.#disk.fs.remove(path);
  }

  #path(key: string): string {
    return `${this.#folder.below('state')}/${fileNameOf(key)}.json`;
  }
}
