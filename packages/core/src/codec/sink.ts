import { Buffer } from '../base/natives.js';

/** Size of the first buffer, where the caller names none. */
const CHUNK_BYTES = 64 * 1024;
/** Least room for a new value: a small one fits, so that most values are never moved. */
const HEADROOM_BYTES = 512;
/** Largest buffer that `reset` keeps for the next frame. */
const KEPT_BYTES = 1024 * 1024;

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
  readonly #take: (bytes: number) => ArrayBuffer;

  /**
   * @param chunkBytes size of each buffer in which values lie one behind the other
   * @param take gives the memory of a buffer for one large value: at least this number of bytes
   */
  constructor(chunkBytes = CHUNK_BYTES, take = fresh) {
    this.#chunkBytes = chunkBytes;
    this.#take = take;
    this.bytes = Buffer.allocUnsafeSlow(chunkBytes);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Begins a value. A buffer that grew for one large value is not shared with the small ones behind it. */
  begin(): void {
    const { length } = this.bytes;
    if (this.at > 0 && (length - this.at < HEADROOM_BYTES || length > this.#chunkBytes)) {
      this.#replace(Buffer.allocUnsafeSlow(this.#chunkBytes));
      this.at = 0;
    }
    this.start = this.at;
  }

  /** Makes room for this many bytes more. */
  ensure(bytes: number): void {
    if (this.at + bytes > this.bytes.length) this.grow(bytes);
  }

  /** Moves on to a larger buffer, where the unfinished value begins at 0. */
  grow(bytes: number): void {
    const written = this.at - this.start;
    const length = Math.max(this.#chunkBytes, 2 * written + bytes);
    const larger = length > this.#chunkBytes ? Buffer.from(this.#take(length)) : Buffer.allocUnsafeSlow(length);
    this.bytes.copy(larger, 0, this.start, this.at);
    this.#replace(larger);
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
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }
}

function fresh(bytes: number): ArrayBuffer {
  return Buffer.allocUnsafeSlow(bytes).buffer;
}
