// Texts to work on: files of packages that the lockfile fixes, so that every machine has the same.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MODULES = fileURLToPath(new URL('../../../node_modules/', import.meta.url));

/**
 * The first `count` different files in the order of their paths; from the beginning again where there are fewer.
 * @param folders below node_modules; '' for all of it @param isMeant by the name of the file
 * @param bytes `[least, most]`
 */
export function textsOf({ folders, isMeant, bytes: [least, most], count }) {
  const texts = new Set();
  for (const folder of folders) {
    for (const file of filesBelow(join(MODULES, folder), isMeant)) {
      const { size } = statSync(file);
      if (texts.size < count && size >= least && size <= most) texts.add(readFileSync(file, 'utf8'));
      if (texts.size === count) break;
    }
  }
  const different = [...texts];
  return Array.from({ length: count }, (_, i) => different[i % different.length]);
}

/** The project's own packages are links there. They change from day to day and are left out. */
function* filesBelow(folder, isMeant) {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path, isMeant);
    else if (entry.isFile() && isMeant(entry.name)) yield path;
  }
}
