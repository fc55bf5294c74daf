import { constants } from 'node:fs';
import { join } from 'node:path';
import { Buffer, closeSync, getBuiltinModule, openSync, process, unlinkSync, writeSync } from '../base/natives.js';
import { tmpdir } from '../base/parent-natives.js';

/** Linux's O_TMPFILE: its own bit, which node:fs does not name, and O_DIRECTORY, which differs between machines. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;

/**
 * Zeros are written from here, piece by piece. Half a megabyte of fresh zeros would first become memory of this process. A file
 * then took 0.75 ms of a worker's start, instead of 0.17.
 */
const ZEROS = Buffer.alloc(32 * 1024);

/** Folders for files. A write to memory costs a tenth of one to a disk's page cache. The second serves if the first fails. */
const FOLDERS = (): string[] => ['/dev/shm', tmpdir()];

/**
 * Opens a file without a name, which exists only while it is open: a killed process leaves no file behind. The file is in memory
 * if the system has a folder for that, with room. Its first part is written in full, so that later writes to it never find the
 * file system full.
 * @param zeros number of zero bytes that follow in this first part
 * @throws the error of the last folder, when none takes it
 */
export function openMemoryFile(begin: Uint8Array, zeros = 0): number {
  let last: unknown;
  for (const folder of FOLDERS()) {
    try {
      return openIn(folder, begin, zeros);
    } catch (error) {
      // The folder is missing (macOS, Windows, some containers), not writable, or full.
      last = error;
    }
  }
  throw last;
}

function openIn(folder: string, begin: Uint8Array, zeros: number): number {
  const fd = openUnnamed(folder);
  try {
    for (let at = 0; at < begin.length;) at += written(fd, begin.subarray(at), at, folder);
    const end = begin.length + zeros;
    for (let at = begin.length; at < end;) at += written(fd, ZEROS.subarray(0, end - at), at, folder);
    return fd;
  } catch (error) {
    closeQuietly(fd);
    throw error;
  }
}

/** Writes some of these bytes. Returns their number. */
function written(fd: number, bytes: Uint8Array, at: number, folder: string): number {
  const count = writeSync(fd, bytes, 0, bytes.length, at);
  if (count === 0) throw new Error(`No room in ${folder}.`);
  return count;
}

/** Closes a file, unless other code has closed it (EBADF): the release of a worker must not fail for that. */
export function closeQuietly(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // The file is closed, or is the system's to close: nothing is left to do.
  }
}

function openUnnamed(folder: string): number {
  if (process.platform === 'linux') {
    try {
      return openSync(folder, O_TMPFILE | constants.O_RDWR, 0o600);
    } catch {
      // This file system cannot make files without a name, so the file loses its name at once instead.
    }
  }
  // Loaded on first use: the load takes 2 ms.
  const { randomBytes } = getBuiltinModule('node:crypto');
  const path = join(folder, `millpond-${process.pid}-${randomBytes(8).toString('hex')}`);
  const fd = openSync(path, 'wx+', 0o600);
  try {
    unlinkSync(path);
  } catch (error) {
    closeQuietly(fd);
    throw error;
  }
  return fd;
}
