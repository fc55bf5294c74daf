import { atomicLoad, atomicStore, Buffer } from '../base/natives.js';
import { CONSUMED_AT, PRODUCED_AT } from './claim-board.js';
import { recordLength, SKIP_BYTES, skipRecord } from './record.js';

/*
 * The result log: a ring of records behind the board. A worker appends each result as soon as its handler has returned. The
 * result so outlives its worker, and reaches its caller while the worker is busy with the next task. The worker reports by
 * frames how far it has written. After a death, or when a worker is silent, the parent reads on by itself.
 *
 * Positions count bytes since the worker's start, modulo 2³². A record never crosses the end of the ring: a skip record fills
 * the rest. The parent writes how far it has read; the worker overwrites what lies behind.
 */
/**
 * Room for the results of 500 tasks in flight, of 650 bytes each. In a ring half as long, most of them had to go through the
 * arena. Two processes did 36 % more a second with this length, and no more with twice this length.
 */
export const LOG_BYTES = 512 * 1024;
/** Largest value in the log. A larger one goes through the arena or the link, so that one result cannot fill the ring. */
export const LOG_VALUE_BYTES = 16 * 1024;
/** Bytes after which the parent writes how far it has read. A write costs 0.7 µs, which 200 small records share. */
export const CONSUME_BYTES = 16 * 1024;
/**
 * Reserve of the log. In it, values of more than SMALL_VALUE_BYTES go through the arena, and a record only names their place.
 * The reserve holds everything that may be in flight, 2,040 such records of 64 bytes. It also holds bytes that the parent has
 * read but not yet reported, and the longest skip.
 */
export const RESERVED_BYTES = 160 * 1024;
export const SMALL_VALUE_BYTES = 16;

/** Longest record that is copied by words. For 48 bytes that takes a fifth of the time of `copy`; by bytes, two thirds. */
const FEW_BYTES = 256;

/** Offset of a position in the ring. */
export function offsetOf(position: number): number {
  return position & (LOG_BYTES - 1);
}

/** The worker's end. */
export interface LogWriter {
  /** Whether the parent reads it without a system call, so that no record has to be in a frame. */
  readonly isMemory: boolean;
  /** Position of the next record, unless a skip record comes first. */
  readonly position: number;
  /** Whether this many bytes are free, by the parent's position when it was read last, or now. */
  hasFree(bytes: number): boolean;
  /** Appends a whole record; `at` and `length` are multiples of 8. False when there is no room: then nothing is written. */
  append(bytes: Buffer, at: number, length: number): boolean;
}

/** The parent's end. None of its methods throws. */
export interface LogReader {
  /** Position of the next record. */
  readonly position: number;
  /**
   * Bytes from `position` on that hold whole records, in one piece; undefined when there are none. Valid until the next call.
   * @param end the position up to which records are known to be whole; later ones are not given. Progress that precedes those may
   *   still be on its way in frames. Without `end`, the records themselves show whether they are whole
   */
  peek(end?: number): Buffer | undefined;
  /** Moves on by a record, or by bytes that came another way. */
  advance(bytes: number): void;
}

/** The ring, as its writer accesses it. */
export interface LogRing {
  /** Position up to which the parent has read. */
  consumed(): number;
  /** Copies bytes to an offset in the ring; `at`, `length` and `to` are multiples of 8. */
  write(bytes: Uint8Array, at: number, length: number, to: number): void;
}

/** State of a writer: its own position, and the parent's position when it was read last. */
export class LogSpace {
  position = 0;
  #consumed = 0;

  /** See LogWriter.append. */
  append(ring: LogRing, bytes: Buffer, at: number, length: number): boolean {
    const skip = this.skipFor(length, ring);
    if (skip === -1) return false;
    if (skip > 0) ring.write(skipRecord(markOf(this.position), skip), 0, SKIP_BYTES, offsetOf(this.position));
    const start = (this.position + skip) >>> 0;
    bytes.writeUInt32LE(markOf(start), at);
    bytes.writeUInt32LE(markOf(start), at + length - 4);
    ring.write(bytes, at, length, offsetOf(start));
    this.position = (start + length) >>> 0;
    return true;
  }

  /** Bytes to skip before a record of this length, or −1 when there is no room for both. */
  skipFor(length: number, ring: Pick<LogRing, 'consumed'>): number {
    const left = LOG_BYTES - offsetOf(this.position);
    const skip = length > left ? left : 0;
    return this.hasFree(skip + length, ring) ? skip : -1;
  }

  hasFree(bytes: number, ring: Pick<LogRing, 'consumed'>): boolean {
    if (this.#free < bytes) this.#consumed = ring.consumed();
    return this.#free >= bytes;
  }

  get #free(): number {
    return LOG_BYTES - ((this.position - this.#consumed) >>> 0);
  }
}

/** Both ends of the log of a thread, in shared memory: each side makes its own. */
export class MemoryLogWriter implements LogWriter, LogRing {
  readonly isMemory = true;
  readonly #words: Int32Array;
  readonly #ring: Uint8Array;
  readonly #ringWords: Int32Array;
  #source: Uint8Array | undefined;
  #sourceWords: Int32Array = new Int32Array(0);
  readonly #space = new LogSpace();

  constructor(memory: SharedArrayBuffer, logAt: number) {
    this.#words = new Int32Array(memory, 0, logAt / 4);
    this.#ring = new Uint8Array(memory, logAt, LOG_BYTES);
    this.#ringWords = new Int32Array(memory, logAt, LOG_BYTES / 4);
  }

  get position(): number {
    return this.#space.position;
  }

  hasFree(bytes: number): boolean {
    return this.#space.hasFree(bytes, this);
  }

  append(bytes: Buffer, at: number, length: number): boolean {
    if (!this.#space.append(this, bytes, at, length)) return false;
    atomicStore(this.#words, PRODUCED_AT / 4, this.#space.position | 0);
    return true;
  }

  consumed(): number {
    return atomicLoad(this.#words, CONSUMED_AT / 4) >>> 0;
  }

  write(bytes: Uint8Array, from: number, length: number, to: number): void {
    if (length > FEW_BYTES || length === SKIP_BYTES) {
      this.#ring.set(bytes.subarray(from, from + length), to);
      return;
    }
    if (this.#source !== bytes) {
      this.#source = bytes;
      this.#sourceWords = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
    }
    const ring = this.#ringWords;
    const source = this.#sourceWords;
    const start = to >>> 2;
    const first = from >>> 2;
    for (let word = 0; word < length >>> 2; word++) ring[start + word] = source[first + word] as number;
  }
}

export class MemoryLogReader implements LogReader {
  position = 0;
  readonly #words: Int32Array;
  readonly #ring: Buffer;
  #told = 0;

  constructor(memory: SharedArrayBuffer, logAt: number) {
    this.#words = new Int32Array(memory, 0, logAt / 4);
    this.#ring = Buffer.from(memory, logAt, LOG_BYTES);
  }

  peek(end?: number): Buffer | undefined {
    const produced = atomicLoad(this.#words, PRODUCED_AT / 4) >>> 0;
    const there = (produced - this.position) >>> 0;
    if (there > LOG_BYTES) return undefined;
    const bytes = end === undefined ? there : Math.min((end - this.position) >>> 0, there);
    if (bytes === 0) return undefined;
    const from = offsetOf(this.position);
    return this.#ring.subarray(from, Math.min(from + bytes, LOG_BYTES));
  }

  advance(bytes: number): void {
    // Without the record that is passed now: it is read in place, after this.
    if ((this.position - this.#told) >>> 0 >= CONSUME_BYTES) {
      this.#told = this.position;
      atomicStore(this.#words, CONSUMED_AT / 4, this.position | 0);
    }
    this.position = (this.position + bytes) >>> 0;
  }
}

/** First and last word of a record at this position: never 0, and different in the next lap. */
export function markOf(position: number): number {
  return (position + 1) >>> 0;
}

/** Number of these bytes that are whole records; the first record begins at `position`. */
export function wholeRecords(bytes: Buffer, position: number): number {
  let at = 0;
  while (bytes.length - at >= SKIP_BYTES) {
    const length = recordLength(bytes, at, markOf((position + at) >>> 0));
    if (length === 0) break;
    at += length;
  }
  return at;
}
