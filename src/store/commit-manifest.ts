/** The note that a set of staged files is to be installed: from its writing on, the set is the current one. */
import * as v from 'valibot';
import { EversealError, folderOf, fromUtf8, utf8 } from '../core/index.ts';

const format = 1;

export interface ManifestFile {
  /** The name that readers ask for. */
  readonly path: string;
  /** The file that it leads to when it is a link; else the same. */
  readonly target: string;
  /** Where the new content lies until it is installed. */
  readonly staged: string;
}

export interface Manifest {
  readonly id: string;
  readonly name: string;
  /** In the order in which they are installed. */
  readonly files: readonly ManifestFile[];
}

const schema = v.object({
  format: v.number(),
  id: v.string(),
  name: v.string(),
  files: v.array(v.object({ path: v.string(), target: v.string(), staged: v.string() })),
});

/** Paths in the tree are written relative to it, so that it may be mounted elsewhere when the commit is finished. */
export class ManifestForm {
  readonly #root: string;

  /** @param stateFolder lies directly in the tree's root */
  constructor(stateFolder: string) {
    this.#root = folderOf(stateFolder);
  }

  encode(manifest: Manifest): Uint8Array {
    const files = manifest.files.map((file) => mapFile(file, (path) => this.#shorten(path)));
    return utf8(`${JSON.stringify({ format, ...manifest, files })}\n`);
  }

  /** @throws EversealError `corrupt`, `newer-format` */
  decode(data: Uint8Array, path: string): Manifest {
    const { format: found, ...manifest } = parse(fromUtf8(data), path);
    if (found > format) {
      throw new EversealError('newer-format', `${path} was written by a later version`, {
        next: 'Finish the commit with that version, or update this one.',
      });
    }
    return { ...manifest, files: manifest.files.map((file) => mapFile(file, (short) => this.#expand(short))) };
  }

  #shorten(path: string): string {
    return path.startsWith(`${this.#root}/`) ? `./${path.slice(this.#root.length + 1)}` : path;
  }

  #expand(path: string): string {
    return path.startsWith('./') ? `${this.#root}/${path.slice(2)}` : path;
  }
}

function mapFile(file: ManifestFile, map: (path: string) => string): ManifestFile {
  return { path: map(file.path), target: map(file.target), staged: map(file.staged) };
}

function parse(text: string, path: string): v.InferOutput<typeof schema> {
  try {
    return v.parse(schema, JSON.parse(text));
  } catch (cause) {
    throw new EversealError('corrupt', `${path} cannot be understood`, {
      next: 'Move the file away; certificate and key on disk may then be of different issues: force a renewal.',
      cause,
    });
  }
}
