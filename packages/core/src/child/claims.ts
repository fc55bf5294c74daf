import { readSync, writeSync } from '../base/natives.js';
import {
  BOARD_BYTES,
  CONSUMED_AT,
  DECODING_AT,
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
import { type LogRing, LogSpace, type LogWriter } from '../wire/result-log.js';

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
    this.#words[1] = id;
    this.#floats[1] = nowMs;
    writeSync(this.#fd, this.#records, 0, RECORD_BYTES, recordAt(id));
    return !this.#isRevoked(id);
  }

  claimRun(ids: Uint32Array, at: number, stride: number, count: number, nowMs: number, startTogether: boolean): number {
    const first = ids[at] ?? 0;
    for (let index = 0; index < count; index++) {
      const id = ids[at + index * stride] ?? 0;
      this.#words[(index * RECORD_BYTES) / 4] = id;
      this.#words[(index * RECORD_BYTES) / 4 + 1] = startTogether ? id : first;
      this.#floats[(index * RECORD_BYTES) / 8 + 1] = nowMs;
    }
    writeSync(this.#fd, this.#records, 0, count * RECORD_BYTES, recordAt(first));
    return this.revokedIn(ids, at, stride, count);
  }

  revokedIn(ids: Uint32Array, at: number, stride: number, count: number): number {
    readSync(this.#fd, this.#revocations, 0, count * REVOCATION_BYTES, revocationAt(ids[at] ?? 0));
    let revoked = 0;
    for (let index = 0; index < count; index++) {
      if (this.#revoked[index] === ids[at + index * stride]) revoked |= 1 << index;
    }
    return revoked;
  }

  unclaim(ids: Uint32Array, at: number, _stride: number, count: number): void {
    this.#words.fill(0, 0, (count * RECORD_BYTES) / 4);
    writeSync(this.#fd, this.#records, 0, count * RECORD_BYTES, recordAt(ids[at] ?? 0));
  }

  noteDecoding(id: number): boolean {
    this.#words[0] = id;
    writeSync(this.#fd, this.#records, 0, 4, DECODING_AT);
    return !this.#isRevoked(id);
  }

  noteSection(path: string): void {
    writeSync(this.#fd, encodeSection(path), 0, SECTION_BYTES, SECTION_AT);
  }

  #isRevoked(id: number): boolean {
    readSync(this.#fd, this.#revocations, 0, REVOCATION_BYTES, revocationAt(id));
    return this.#revoked[0] === id;
  }
}

/** The worker's end of a result log in a file. One system call a result, as long as the parent reads along. */
export class FileLogWriter implements LogWriter, LogRing {
  readonly isMemory = false;
  readonly #fd: number;
  readonly #space = new LogSpace();
  readonly #word = new Uint32Array(1);
  readonly #wordBytes = new Uint8Array(this.#word.buffer);

  constructor(fd: number) {
    this.#fd = fd;
  }

  get position(): number {
    return this.#space.position;
  }

  hasFree(bytes: number): boolean {
    return this.#space.hasFree(bytes, this);
  }

  append(bytes: Buffer, at: number, length: number): boolean {
    return this.#space.append(this, bytes, at, length);
  }

  consumed(): number {
    readSync(this.#fd, this.#wordBytes, 0, 4, CONSUMED_AT);
    return this.#word[0] as number;
  }

  write(bytes: Uint8Array, at: number, length: number, to: number): void {
    writeSync(this.#fd, bytes, at, length, BOARD_BYTES + to);
  }
}
