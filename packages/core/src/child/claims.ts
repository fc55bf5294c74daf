import { readSync, writeSync } from 'node:fs';
import {
  encodeSection,
  MAX_RUN,
  RECORD_BYTES,
  recordAt,
  REVOCATION_BYTES,
  revocationAt,
  SECTION_AT,
  SECTION_BYTES,
  type WorkerBoard,
} from '../wire/claim-board.js';

/** The worker's end of a claim board in a file. Two system calls a claim, 0.7 µs each on a file in memory. */
export class FileClaims implements WorkerBoard {
  readonly maxRun = MAX_RUN;
  readonly #fd: number;
  readonly #words = new Uint32Array((MAX_RUN * RECORD_BYTES) / 4);
  readonly #floats = new Float64Array(this.#words.buffer);
  readonly #records = new Uint8Array(this.#words.buffer);
  readonly #revoked = new Uint32Array(MAX_RUN);
  readonly #revocations = new Uint8Array(this.#revoked.buffer);

  constructor(fd: number) {
    this.#fd = fd;
  }

  claim(id: number, nowMs: number): boolean {
    this.#words[0] = id;
    this.#floats[1] = nowMs;
    writeSync(this.#fd, this.#records, 0, RECORD_BYTES, recordAt(id));
    readSync(this.#fd, this.#revocations, 0, REVOCATION_BYTES, revocationAt(id));
    return this.#revoked[0] !== id;
  }

  claimRun(ids: Uint32Array, at: number, stride: number, count: number, nowMs: number): number {
    for (let index = 0; index < count; index++) {
      this.#words[(index * RECORD_BYTES) / 4] = ids[at + index * stride] ?? 0;
      this.#floats[(index * RECORD_BYTES) / 8 + 1] = nowMs;
    }
    const first = ids[at] ?? 0;
    writeSync(this.#fd, this.#records, 0, count * RECORD_BYTES, recordAt(first));
    readSync(this.#fd, this.#revocations, 0, count * REVOCATION_BYTES, revocationAt(first));
    let takenBack = 0;
    for (let index = 0; index < count; index++) {
      if (this.#revoked[index] === ids[at + index * stride]) takenBack |= 1 << index;
    }
    return takenBack;
  }

  noteSection(path: string): void {
    writeSync(this.#fd, encodeSection(path), 0, SECTION_BYTES, SECTION_AT);
  }
}
