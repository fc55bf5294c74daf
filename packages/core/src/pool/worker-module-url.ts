import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../base/message-of.js';
import { getBuiltinModule, readFileSync, toJson } from '../base/natives.js';
import { pathUrl } from '../base/path-url.js';
import { isThere, nonFileType } from '../base/read-file.js';
import { PoolError } from '../contract/errors.js';
import { isReadDenied } from '../transport/check-host.js';

/**
 * Extensions of a file before and after TypeScript has compiled it. A program may name one and run from the other. A loader
 * runs it from its sources, or the compiler left the name in a URL as it was.
 */
const TWINS: Readonly<Record<string, string>> = {
  '.js': '.ts',
  '.mjs': '.mts',
  '.cjs': '.cts',
  '.ts': '.js',
  '.mts': '.mjs',
  '.cts': '.cjs',
};

/**
 * The URL of a worker module. Strings are paths, relative ones to the current folder, or file: URLs. Where there is no such
 * file, its twin in the other language is used.
 * @throws ERR_OPTION when there is neither
 */
export function workerModuleUrl(worker: string | URL): URL {
  const url = toUrl(worker);
  if (url.protocol !== 'file:') throw refused(notAFile(url));
  const path = fileURLToPath(url);
  if (isModuleFile(path)) return url;
  if (isReadDenied(path)) {
    throw refused(`names a file that this program may not read: start it with --allow-fs-read=${path}`);
  }
  const twin = twinOf(url);
  if (twin !== undefined && isModuleFile(fileURLToPath(twin))) return twin;
  const neither = twin === undefined ? '' : `, nor does ${basename(fileURLToPath(twin))} beside it`;
  throw refused(`names a file that does not exist: ${path}${neither}`);
}

/** @throws ERR_OPTION when something other than a file is there */
function isModuleFile(path: string): boolean {
  const type = nonFileType(path);
  if (type === 'folder') throw refused(`names a folder, ${path}; name the file of the module in it`);
  if (type !== undefined) throw refused(`names a ${type}, ${path}; a worker module must be a regular file`);
  return isThere(path);
}

/** The file name of the module, without its folder: the default name of a pool. */
export function moduleName(url: URL): string {
  return basename(fileURLToPath(url)).replace(/\.[mc]?[jt]s$/, '');
}

/** A text that changes with the module's file. @throws ERR_OPTION when the file cannot be read */
export function versionOf(url: URL): string {
  const { createHash } = getBuiltinModule('node:crypto');
  try {
    return createHash('sha256').update(readFileSync(url)).digest('hex');
  } catch (cause) {
    const reason = `must be given, because the worker module cannot be read: ${messageOf(cause)}`;
    throw new PoolError('ERR_OPTION', { option: 'cache.version', reason }, { cause });
  }
}

function toUrl(worker: unknown): URL {
  if (worker instanceof URL) return worker;
  if (isForeignUrl(worker)) return new URL(worker.href);
  if (typeof worker !== 'string' || worker === '') throw refused('must be the path or URL of a module.');
  if (worker.startsWith('file:')) return new URL(worker);
  const url = pathUrl(worker);
  if (url === undefined) throw refused(`is a path that no URL can name: ${toJson(worker)}`);
  return url;
}

/** Whether it is a URL of another realm, such as that of a test runner. It is no instance of this one's class. */
export function isForeignUrl(value: unknown): value is { readonly href: string } {
  return (
    Object.prototype.toString.call(value) === '[object URL]' && typeof (value as { href?: unknown }).href === 'string'
  );
}

/** The same URL with the extension of its twin, and its query. */
function twinOf(url: URL): URL | undefined {
  const [extension = ''] = /\.[mc]?[jt]s$/.exec(url.pathname) ?? [];
  const other = TWINS[extension];
  if (other === undefined) return undefined;
  const twin = new URL(url);
  twin.pathname = url.pathname.slice(0, -extension.length) + other;
  return twin;
}

function notAFile({ protocol, href }: URL): string {
  const shown = href.length > 80 ? `${href.slice(0, 80)}…` : href;
  const bundled =
    protocol === 'data:' ? ' A bundler has put it there: make the worker module an entry of its own.' : '';
  return `must be a file, not ${protocol} (${shown}).${bundled}`;
}

function refused(reason: string): PoolError<'ERR_OPTION'> {
  return new PoolError('ERR_OPTION', { option: 'worker', reason });
}
