import { process } from './natives.js';
import Module from 'node:module';
import { pathToFileURL } from 'node:url';

/** Empty in ES modules. */
declare const __filename: string | undefined;

/** URL of the file that this code is in: one of ours, or the program that a bundler has put it into. */
export function ownUrl(): string {
  // Bundlers that make CommonJS leave it empty.
  const url = import.meta.url as string | undefined;
  if (url !== undefined && url !== '') return url;
  return pathToFileURL(typeof __filename === 'string' ? __filename : process.execPath).href;
}

/** As createRequire(), by a name that bundlers do not know: they would look for what it requires when they build. */
export function requireFrom(url: string | URL): NodeJS.Require {
  return Module.createRequire(url);
}

/**
 * Where to look for what belongs to this code, file: URLs: where it is; else beside the program that runs, since a bundler may
 * have written down where this code was when it was built.
 */
export function ownPlaces(): string[] {
  const program = [process.argv[1], process.execPath].filter((path) => path !== undefined);
  return [ownUrl(), ...program.map((path) => pathToFileURL(path).href)];
}

/**
 * Finds what is installed beside this code, by the require() of one of its places after the other.
 * @throws what the first of them throws
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
