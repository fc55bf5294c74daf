import { hostNowMs } from '../base/clock.js';
import { Buffer } from '../base/natives.js';
import { deserialize, serialize } from '../base/v8-natives.js';
import { type Cargo, FEW_WORDS, type Frame, type FrameKind } from './frame.js';

/*
 * A frame as bytes, all numbers little-endian as V8 and every platform of Node have them:
 *
 *    0  u32  length of the whole frame
 *    4  u32  MARK | kind
 *    8  u32  bytes of meta
 *   12  u32  bytes of values
 *   16  u32  bytes of what lies beside
 *   20  u32  unused
 *   24  f64  sentAt
 *   32  meta, then the values, then what lies beside (each with its length, u32, before it), then the body in V8's
 *       structured-clone format. Absent parts have no bytes.
 */
const HEADER_BYTES = 32;
const MARK_END = 8;
const MARK = 0x4d506f00;
const KIND_MASK = 0xff;
const LENGTH_BYTES = 4;
/** Length of the longest frame: it is one word. */
const MAX_FRAME_BYTES = 2 ** 32 - 1;
/** Most bytes of a frame beyond its values: rows and thrown values. */
const CONTROL_BYTES = 256 * 1024 * 1024;
const NO_META = new Uint32Array(0);
const NO_BYTES = new Uint8Array(0);
const NO_VALUES = Buffer.alloc(0);
const NOTHING_BESIDE: readonly ArrayBuffer[] = [];

/** Settings that both ends of a link share. */
export interface FrameFormat {
  readonly maxPayloadBytes: number;
}

/**
 * Longest frame that is copied into one buffer, so that one call writes it instead of several. A frame of 1 KiB in two parts took
 * 4.6 µs, and 3.4 in one. From 4 KiB on, both took as long.
 */
const JOINED_BYTES = 4096;

/** Encodes a frame into the buffers to write, in order. Also returns the time of the encoding. */
export function encodeFrame(
  format: FrameFormat,
  kind: FrameKind,
  body: unknown,
  cargo?: Cargo,
): { parts: Uint8Array[]; sentAt: number } {
  const meta = cargo?.meta ?? NO_META;
  const values = cargo?.values;
  const beside = cargo?.beside ?? NOTHING_BESIDE;
  const bodyBytes = body === undefined ? NO_BYTES : serialize(body);
  let valueBytes = 0;
  if (values !== undefined) for (const each of values) valueBytes += each.length;
  let besideBytes = 0;
  for (const { byteLength } of beside) besideBytes += LENGTH_BYTES + byteLength;
  const length = HEADER_BYTES + meta.byteLength + valueBytes + besideBytes + bodyBytes.length;
  const limit = maxFrameBytes(format);
  if (length > limit) throw new RangeError(`${length} bytes are more than one frame can hold (${limit}).`);
  const sentAt = hostNowMs();
  // Values are copied, since the caller reuses their memory as soon as this returns.
  const isJoined = length <= JOINED_BYTES;
  const valuesAt = HEADER_BYTES + meta.byteLength;
  const besideAt = valuesAt + valueBytes;
  const head = Buffer.allocUnsafe(isJoined ? length : besideAt);
  head.writeUInt32LE(length, 0);
  head.writeUInt32LE(MARK | kind, 4);
  head.writeUInt32LE(meta.byteLength, 8);
  head.writeUInt32LE(valueBytes, 12);
  head.writeUInt32LE(besideBytes, 16);
  head.writeUInt32LE(0, 20);
  head.writeDoubleLE(sentAt, 24);
  if (meta.length <= FEW_WORDS)
    for (let at = 0; at < meta.length; at++) head.writeUInt32LE(meta[at] ?? 0, HEADER_BYTES + at * 4);
  else head.set(new Uint8Array(meta.buffer, meta.byteOffset, meta.byteLength), HEADER_BYTES);
  if (values !== undefined) {
    let at = valuesAt;
    for (const each of values) {
      head.set(each, at);
      at += each.length;
    }
  }
  const rest: Uint8Array[] = [];
  for (const memory of beside) {
    const size = Buffer.allocUnsafe(LENGTH_BYTES);
    size.writeUInt32LE(memory.byteLength, 0);
    rest.push(size, new Uint8Array(memory));
  }
  if (bodyBytes.length > 0) rest.push(bodyBytes);
  if (!isJoined) return { parts: [head, ...rest], sentAt };
  let at = besideAt;
  for (const part of rest) {
    head.set(part, at);
    at += part.length;
  }
  return { parts: [head], sentAt };
}

function checkMark(header: Buffer): void {
  const word = header.readUInt32LE(4);
  if (word - (word & KIND_MASK) !== MARK)
    throw new Error(`Corrupt frame: it begins with ${header.toString('hex', 0, 8)}.`);
}

function maxFrameBytes({ maxPayloadBytes }: FrameFormat): number {
  return Math.min(MAX_FRAME_BYTES, maxPayloadBytes + CONTROL_BYTES);
}

/** Cuts a stream of bytes into frames, wherever the chunks end. */
export class FrameReader {
  /** Format of the next frame. */
  format: FrameFormat;
  readonly #onFrame: (frame: Frame) => void;
  // The beginning of an incomplete frame: first its header, then its full length. It is filled in place, so that a 100 MB frame is
  // copied once, not once per chunk.
  #partial: Buffer | undefined;
  #filled = 0;

  constructor(format: FrameFormat, onFrame: (frame: Frame) => void) {
    this.format = format;
    this.#onFrame = onFrame;
  }

  /** @throws for bytes that are no frame, since the end of such a frame cannot be known */
  push(chunk: Buffer): void {
    const receivedAt = hostNowMs();
    let rest = chunk;
    if (this.#partial !== undefined) rest = this.#fill(rest, receivedAt);
    while (rest.length >= HEADER_BYTES) {
      const length = this.#lengthIn(rest);
      if (rest.length === length) {
        this.#decode(rest, receivedAt);
        return;
      }
      if (rest.length < length) break;
      this.#decode(rest.subarray(0, length), receivedAt);
      rest = rest.subarray(length);
    }
    if (rest.length > 0) this.#keep(rest);
  }

  /** The length of the frame that begins here. It is checked first, since that much memory is allocated. */
  #lengthIn(header: Buffer): number {
    const length = header.readUInt32LE(0);
    checkMark(header);
    const least = HEADER_BYTES + header.readUInt32LE(8) + header.readUInt32LE(12) + header.readUInt32LE(16);
    if (length < least || length > maxFrameBytes(this.format)) throw new Error(`Corrupt frame: length ${length}.`);
    return length;
  }

  #keep(rest: Buffer): void {
    this.#partial = Buffer.allocUnsafe(rest.length < HEADER_BYTES ? HEADER_BYTES : this.#lengthIn(rest));
    rest.copy(this.#partial);
    this.#filled = rest.length;
    // Noise that is shorter than a header may be all that ever arrives.
    if (rest.length >= MARK_END) checkMark(rest);
  }

  /** Completes the partial frame from `chunk`. Returns the rest of the chunk. */
  #fill(chunk: Buffer, receivedAt: number): Buffer {
    let rest = chunk;
    if (this.#filled < HEADER_BYTES) {
      rest = this.#take(rest, HEADER_BYTES);
      if (this.#filled < HEADER_BYTES) return rest;
      const header = this.#partial as Buffer;
      this.#partial = Buffer.allocUnsafe(this.#lengthIn(header));
      header.copy(this.#partial);
    }
    const partial = this.#partial as Buffer;
    rest = this.#take(rest, partial.length);
    if (this.#filled === partial.length) {
      this.#partial = undefined;
      this.#decode(partial, receivedAt);
    }
    return rest;
  }

  #take(chunk: Buffer, upTo: number): Buffer {
    const taken = Math.min(upTo - this.#filled, chunk.length);
    chunk.copy(this.#partial as Buffer, this.#filled, 0, taken);
    this.#filled += taken;
    return chunk.subarray(taken);
  }

  #decode(bytes: Buffer, receivedAt: number): void {
    const valuesAt = HEADER_BYTES + bytes.readUInt32LE(8);
    const besideAt = valuesAt + bytes.readUInt32LE(12);
    const bodyAt = besideAt + bytes.readUInt32LE(16);
    this.#onFrame({
      kind: bytes.readUInt32LE(4) & KIND_MASK,
      meta: readMeta(bytes, valuesAt),
      values: besideAt === valuesAt ? NO_VALUES : bytes.subarray(valuesAt, besideAt),
      beside: bodyAt === besideAt ? NOTHING_BESIDE : readBeside(bytes.subarray(besideAt, bodyAt)),
      body: bodyAt === bytes.length ? undefined : deserialize(bytes.subarray(bodyAt)),
      sentAt: bytes.readDoubleLE(24),
      receivedAt,
    });
  }
}

function readBeside(bytes: Buffer): ArrayBuffer[] {
  const beside: ArrayBuffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const from = at + LENGTH_BYTES;
    const end = from + bytes.readUInt32LE(at);
    if (end > bytes.length) throw new Error('Corrupt frame: what lies beside its values is cut off.');
    beside.push(bytes.buffer.slice(bytes.byteOffset + from, bytes.byteOffset + end) as ArrayBuffer);
    at = end;
  }
  return beside;
}

/** The table of a frame, from the header to `end`. A copy: a frame may begin at any byte, and a view of words must be aligned. */
function readMeta(bytes: Buffer, end: number): Uint32Array {
  const count = (end - HEADER_BYTES) / 4;
  if (count === 0) return NO_META;
  if (count > FEW_WORDS) {
    return new Uint32Array(bytes.buffer.slice(bytes.byteOffset + HEADER_BYTES, bytes.byteOffset + end));
  }
  const meta = new Uint32Array(count);
  for (let at = 0; at < count; at++) meta[at] = bytes.readUInt32LE(HEADER_BYTES + at * 4);
  return meta;
}
