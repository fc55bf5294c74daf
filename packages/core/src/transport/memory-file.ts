import { accessSync, constants, openSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { process } from '../base/natives.js';

/** Linux's O_TMPFILE: its own bit, which node:fs does not name, and that of O_DIRECTORY, which differs between machines. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;

/**
 * Opens a file that has no name and lives only as long as it is open: nothing is left behind, whoever is killed. In
 * memory where the system has a folder for that.
 */
export function openMemoryFile(): number {
  const folder = memoryFolder();
  if (process.platform === 'linux') {
    try {
      return openSync(folder, O_TMPFILE | constants.O_RDWR, 0o600);
    } catch {
      // This file system cannot make files without a name: then one that loses it at once.
    }
  }
  // Loaded where it is needed: that takes 2 ms.
  const { randomBytes } = process.getBuiltinModule('node:crypto');
  const path = join(folder, `millpond-${process.pid}-${randomBytes(8).toString('hex')}`);
  const fd = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  return fd;
}

/** A write to a file in memory costs a tenth of one to a disk's page cache. */
function memoryFolder(): string {
  try {
    accessSync('/dev/shm', constants.W_OK);
    return '/dev/shm';
  } catch {
    // No such folder here (macOS, Windows, some containers): any temporary folder serves.
    return tmpdir();
  }
}
