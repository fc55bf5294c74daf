import { Buffer } from '../base/natives.js';

/** First size of a buffer in a worker, where mostly one value or a few lie: one page of memory. */
export const PAGE_BYTES = 4096;
/** Size of the first buffer, where the caller names none: a frame of a hundred objects of 650 bytes. */
const CHUNK_BYTES = 64 * 1024;
/** Least room for a new value: a small one fits, so that most values are never moved. Records have 120 bytes. A choice. */
const HEADROOM_BYTES = 512;
/** Mean length up to which values are small: those of a record of a few numbers. Small buffers hold 60 of the longest. A choice. */
const SMALL_VALUE_BYTES = 128;
/**
 * Largest buffer that is kept for the next frame. New pages cost as much as the copy into them, for 1 MiB
 * some 0.1 ms. At double, each worker could keep a megabyte more in each of its buffers.
 */
export const KEPT_BYTES = 1024 * 1024;

/** Memory for buffers that each hold one large value. */
export interface SinkMemory {
  /** A piece of at least this length, with any content. */
  take(bytes: number): ArrayBuffer;
  /** Takes a piece back that a larger one has replaced. */
  giveBack(piece: ArrayBuffer): void;
}

/**
 * Bytes being written, value after value. A full sink goes on in a new buffer, and moves only the unfinished value there.
 * Complete values stay in the buffer that they were written to.
 */
export class Sink {
  bytes: Buffer;
  /** The same bytes. */
  view: DataView;
  /** Place of the next byte. */
  at = 0;
  /** Start of the unfinished value. */
  start = 0;
  readonly #chunkBytes: number;
  readonly #memory: SinkMemory;
  readonly #smallBytes: number;
  /** Number of values that this buffer began. */
  #values = 0;

  /**
   * @param chunkBytes size of each buffer in which values lie one behind the other
   * @param memory gives the memory of larger buffers
   * @param smallBytes the same as `chunkBytes`, for small values
   */
  constructor(chunkBytes = CHUNK_BYTES, memory = FRESH, smallBytes = chunkBytes) {
    this.#chunkBytes = chunkBytes;
    this.#memory = memory;
    this.#smallBytes = smallBytes;
    this.bytes = Buffer.allocUnsafeSlow(smallBytes);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Begins a value. A buffer that grew for one large value is not shared with the small ones behind it. */
  begin(): void {
    const { length } = this.bytes;
    if (this.at > 0 && (length - this.at < HEADROOM_BYTES || length > this.#chunkBytes)) {
      const areSmall = this.at <= this.#values * SMALL_VALUE_BYTES;
      this.#replace(Buffer.allocUnsafeSlow(areSmall ? this.#smallBytes : this.#chunkBytes));
      this.at = 0;
    }
    this.#values++;
    this.start = this.at;
  }

  /** Makes room for this many bytes more. */
  ensure(bytes: number): void {
    if (this.at + bytes > this.bytes.length) this.grow(bytes);
  }

  /** Moves on to a larger buffer, where the unfinished value begins at 0. */
  grow(room: number): void {
    const { bytes, start } = this;
    const written = this.at - start;
    // Small parts mostly follow a large one. They would otherwise cost one more move of it.
    const length = Math.max(this.#chunkBytes, 2 * written + room + HEADROOM_BYTES);
    const larger = length > this.#chunkBytes ? Buffer.from(this.#memory.take(length)) : Buffer.allocUnsafeSlow(length);
    bytes.copy(larger, 0, start, this.at);
    this.#replace(larger);
    // A larger buffer has no value but the unfinished one.
    if (bytes.length > this.#chunkBytes) this.#memory.giveBack(bytes.buffer as ArrayBuffer);
    this.start = 0;
    this.at = written;
  }

  /** Takes back the unfinished value. A buffer that grew for it is dropped: later small values would keep it in memory. */
  rollBack(): void {
    this.at = this.start;
    if (this.at === 0 && this.bytes.length > this.#chunkBytes) this.#replace(Buffer.allocUnsafeSlow(this.#chunkBytes));
  }

  /** Reuses the buffer. Allowed only when nothing refers to its bytes any more. */
  reset(): void {
    if (this.bytes.length > KEPT_BYTES) this.#replace(Buffer.allocUnsafeSlow(this.#chunkBytes));
    this.at = 0;
    this.start = 0;
  }

  #replace(bytes: Buffer): void {
    this.#values = 0;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }
}

const FRESH: SinkMemory = {
  take: (bytes) => Buffer.allocUnsafeSlow(bytes).buffer,
  giveBack() {},
};
