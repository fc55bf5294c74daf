import { readSync, writeSync } from 'node:fs';
import {
  encodeSection,
  RECORD_BYTES,
  recordAt,
  REVOCATION_BYTES,
  revocationAt,
  SECTION_AT,
  SECTION_BYTES,
  type WorkerBoard,
} from '../wire/claim-board.js';

/** The worker's end of a claim board in a file. Two system calls a task, 0.7 µs each on a file in memory. */
export class FileClaims implements WorkerBoard {
  readonly #fd: number;
  readonly #words = new Uint32Array(RECORD_BYTES / 4);
  readonly #floats = new Float64Array(this.#words.buffer);
  readonly #record = new Uint8Array(this.#words.buffer);
  readonly #revoked = new Uint32Array(1);
  readonly #revocation = new Uint8Array(this.#revoked.buffer);

  constructor(fd: number) {
    this.#fd = fd;
  }

  claim(id: number, nowMs: number): boolean {
    this.#words[0] = id;
    this.#floats[1] = nowMs;
    writeSync(this.#fd, this.#record, 0, RECORD_BYTES, recordAt(id));
    readSync(this.#fd, this.#revocation, 0, REVOCATION_BYTES, revocationAt(id));
    return this.#revoked[0] !== id;
  }

  noteSection(path: string): void {
    writeSync(this.#fd, encodeSection(path), 0, SECTION_BYTES, SECTION_AT);
  }
}
