// Lists the files to compress, in the order of their tasks.
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const SOURCE = /\.(js|mjs|cjs|d\.ts)$/;

/**
 * Every source file under a folder as `{ path, relative, bytes }`, the largest first. A large file at the end would keep one
 * worker busy while the others are idle. Small files at the end fill the gaps.
 *
 * Symbolic links are not followed: in a workspace they lead out of node_modules, to linked packages. The same files always give the same list: by size, and by path where sizes are equal.
 * @param limit only this many files, the first by path
 * @throws the error of the file system when the folder, or one inside, cannot be read
 */
export function listSources(root, limit = Infinity) {
  const files = [...walk(root, '')].sort(byPath).slice(0, limit);
  return files.sort((a, b) => b.bytes - a.bytes || byPath(a, b));
}

/** Synchronous on purpose: nothing else waits meanwhile, and some thousand lookups are several times faster this way. */
function* walk(root, folder) {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const relative = folder === '' ? entry.name : `${folder}/${entry.name}`;
    const path = join(root, relative);
    if (entry.isDirectory()) yield* walk(root, relative);
    else if (entry.isFile() && SOURCE.test(entry.name)) yield { path, relative, bytes: lstatSync(path).size };
  }
}

/** By UTF-16 code units, which is the same in every locale. */
function byPath(a, b) {
  return a.relative < b.relative ? -1 : Number(a.relative > b.relative);
}
