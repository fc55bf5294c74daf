import { Buffer, readSync, writeSync } from '../base/natives.js';
import {
  BOARD_BYTES,
  type Claim,
  CONSUMED_AT,
  decodeSection,
  DECODING_AT,
  freshBoard,
  hasMarks,
  MEASURE_AT,
  type ParentBoard,
  RECORD_BYTES,
  recordAt,
  revocationAt,
  SECTION_AT,
  SECTION_BYTES,
} from '../wire/claim-board.js';
import { SKIP_BYTES } from '../wire/record.js';
import {
  CONSUME_BYTES,
  LOG_BYTES,
  LOG_VALUE_BYTES,
  type LogReader,
  markOf,
  offsetOf,
  wholeRecords,
} from '../wire/result-log.js';
import { closeQuietly, openMemoryFile } from './memory-file.js';

/** The parent's end of a board in a file; see wire/claim-board.ts. After `close` it reads and writes nothing. */
export class BoardFile implements ParentBoard {
  readonly fd: number;
  readonly log: LogReader;
  readonly #words = new Uint32Array(RECORD_BYTES / 4);
  readonly #floats = new Float64Array(this.#words.buffer);
  readonly #record = new Uint8Array(this.#words.buffer);
  #isOpen = true;
  /** Number of times that measurements were asked for. */
  #asked = 0;

  private constructor(fd: number) {
    this.fd = fd;
    this.log = new FileLogReader(this);
  }

  /**
   * A board without claims, and an empty log. Both are written in full, so that no write of either side can run out of room.
   * Undefined if no file can be opened: then the worker has no board.
   */
  static open(): BoardFile | undefined {
    try {
      return new BoardFile(openMemoryFile(freshBoard(), LOG_BYTES));
    } catch {
      // No folder takes it: all full, or read-only, or too many open files. A start without files fails by itself.
      return undefined;
    }
  }

  claimOf(id: number): Claim | undefined {
    if (!this.#read(RECORD_BYTES, recordAt(id)) || this.#words[0] !== id) return undefined;
    return { run: this.#words[1] ?? 0, atMs: this.#floats[1] ?? NaN };
  }

  revoke(id: number): boolean {
    return this.#write(id, revocationAt(id));
  }

  decoding(): number {
    return this.#read(4, DECODING_AT) ? (this.#words[0] ?? 0) : 0;
  }

  section(): string {
    const bytes = new Uint8Array(SECTION_BYTES);
    return this.read(bytes, SECTION_BYTES, SECTION_AT) === SECTION_BYTES ? decodeSection(bytes) : '';
  }

  isIntact(): boolean {
    const bytes = new Uint8Array(BOARD_BYTES);
    return this.read(bytes, BOARD_BYTES, 0) === BOARD_BYTES && hasMarks(new Uint32Array(bytes.buffer));
  }

  /** Asks for measurements; see child/profile/blocked-watch.ts. */
  askToMeasure(): void {
    this.#write(++this.#asked, MEASURE_AT);
  }

  /** Writes the position up to which the log was read, for the worker. */
  consumed(position: number): void {
    this.#write(position, CONSUMED_AT);
  }

  /** The number of bytes that were read; 0 if the board is unreadable. */
  read(into: Uint8Array, length: number, at: number): number {
    if (!this.#isOpen) return 0;
    try {
      return readSync(this.fd, into, 0, length, at);
    } catch {
      // EIO, or a descriptor that other code closed: the board is unreadable from now on.
      return 0;
    }
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeQuietly(this.fd);
  }

  #read(bytes: number, at: number): boolean {
    return this.read(this.#record, bytes, at) === bytes;
  }

  #write(word: number, at: number): boolean {
    if (!this.#isOpen) return false;
    this.#words[0] = word;
    try {
      return writeSync(this.fd, this.#record, 0, 4, at) === 4;
    } catch {
      // ENOSPC of a file system that gives out the same page twice (overlays), or a descriptor that other code closed.
      return false;
    }
  }
}

/** Bytes that a look reads first, in 5 µs: mostly there are fewer. */
const LOOKED_BYTES = 16 * 1024;
/** Length of the longest record; skip records are no longer. */
const LONGEST_BYTES = 2 * LOG_VALUE_BYTES;
/** Size of the pieces in which records of a frame are read. A piece holds 100 records of 650 bytes. */
const PIECE_BYTES = 64 * 1024;

/** One buffer for records of frames, in the logs of all workers: only one frame is read at a time. */
let shared: Buffer | undefined;

class FileLogReader implements LogReader {
  position = 0;
  readonly #board: BoardFile;
  #told = 0;

  constructor(board: BoardFile) {
    this.#board = board;
  }

  peek(end?: number): Buffer | undefined {
    const left = LOG_BYTES - offsetOf(this.position);
    const bytes = end === undefined ? this.#lookAhead(left) : Math.min((end - this.position) >>> 0, left, PIECE_BYTES);
    if (bytes === 0) return undefined;
    // A look may come at any time, even during a read of this log or another one. It needs memory of its own.
    if (end === undefined) return this.#readInto(Buffer.allocUnsafe(bytes));
    return this.#readInto((shared ??= Buffer.allocUnsafeSlow(PIECE_BYTES)).subarray(0, bytes));
  }

  advance(bytes: number): void {
    this.position = (this.position + bytes) >>> 0;
    if ((this.position - this.#told) >>> 0 < CONSUME_BYTES) return;
    this.#told = this.position;
    this.#board.consumed(this.position);
  }

  #readInto(bytes: Buffer): Buffer {
    const read = this.#board.read(bytes, bytes.length, BOARD_BYTES + offsetOf(this.position));
    return bytes.subarray(0, wholeRecords(bytes.subarray(0, read), this.position));
  }

  /**
   * The number of bytes that hold whole records, in one piece. They are read once more afterwards. A record that is read while it
   * is written may have its end but not its middle. At the second read it is complete.
   */
  #lookAhead(left: number): number {
    const head = Buffer.allocUnsafe(SKIP_BYTES);
    if (this.#board.read(head, SKIP_BYTES, BOARD_BYTES + offsetOf(this.position)) !== SKIP_BYTES) return 0;
    if (head.readUInt32LE(0) !== markOf(this.position)) return 0;
    return this.#wholeWithin(Math.min(left, LOOKED_BYTES)) || this.#wholeWithin(Math.min(left, LONGEST_BYTES));
  }

  #wholeWithin(length: number): number {
    const bytes = Buffer.allocUnsafe(length);
    const read = this.#board.read(bytes, length, BOARD_BYTES + offsetOf(this.position));
    return wholeRecords(bytes.subarray(0, read), this.position);
  }
}
