import type { PathLike } from 'node:fs';
import { existsSync, readFileSync, statSync } from './natives.js';

/**
 * Whether a file is there. Node's existsSync() throws for a file that the program may not read (`node --permission`).
 * @param ifDenied the answer for such a file
 */
export function isThere(path: PathLike, ifDenied = false): boolean {
  try {
    return existsSync(path);
  } catch {
    // ERR_ACCESS_DENIED, the one error of existsSync().
    return ifDenied;
  }
}

/** The type of what is there and no regular file. Reading a FIFO or a terminal waits for what may never come. */
export function nonFileType(path: PathLike): 'folder' | 'FIFO' | 'socket' | 'device' | undefined {
  try {
    const stats = statSync(path);
    if (stats.isFile()) return undefined;
    return stats.isDirectory() ? 'folder' : stats.isFIFO() ? 'FIFO' : stats.isSocket() ? 'socket' : 'device';
  } catch {
    // There is nothing, or nothing that this program may look at.
    return undefined;
  }
}

/** A file's text, or undefined when it is not there, or cannot be read: then it says nothing. */
export function readText(path: string): string | undefined {
  // Most that are looked for are not there, and making an error costs ten times as much as asking first.
  if (!isThere(path)) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Not for this program to read, a folder, or of a process that has just ended.
    return undefined;
  }
}
