import type * as fs from 'node:fs';
import { Buffer, clearTimeout, ftruncateSync, readSync, setTimeout, writeSync } from '../base/natives.js';
import { ArenaSpace } from './arena-space.js';

/*
 * Large values between two processes go through nameless files in memory that both have open. A write and a read of 1 MiB cost
 * a third of the way through a socket. Neither side's loop waits for the other.
 *
 * There is one file for each direction. Each is written by one side only:
 *
 *      0  u32   how far this side has read the *other* file: the number of the last chunk it took, plus one
 *   4096        chunks
 *
 * The writer of chunks reads that word of the other file to learn which of its chunks it may overwrite. A frame names each of
 * its chunks by number and place. Chunks are read in the order they were written. Chunks that nothing needs any more are
 * skipped. A chunk whose frame could not be read is released with the next one.
 */
const DATA_AT = 4096;
/**
 * Smallest view or whole input that goes through the arena. A Buffer arrived 1.8 times as fast as through the socket at 128 KiB,
 * and 1.7 times at 64 KiB. 32 KiB gained nothing.
 */
export const LARGE_BYTES = 64 * 1024;
/** Most bytes that wait for the reader in one direction; further values go through the socket. */
const CAPACITY_BYTES = 256 * 1024 * 1024;
/** Refused chunks on a full file system after which one is tried there again. */
const TRY_AGAIN_AFTER = 256;
/** Memory that an idle arena keeps for the next values: new pages cost as much as the copy into them. */
const KEPT_BYTES = 16 * 1024 * 1024;
/** Time for which an idle arena keeps more than that. */
const IDLE_MS = 1000;

/** Largest chunk that is read into the scratch, which this thread then keeps. */
const MOST_SCRATCH_BYTES = 1024 * 1024;
/** One serves all arenas of a thread. A value is decoded from it at once, and a custom codec gets a copy. */
let scratch = Buffer.alloc(0);

/** The calls on files, which tests replace. */
export type ArenaFiles = Pick<typeof fs, 'writeSync' | 'readSync' | 'ftruncateSync'>;

const FILES: ArenaFiles = { writeSync, readSync, ftruncateSync };

/** One side's ends of the two files. */
export class Arena {
  readonly #outFd: number;
  readonly #inFd: number;
  readonly #files: ArenaFiles;
  readonly #space: ArenaSpace;
  readonly #capacity: number;
  /** Chunks refused since the file system was full; undefined while it is not known to be full. */
  #refused: number | undefined;
  readonly #word = new Uint32Array(1);
  readonly #wordBytes = new Uint8Array(this.#word.buffer);
  #shrinkTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /**
   * @param outFd the file this side writes chunks to; its first page must be there already
   * @param inFd the file the other side writes chunks to
   */
  constructor(outFd: number, inFd: number, files: ArenaFiles = FILES, capacity = CAPACITY_BYTES) {
    this.#outFd = outFd;
    this.#inFd = inFd;
    this.#files = files;
    this.#capacity = capacity;
    this.#space = new ArenaSpace(capacity);
  }

  /** Writes a chunk. Undefined when there is no room for it, now or on this system. */
  write(bytes: Uint8Array): { number: number; at: number } | undefined {
    if (this.#isClosed || !this.#releaseRead()) return undefined;
    const number = this.#space.next;
    const hadTo = this.#space.usedTo;
    const at = this.#space.take(bytes.length);
    if (at === undefined) {
      this.#noteRefused();
      return undefined;
    }
    if (this.#tryWrite(bytes, DATA_AT + at)) {
      if (this.#space.usedTo > KEPT_BYTES) this.#shrinkWhenIdle();
      return { number, at };
    }
    // The memory file system is full: docker gives it 64 MB. Bytes written beyond the old end would only take room there.
    this.#space.undo(number);
    this.#space.resize(hadTo);
    this.#refused = 0;
    this.#cut(hadTo);
    return undefined;
  }

  /** Counts a refused chunk. Now and then the file may try to grow again: the file system may have room by then. */
  #noteRefused(): void {
    if (this.#refused === undefined || ++this.#refused < TRY_AGAIN_AFTER) return;
    this.#refused = undefined;
    this.#space.resize(this.#capacity);
  }

  /** Reads a chunk of the other side's into memory of its own, and marks its place as free. */
  read(number: number, at: number, byteLength: number): ArrayBuffer {
    return this.#readInto(Buffer.allocUnsafeSlow(byteLength), number, at, byteLength).buffer as ArrayBuffer;
  }

  /** The same for bytes that are read only until the next call: it overwrites them. */
  readBriefly(number: number, at: number, byteLength: number): Buffer {
    if (byteLength > MOST_SCRATCH_BYTES) return Buffer.from(this.read(number, at, byteLength));
    if (scratch.length < byteLength) scratch = Buffer.allocUnsafeSlow(byteLength);
    return this.#readInto(scratch, number, at, byteLength);
  }

  #readInto(bytes: Buffer, number: number, at: number, byteLength: number): Buffer {
    for (let done = 0; done < byteLength;) {
      const read = this.#files.readSync(this.#inFd, bytes, done, byteLength - done, DATA_AT + at + done);
      if (read === 0) throw new Error('A value should lie in the arena, and does not.');
      done += read;
    }
    this.#noteRead(number);
    return bytes;
  }

  /** Marks the places of the other side's chunks up to this one as free, without a read. */
  skip(number: number): void {
    try {
      this.#noteRead(number);
    } catch {
      // EIO, or a descriptor that other code closed. The other side keeps these places, and the socket takes the values.
    }
  }

  #noteRead(number: number): void {
    this.#word[0] = number + 1;
    this.#files.writeSync(this.#outFd, this.#wordBytes, 0, 4, 0);
  }

  /** Names this moment for `rollBack`. */
  mark(): number {
    return this.#space.next;
  }

  /** Takes back all chunks written since the mark: they are never sent. */
  rollBack(mark: number): void {
    if (this.#space.next > mark) this.#space.undo(mark);
  }

  /** The files are about to be closed. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#shrinkTimer);
  }

  /** Frees the chunks that the other side has read. False when the other side's word cannot be read. */
  #releaseRead(): boolean {
    try {
      const read = this.#files.readSync(this.#inFd, this.#wordBytes, 0, 4, 0);
      this.#space.release(read === 4 ? (this.#word[0] ?? 0) : 0);
      return true;
    } catch {
      // EIO, or a descriptor that other code closed. The socket takes all values then.
      return false;
    }
  }

  #tryWrite(bytes: Uint8Array, at: number): boolean {
    try {
      for (let done = 0; done < bytes.length;) {
        const written = this.#files.writeSync(this.#outFd, bytes, done, bytes.length - done, at + done);
        if (written === 0) return false;
        done += written;
      }
      return true;
    } catch {
      // ENOSPC, EFBIG, EDQUOT: after any of them, the socket takes the value.
      return false;
    }
  }

  #cut(beyond: number): void {
    try {
      this.#files.ftruncateSync(this.#outFd, DATA_AT + beyond);
      this.#space.forget(beyond);
    } catch {
      // The file keeps its size.
    }
  }

  #shrinkWhenIdle(): void {
    if (this.#shrinkTimer !== undefined) return;
    this.#shrinkTimer = setTimeout(() => {
      this.#shrinkTimer = undefined;
      if (!this.#releaseRead()) return;
      if (this.#space.isEmpty) this.#cut(KEPT_BYTES);
      else this.#shrinkWhenIdle();
    }, IDLE_MS).unref();
  }
}
