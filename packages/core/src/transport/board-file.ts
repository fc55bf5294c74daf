import { closeSync, ftruncateSync, readSync, writeSync } from 'node:fs';
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
import { openMemoryFile } from './memory-file.js';

/** The parent's end of a claim board in a file; see wire/claim-board.ts. */
export class BoardFile implements ParentBoard {
  readonly fd: number;
  readonly #words = new Uint32Array(RECORD_BYTES / 4);
  readonly #floats = new Float64Array(this.#words.buffer);
  readonly #record = new Uint8Array(this.#words.buffer);
  #isOpen = true;

  constructor() {
    this.fd = openMemoryFile();
    try {
      ftruncateSync(this.fd, BOARD_BYTES);
    } catch (error) {
      closeSync(this.fd);
      throw error;
    }
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
