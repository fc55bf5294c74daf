import type { PathLike } from 'node:fs';
import { existsSync, readFileSync, statSync } from './natives.js';

/**
 * Whether a file exists. Node's existsSync() throws for a file that the program may not read (`node --permission`).
 * @param ifDenied the answer for such a file
 */
export function isThere(path: PathLike, ifDenied = false): boolean {
  try {
    return existsSync(path);
  } catch {
    // ERR_ACCESS_DENIED, the only error of existsSync().
    return ifDenied;
  }
}

/** The type of an existing path that is no regular file. A read from a FIFO or a terminal may wait for ever. */
export function nonFileType(path: PathLike): 'folder' | 'FIFO' | 'socket' | 'device' | undefined {
  try {
    const stats = statSync(path);
    if (stats.isFile()) return undefined;
    return stats.isDirectory() ? 'folder' : stats.isFIFO() ? 'FIFO' : stats.isSocket() ? 'socket' : 'device';
  } catch {
    // The path does not exist, or this program may not look at it.
    return undefined;
  }
}

/** The text of a file; undefined when the file is missing or cannot be read. */
export function readText(path: string): string | undefined {
  // Most files that are looked for are missing, and an error costs ten times as much as this test.
  if (!isThere(path)) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The file may not be read, is a folder, or belongs to a process that has just ended.
    return undefined;
  }
}
