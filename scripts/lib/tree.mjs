// Where things are, and what they hold: shared by all scripts. Needs nothing but Node.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const cache = join(root, '.cache');

export function fromRoot(...parts) {
  return join(root, ...parts);
}

export function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** Every file under the path (or the path itself), sorted, with the root's relative slashed name. */
export function filesUnder(path) {
  if (!existsSync(path)) return [];
  const found = [];
  const visit = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const full = join(folder, entry.name);
      if (entry.isDirectory()) visit(full);
      if (entry.isFile()) found.push(full);
    }
  };
  visit(path);
  return found.sort();
}

/** One hash over names and contents. */
export function hashFiles(paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    hash.update(`${relative(root, path).split(sep).join('/')}\0`);
    hash.update(createHash('sha256').update(readFileSync(path)).digest());
  }
  return hash.digest('hex');
}

export function readIfExists(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
