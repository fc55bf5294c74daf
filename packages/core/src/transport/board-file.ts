import { randomBytes } from 'node:crypto';
import { accessSync, closeSync, constants, ftruncateSync, openSync, readSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BOARD_BYTES, RECORD_BYTES, slotOf } from '../wire/claim-board.js';

/** The parent's end of a claim board that lives in a file; see wire/claim-board.ts. */
export class BoardFile {
  readonly fd: number;
  readonly #record = new Float64Array(2);
  readonly #bytes = new Uint8Array(this.#record.buffer);
  #open = true;

  constructor() {
    const path = join(memoryFolder(), `millpond-${process.pid}-${randomBytes(8).toString('hex')}`);
    this.fd = openSync(path, 'wx+', 0o600);
    // Nothing is left behind, whoever is killed: from here on the file lives only as long as it is open.
    unlinkSync(path);
    ftruncateSync(this.fd, BOARD_BYTES);
  }

  startedAt(id: number): number | undefined {
    if (!this.#open) return undefined;
    const read = readSync(this.fd, this.#bytes, 0, RECORD_BYTES, slotOf(id) * RECORD_BYTES);
    return read === RECORD_BYTES && this.#record[0] === id ? this.#record[1] : undefined;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.fd);
  }
}

/** A folder in memory where the system has one; a write to it costs a tenth of one to a disk's page cache. */
function memoryFolder(): string {
  try {
    accessSync('/dev/shm', constants.W_OK);
    return '/dev/shm';
  } catch {
    // No such folder here (macOS, Windows, some containers): any temporary folder serves.
    return tmpdir();
  }
}
