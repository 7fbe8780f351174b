/** Putting staged files into their places, after the note that says so. Each step may be repeated. */
import { folderOf, hasCode, messageOf, readIfExists } from '../core/index.ts';
import type { Manifest, ManifestFile } from './commit-manifest.ts';
import type { CommitPlace, CommitPorts } from './staged-set.ts';

/**
 * Installs all files, syncs their folders, and removes the note.
 *
 * A new commit of which nothing could be installed is taken back. One of which something was stays decided: readers see
 * the new set through its note, and the rest is left to the next recovery.
 *
 * @throws EversealError those of the disk: when a new commit was taken back, or an old one could not be finished
 */
export async function installAll(
  ports: CommitPorts,
  place: CommitPlace,
  manifest: Manifest,
  age: 'new' | 'old',
): Promise<void> {
  let installed = 0;
  try {
    for (const file of manifest.files) {
      await install(ports, file);
      installed += 1;
    }
    for (const folder of new Set(manifest.files.map(({ target }) => folderOf(target)))) await ports.fs.sync(folder);
    await removeNote(ports, place, manifest);
  } catch (error) {
    if (age === 'old') throw error;
    if (installed === 0) await takeBack(ports, place, manifest, error);
    ports.log.warn(`The commit of ${place.name} is decided, but not all files are in their places yet`, {
      error: messageOf(error),
    });
  }
}

/** @throws `cause`, unless the note stays: the commit is decided after all then */
async function takeBack(ports: CommitPorts, place: CommitPlace, manifest: Manifest, cause: unknown): Promise<void> {
  await removeNote(ports, place, manifest).catch(() => undefined);
  const stays = await readIfExists(ports.fs, place.manifest).catch(() => undefined);
  if (stays === undefined) throw cause;
}

async function install(ports: CommitPorts, file: ManifestFile): Promise<void> {
  try {
    await ports.fs.rename(file.staged, file.target);
  } catch (error) {
    if (hasCode(error, 'cross-device', 'busy')) return writeInPlace(ports, file);
    // Done before the crash, or by whoever recovered.
    if (hasCode(error, 'file-not-found') && (await ports.fs.stat(file.staged)) === undefined) return;
    throw error;
  }
}

/**
 * For a target that cannot be renamed onto, such as a file mounted into a container. A crash in between is repaired from
 * the staged file; a failure (a full disk) brings the old content back.
 */
async function writeInPlace({ fs }: CommitPorts, { staged, target }: ManifestFile): Promise<void> {
  const old = await readIfExists(fs, target);
  const data = await fs.read(staged);
  try {
    await fs.write(target, data, { mode: 0o600 });
    await fs.sync(target);
  } catch (error) {
    if (old !== undefined) await fs.write(target, old, { mode: 0o600 }).catch(() => undefined);
    throw error;
  }
  await fs.remove(staged);
}

/** Only the commit's own: whoever recovered it may have begun one of his own. */
async function removeNote({ fs }: CommitPorts, { manifest, form }: CommitPlace, { id }: Manifest): Promise<void> {
  const current = await readIfExists(fs, manifest);
  if (current === undefined || form.decode(current, manifest).id !== id) return;
  await fs.remove(manifest);
  await fs.sync(folderOf(manifest));
}
