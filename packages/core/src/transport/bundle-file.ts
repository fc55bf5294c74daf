import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ownPlaces, ownUrl, requireInstalled } from '../base/own-file.js';
import { isThere } from '../base/read-file.js';

/** What workers start with. Each is one file with all it needs. */
export type BundleName = 'process-entry.cjs' | 'thread-entry.cjs' | 'inline-host.cjs';

/**
 * The URL of a file that a worker starts with. Each is one file with all it needs: loading its modules one by one takes
 * 10 ms, a third of the time in which Node itself starts.
 * @throws when it was not built, or cannot be found from a program that a bundler has put this code into
 */
export function bundleFile(name: BundleName): URL {
  const own = ownUrl();
  // Beside this file, where programs load it; or from dist/transport/, where tsc puts this file.
  const candidates = IS_OURS.test(own) ? [new URL(`./${name}`, own), new URL(`../bundle/${name}`, own)] : [];
  candidates.push(...ownPlaces().map((place) => new URL(`./${COPIES}/${name}`, place)));
  const found = candidates.find((url) => isThere(url)) ?? installedFile(name);
  if (found === undefined) {
    // webpack writes down where this code was when it built: then the program is what runs.
    const program = isThere(fileURLToPath(own)) ? own : (ownPlaces()[1] ?? own);
    throw bundleMissing(name, program);
  }
  return found;
}

/** Where this code is while it is in no bundle but our own. */
const IS_OURS = /\/(src|dist)\/transport\/[^/]+$|\/dist\/bundle\/index\.c?js$/;
/** Beside a program that has this code bundled into it: a folder for copies of these files. */
const COPIES = 'millpond-core';

/** The file of the package as it is installed beside the program that this code was bundled into. */
function installedFile(name: BundleName): URL | undefined {
  try {
    const manifest = requireInstalled((require) => require.resolve('@millpond/core/package.json')) as string;
    const path = join(dirname(manifest), 'dist/bundle', name);
    return isThere(path) ? pathToFileURL(path) : undefined;
  } catch {
    // Not installed there: the caller says what that means.
    return undefined;
  }
}

/** What to say where such a file is not to be found from code at `own`. */
export function bundleMissing(name: BundleName, own: string): Error {
  if (IS_OURS.test(own)) {
    const path = fileURLToPath(new URL(`../bundle/${name}`, own));
    return new Error(`${path} is missing. In a checkout, run \`npm run build\`; else install @millpond/core again.`);
  }
  return new Error(
    `The program ${fileURLToPath(own)} has @millpond/core bundled into it, and ${name}, which its workers start with, is ` +
      'not there. Leave the package out of the bundle, and install it beside the program: esbuild ' +
      "--external:@millpond/core; rolldown and rollup external: ['@millpond/core']; vite ssr: { external: " +
      "['@millpond/core'] }; webpack externals: { '@millpond/core': 'module @millpond/core' }, or 'commonjs …'. Or copy " +
      `its folder dist/bundle/ to ${COPIES}/ beside the program.`,
  );
}
