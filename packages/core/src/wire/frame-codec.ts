import { deserialize, serialize } from 'node:v8';
import { hostNowMs } from '../base/clock.js';
import type { Frame, FrameKind } from './frame.js';

/*
 * A frame as bytes, all numbers little-endian as V8 and every platform of Node have them:
 *
 *   0  u32  length of the whole frame
 *   4  u32  kind
 *   8  u32  bytes of meta
 *  12  u32  reserved, 0
 *  16  f64  baseMs
 *  24  f64  sentAt
 *  32  meta, then the body in V8's structured-clone format, once for the whole frame: a serialize() costs
 *      1.7 µs before its first byte, and 48 ns for each further value in the same call.
 */
const HEADER_BYTES = 32;
const MAX_FRAME_BYTES = 2 ** 32 - 1;
const NO_META = new Uint32Array(0);

/** Encodes a frame into the buffers to write, in order, and tells when it was encoded. */
export function encodeFrame(
  kind: FrameKind,
  body: unknown,
  meta: Uint32Array = NO_META,
  baseMs = 0,
): { head: Buffer; payload: Buffer; sentAt: number } {
  const payload = serialize(body);
  const length = HEADER_BYTES + meta.byteLength + payload.length;
  if (length > MAX_FRAME_BYTES) {
    throw new RangeError(`${length} bytes are more than one frame can hold (${MAX_FRAME_BYTES}).`);
  }
  const sentAt = hostNowMs();
  const head = Buffer.allocUnsafe(HEADER_BYTES + meta.byteLength);
  head.writeUInt32LE(length, 0);
  head.writeUInt32LE(kind, 4);
  head.writeUInt32LE(meta.byteLength, 8);
  head.writeUInt32LE(0, 12);
  head.writeDoubleLE(baseMs, 16);
  head.writeDoubleLE(sentAt, 24);
  head.set(new Uint8Array(meta.buffer, meta.byteOffset, meta.byteLength), HEADER_BYTES);
  return { head, payload, sentAt };
}

/** Cuts a stream of bytes into frames, whatever the chunks. */
export class FrameReader {
  readonly #onFrame: (frame: Frame) => void;
  // The beginning of a frame that is not whole yet. A frame longer than one chunk gets its full length once and is
  // filled in place, so a 100 MB frame is copied once, not once per chunk.
  #partial: Buffer | undefined;
  #filled = 0;

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame;
  }

  push(chunk: Buffer): void {
    const receivedAt = hostNowMs();
    let rest = chunk;
    if (this.#partial !== undefined) rest = this.#fill(rest, receivedAt);
    while (rest.length >= 4) {
      const length = rest.readUInt32LE(0);
      if (length < HEADER_BYTES) throw new Error(`Corrupt frame: length ${length}.`);
      if (rest.length < length) break;
      this.#decode(rest.subarray(0, length), receivedAt);
      rest = rest.subarray(length);
    }
    if (rest.length > 0) this.#keep(rest);
  }

  #keep(rest: Buffer): void {
    if (rest.length < 4) {
      // Not even the length is here yet.
      this.#partial = Buffer.alloc(4);
    } else {
      this.#partial = Buffer.allocUnsafe(rest.readUInt32LE(0));
    }
    rest.copy(this.#partial);
    this.#filled = rest.length;
  }

  /** Completes the partial frame from `chunk` and returns what is left of the chunk. */
  #fill(chunk: Buffer, receivedAt: number): Buffer {
    let rest = chunk;
    let partial = this.#partial as Buffer;
    if (this.#filled < 4) {
      const taken = Math.min(4 - this.#filled, rest.length);
      rest.copy(partial, this.#filled, 0, taken);
      this.#filled += taken;
      rest = rest.subarray(taken);
      if (this.#filled < 4) return rest;
      const length = partial.readUInt32LE(0);
      if (length < HEADER_BYTES) throw new Error(`Corrupt frame: length ${length}.`);
      const whole = Buffer.allocUnsafe(length);
      partial.copy(whole, 0, 0, 4);
      this.#partial = partial = whole;
    }
    const taken = Math.min(partial.length - this.#filled, rest.length);
    rest.copy(partial, this.#filled, 0, taken);
    this.#filled += taken;
    if (this.#filled === partial.length) {
      this.#partial = undefined;
      this.#decode(partial, receivedAt);
    }
    return rest.subarray(taken);
  }

  #decode(bytes: Buffer, receivedAt: number): void {
    const metaBytes = bytes.readUInt32LE(8);
    const metaEnd = HEADER_BYTES + metaBytes;
    const from = bytes.byteOffset + HEADER_BYTES;
    // A copy, because a frame may begin at any byte of a chunk and a view of words must be aligned.
    const meta = metaBytes === 0 ? NO_META : new Uint32Array(bytes.buffer.slice(from, from + metaBytes));
    const body: unknown = deserialize(bytes.subarray(metaEnd));
    this.#onFrame({
      kind: bytes.readUInt32LE(4) as FrameKind,
      meta,
      body,
      baseMs: bytes.readDoubleLE(16),
      sentAt: bytes.readDoubleLE(24),
      receivedAt,
      decodedAt: hostNowMs(),
    });
  }
}
