import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ownPlaces, ownUrl, requireFrom, requireInstalled } from '../base/own-file.js';
import { isThere } from '../base/read-file.js';

/** Files that workers start with, and the second file of the program. */
export type BundleName = 'process-entry.cjs' | 'thread-entry.cjs' | 'inline-host.cjs' | 'policies.cjs';

/**
 * The URL of a file that a worker starts with. Each contains all its modules: loading them one by one takes 10 ms, a third of
 * Node's own start.
 * @throws if the file was not built, or a program that bundles this code cannot find it
 */
export function bundleFile(name: BundleName): URL {
  const own = ownUrl();
  const found = besideUs(name, own) ?? besideProgram(name) ?? installedFile(name);
  if (found === undefined) {
    // webpack writes down the place of this code at build time. Then the running program gives the place.
    const program = isThere(fileURLToPath(own)) ? own : (ownPlaces()[1] ?? own);
    throw bundleMissing(name, program);
  }
  return found;
}

/**
 * Loads such a file into this thread. It is required, not imported: some bundlers and test runners load this file without an
 * import() of unknown files.
 * @throws if it is missing
 */
export function loadFile(name: BundleName): unknown {
  const url = bundleFile(name);
  return requireFrom(url)(fileURLToPath(url));
}

/** Matches the place of this code while it is in no bundle but our own. */
const IS_OURS = /\/(src|dist)\/transport\/[^/]+$|\/dist\/bundle\/index\.c?js$/;
/** Folder for copies of these files, beside a program that bundles this code. */
const COPIES = 'millpond-core';

/**
 * Where programs load this file, or in dist/ above dist/transport/, where tsc puts it. Comes first, since it serves most programs.
 */
function besideUs(name: BundleName, own: string): URL | undefined {
  if (!IS_OURS.test(own)) return undefined;
  return firstThere([`./${name}`, `../bundle/${name}`], own);
}

/** Among the copies beside a program that bundles this code. */
function besideProgram(name: BundleName): URL | undefined {
  for (const place of ownPlaces()) {
    const found = firstThere([`./${COPIES}/${name}`], place);
    if (found !== undefined) return found;
  }
  return undefined;
}

function firstThere(paths: readonly string[], base: string): URL | undefined {
  for (const path of paths) {
    const url = new URL(path, base);
    if (isThere(url)) return url;
  }
  return undefined;
}

/** The file in the installed package beside the program that bundles this code. */
function installedFile(name: BundleName): URL | undefined {
  try {
    const manifest = requireInstalled((require) => require.resolve('@millpond/core/package.json')) as string;
    const path = join(dirname(manifest), 'dist/bundle', name);
    return isThere(path) ? pathToFileURL(path) : undefined;
  } catch {
    // Not installed there: the caller reports it.
    return undefined;
  }
}

/** The error for such a file that code at `own` cannot find. */
export function bundleMissing(name: BundleName, own: string): Error {
  if (IS_OURS.test(own)) {
    const path = fileURLToPath(new URL(`../bundle/${name}`, own));
    return new Error(`${path} is missing. In a checkout, run \`npm run build\`; else install @millpond/core again.`);
  }
  return new Error(
    `The program ${fileURLToPath(own)} has @millpond/core bundled into it, and ${name}, a file of that package, is ` +
      'not there. Leave the package out of the bundle, and install it beside the program: esbuild ' +
      "--external:@millpond/core; rolldown and rollup external: ['@millpond/core']; vite ssr: { external: " +
      "['@millpond/core'] }; webpack externals: { '@millpond/core': 'module @millpond/core' }, or 'commonjs …'. Or copy " +
      `its folder dist/bundle/ to ${COPIES}/ beside the program.`,
  );
}
