import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { PoolError } from '../contract/errors.js';

/**
 * The URL of a worker module. Strings are paths, relative ones against the current folder, or file: URLs.
 * @throws ERR_OPTION when there is no such file
 */
export function workerModuleUrl(worker: string | URL): URL {
  const url = toUrl(worker);
  if (url.protocol !== 'file:') throw refused(`must be a file, not ${url.protocol} (${url.href}).`);
  const path = fileURLToPath(url);
  if (!existsSync(path)) throw refused(`names a file that does not exist: ${path}`);
  return url;
}

/** The file name of the module, without its folder: the default name of a pool. */
export function moduleName(url: URL): string {
  return basename(fileURLToPath(url)).replace(/\.[mc]?[jt]s$/, '');
}

function toUrl(worker: unknown): URL {
  if (worker instanceof URL) return worker;
  if (typeof worker !== 'string' || worker === '') throw refused('must be the path or URL of a module.');
  return worker.startsWith('file:') ? new URL(worker) : pathToFileURL(resolve(worker));
}

function refused(reason: string): PoolError<'ERR_OPTION'> {
  return new PoolError('ERR_OPTION', { option: 'worker', reason });
}
