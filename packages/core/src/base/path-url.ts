import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * The URL of a file, by its path from the current folder. Undefined for a path that no URL can name. No file has a NUL in its
 * path. A URL loses the control characters at its end, so that it would name another file.
 */
export function pathUrl(path: string): URL | undefined {
  const whole = resolve(path);
  const url = pathToFileURL(whole);
  return whole.includes('\0') || fileURLToPath(url) !== whole ? undefined : url;
}
