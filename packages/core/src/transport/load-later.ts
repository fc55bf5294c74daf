import { fileURLToPath } from 'node:url';
import { readFileSync } from '../base/natives.js';
import { compileFunction } from '../base/parent-natives.js';
import { bundleFile,type BundleName } from './bundle-file.js';

/**
 * Runs the second file of the program, and returns what it exports. scripts/bundle-later.mjs writes the calls of it. The program may
 * have replaced functions that `require()` needs, since that file comes late. So it is read and compiled with Node's own functions.
 * @throws if it is missing or cannot be read
 */
export function loadLater(name: BundleName): unknown {
  const filename = fileURLToPath(bundleFile(name));
  const run = compileFunction(readFileSync(filename, 'utf8'), ['module'], { filename }) as (module: object) => void;
  const module: { exports?: unknown } = {};
  run(module);
  return module.exports;
}
