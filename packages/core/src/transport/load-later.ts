import { fileURLToPath } from 'node:url';
import { readFileSync } from '../base/natives.js';
import { compileFunction } from '../base/parent-natives.js';
import { bundleFile, type BundleName } from './bundle-file.js';

/**
 * Runs the second file of the program, and returns what it exports. scripts/bundle-later.mjs writes the calls of it. The program may
 * have replaced functions that `require()` needs, since that file comes late. So it is read and compiled with Node's own functions.
 * @param shared what it takes from the first file, by module
 * @throws if it is missing or cannot be read
 */
export function loadLater(name: BundleName, shared: object): unknown {
  const filename = fileURLToPath(bundleFile(name));
  const run = compileFunction(readFileSync(filename, 'utf8'), ['shared', 'exports'], { filename }) as Run;
  const exports = {};
  run(shared, exports);
  return exports;
}

type Run = (shared: object, exports: object) => void;
