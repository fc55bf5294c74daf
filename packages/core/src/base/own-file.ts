import Module from 'node:module';
import { pathToFileURL } from 'node:url';
import { process } from './natives.js';

/** Empty in ES modules. */
declare const __filename: string | undefined;

/** URL of the file that this code is in: a file of this package, or a program that bundles it. */
export function ownUrl(): string {
  // Bundlers that make CommonJS leave it empty.
  const url = import.meta.url as string | undefined;
  if (url !== undefined && url !== '') return url;
  return pathToFileURL(typeof __filename === 'string' ? __filename : process.execPath).href;
}

/** Same as createRequire(), under a name that bundlers do not know: they would resolve its requires at build time. */
export function requireFrom(url: string | URL): NodeJS.Require {
  return Module.createRequire(url);
}

/**
 * Places to look for files of this package, as file: URLs: first its own, then that of the running program. The second one
 * is needed where a bundler has written down the place of this code at build time.
 */
export function ownPlaces(): string[] {
  const program = [process.argv[1], process.execPath].filter((path) => path !== undefined);
  return [ownUrl(), ...program.map((path) => pathToFileURL(path).href)];
}

/**
 * Finds what is installed beside this code, with the require() of each of its places in turn.
 * @throws the first error
 */
export function requireInstalled(find: (require: NodeJS.Require) => unknown): unknown {
  let thrown: unknown;
  for (const place of ownPlaces()) {
    try {
      return find(requireFrom(place));
    } catch (error) {
      thrown ??= error;
    }
  }
  throw thrown;
}
