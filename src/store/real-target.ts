import { EversealError, type FileSystem, folderOf } from '../core/index.ts';

const longestChain = 16;

/**
 * The file behind a path that may be a link: renaming onto the link would replace the link.
 *
 * @throws EversealError `io` for links that lead in a circle
 *
 * @example
 * ```ts
 * import { mkdtemp, symlink } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { nodePorts } from 'everseal/node';
 * import { realTarget } from 'everseal/store';
 * const folder = await mkdtemp(`${tmpdir()}/link-`);
 * await symlink('v2.crt', `${folder}/site.crt`);
 * console.log(await realTarget(nodePorts().fs, `${folder}/site.crt`)); // …/v2.crt
 * ```
 */
export async function realTarget(fs: FileSystem, path: string): Promise<string> {
  let current = path;
  for (let step = 0; step < longestChain; step += 1) {
    if ((await fs.lstat(current))?.kind !== 'link') return current;
    const target = await fs.readLink(current);
    current = isAbsolute(target) ? target : `${folderOf(current)}/${target}`;
  }
  throw new EversealError('io', `${path} is a link that leads in a circle`, { next: 'Replace it by a file.' });
}

function isAbsolute(path: string): boolean {
  return /^(?:[/\\]|[A-Za-z]:[/\\])/.test(path);
}
