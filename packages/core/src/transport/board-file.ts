import { accessSync, closeSync, constants, ftruncateSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BOARD_BYTES,
  decodeSection,
  RECORD_BYTES,
  recordAt,
  REVOCATION_BYTES,
  revocationAt,
  SECTION_AT,
  SECTION_BYTES,
  type ParentBoard,
} from '../wire/claim-board.js';

/** The parent's end of a claim board in a file; see wire/claim-board.ts. */
export class BoardFile implements ParentBoard {
  readonly fd: number;
  readonly #words = new Uint32Array(RECORD_BYTES / 4);
  readonly #floats = new Float64Array(this.#words.buffer);
  readonly #record = new Uint8Array(this.#words.buffer);
  #isOpen = true;

  constructor() {
    // The name need not be secret: a file that is there already is not opened. Loading node:crypto for it took 2 ms.
    const path = join(memoryFolder(), `millpond-${process.pid}-${Math.random().toString(36).slice(2)}`);
    this.fd = openSync(path, 'wx+', 0o600);
    // Nothing is left behind, whoever is killed: from here on the file lives only as long as it is open.
    unlinkSync(path);
    ftruncateSync(this.fd, BOARD_BYTES);
  }

  startedAt(id: number): number | undefined {
    if (!this.#isOpen) return undefined;
    const read = readSync(this.fd, this.#record, 0, RECORD_BYTES, recordAt(id));
    return read === RECORD_BYTES && this.#words[0] === id ? this.#floats[1] : undefined;
  }

  revoke(id: number): boolean {
    if (!this.#isOpen) return false;
    writeSync(this.fd, new Uint8Array(Uint32Array.of(id).buffer), 0, REVOCATION_BYTES, revocationAt(id));
    return this.startedAt(id) === undefined;
  }

  section(): string {
    if (!this.#isOpen) return '';
    const bytes = new Uint8Array(SECTION_BYTES);
    readSync(this.fd, bytes, 0, SECTION_BYTES, SECTION_AT);
    return decodeSection(bytes);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
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
