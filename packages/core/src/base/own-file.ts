import { createRequire } from 'node:module';
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

/**
 * A require() that finds what is installed beside this code; else, since a bundler may have written down where this code was
 * when it was built, beside the program that runs.
 * @throws what the first of them throws
 */
export function requireInstalled(find: (require: NodeJS.Require) => unknown): unknown {
  const places = [ownUrl(), ...[process.argv[1], process.execPath].filter((path) => path !== undefined).map(toUrl)];
  let thrown: unknown;
  for (const place of places) {
    try {
      return find(createRequire(place));
    } catch (error) {
      thrown ??= error;
    }
  }
  throw thrown;
}

function toUrl(path: string): string {
  return pathToFileURL(path).href;
}
