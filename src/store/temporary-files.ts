import { isTemporaryName, type Ports } from '../core/index.ts';

/** Nothing of ours takes so long to write a file. */
const staleMs = 24 * 60 * 60_000;

/** Removes temporary files that a crash left behind in a folder in which several processes may be writing right now. */
export async function removeStaleTemporaries(
  ports: Pick<Ports, 'fs' | 'clock'>,
  folder: string,
  names: readonly string[],
): Promise<void> {
  const latest = ports.clock.now().getTime() - staleMs;
  for (const name of names.filter(isTemporaryName)) {
    const stat = await ports.fs.lstat(`${folder}/${name}`);
    // A disk that cannot be written to is no reason not to read the rest.
    if (stat !== undefined && stat.modified < latest) await ports.fs.remove(`${folder}/${name}`).catch(() => undefined);
  }
}
