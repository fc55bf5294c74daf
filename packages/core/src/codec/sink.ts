import { Buffer } from '../base/natives.js';

/** Inputs of one pool that wait together share chunks of this size. */
const CHUNK_BYTES = 64 * 1024;
/** A value begins only where a small one fits, so that most values are never moved. */
const HEADROOM_BYTES = 512;
/** Largest buffer that `reset` keeps for the next frame. */
const KEPT_BYTES = 1024 * 1024;

/**
 * Bytes being written, value after value. A sink that runs full goes on in a new buffer and takes only the value under way
 * with it: values that are complete stay where they are, in the buffer they were written to.
 */
export class Sink {
  bytes: Buffer;
  /** The same bytes. */
  view: DataView;
  /** Where the next byte goes. */
  at = 0;
  /** Where the value under way begins. */
  start = 0;
  readonly #chunkBytes: number;

  constructor(chunkBytes = CHUNK_BYTES) {
    this.#chunkBytes = chunkBytes;
    this.bytes = Buffer.allocUnsafeSlow(chunkBytes);
    this.view = new DataView(this.bytes.buffer);
  }

  /** A value begins here. A buffer that grew for one large value is not shared with the small ones behind it. */
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

  /** Goes on in a larger buffer, where the value under way begins at 0. */
  grow(bytes: number): void {
    const written = this.at - this.start;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#chunkBytes, 2 * written + bytes));
    this.bytes.copy(larger, 0, this.start, this.at);
    this.#replace(larger);
    this.start = 0;
    this.at = written;
  }

  /** Takes back the value under way. A buffer that grew for it goes with it: the small values to come would hold on to it. */
  rollBack(): void {
    this.at = this.start;
    if (this.at === 0 && this.bytes.length > this.#chunkBytes) this.#replace(Buffer.allocUnsafeSlow(this.#chunkBytes));
  }

  /** Writes over what is there. Only when nothing refers to it any more. */
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
