import { DefaultDeserializer, DefaultSerializer } from 'node:v8';
import type { Buffer } from '../base/natives.js';
import { LARGE_BYTES, type Arena } from './arena.js';
import { decodePlain, encodePlain, isPlain } from './plain-values.js';
import { checkSize, type ValueCodec } from './value-codec.js';
import { viewNumber, viewOf } from './views.js';

/** A list of values some of which are ArrayBuffers, for which the serializer has no hook: they go as views. */
interface WithBuffers {
  values: unknown[];
  /** Rows of the views that were ArrayBuffers. */
  buffers: number[];
}

/**
 * V8's structured clone, as node:v8 has it, with three differences. Lists of nothing but short primitive values do without it
 * (plain-values.ts). Large views go into the arena, wherever in a value they
 * are, and only their place goes into the bytes. And a typed array gets a buffer of its own, as structuredClone gives it;
 * node:v8's lie in the middle of the bytes received.
 */
export class StructuredCodec implements ValueCodec {
  readonly #limitBytes: number;
  readonly #arena: Arena | undefined;

  constructor(limitBytes: number, arena?: Arena) {
    this.#limitBytes = limitBytes;
    this.#arena = arena;
  }

  encode(values: readonly unknown[], isTrial = false): Uint8Array {
    const plain = encodePlain(values);
    if (plain !== undefined) {
      checkSize(plain.length, this.#limitBytes);
      return plain;
    }
    const mark = this.#arena?.mark() ?? 0;
    try {
      const serializer = new FrameSerializer(this.#limitBytes, this.#arena, isTrial);
      serializer.writeHeader();
      serializer.writeValue(this.#arena === undefined ? values : withoutLargeBuffers(values));
      const bytes = serializer.releaseBuffer();
      checkSize(bytes.length + serializer.besideBytes, this.#limitBytes);
      return bytes;
    } catch (error) {
      this.#arena?.rollBack(mark);
      throw error;
    }
  }

  decode(bytes: Buffer): unknown[] {
    if (isPlain(bytes)) return decodePlain(bytes);
    const deserializer = new FrameDeserializer(bytes, this.#arena);
    deserializer.readHeader();
    const decoded = deserializer.readValue() as unknown[] | WithBuffers;
    if (Array.isArray(decoded)) return decoded;
    for (const row of decoded.buffers) decoded.values[row] = (decoded.values[row] as Uint8Array).buffer;
    return decoded.values;
  }
}

class FrameSerializer extends DefaultSerializer {
  /** Bytes that are not in the buffer. */
  besideBytes = 0;
  readonly #limitBytes: number;
  readonly #arena: Arena | undefined;
  readonly #isTrial: boolean;

  constructor(limitBytes: number, arena: Arena | undefined, isTrial: boolean) {
    super();
    this.#limitBytes = limitBytes;
    this.#arena = arena;
    this.#isTrial = isTrial;
  }

  /** Called for views and for what only this process has. Writes type · 2 + whether it is beside, bytes, and the rest. */
  _writeHostObject(object: object): void {
    if (!ArrayBuffer.isView(object)) throw new TypeError(`a ${nameOf(object)} belongs to this process. ${THREADS_CAN}`);
    if (object.buffer instanceof SharedArrayBuffer) throw new TypeError(NOT_SHARED);
    const { byteLength } = object;
    checkSize(this.besideBytes + byteLength, this.#limitBytes);
    const bytes = new Uint8Array(object.buffer, object.byteOffset, byteLength);
    const type = viewNumber(object) * 2;
    const chunk = byteLength < LARGE_BYTES ? undefined : this.#writeBeside(bytes);
    this.writeUint32(chunk === undefined ? type : type + 1);
    this.writeUint32(byteLength);
    if (chunk === undefined) {
      this.writeRawBytes(bytes);
    } else {
      this.writeUint32(chunk.number);
      this.writeUint32(chunk.at);
      this.besideBytes += byteLength;
    }
  }

  _getSharedArrayBufferId(): number {
    throw new TypeError(NOT_SHARED);
  }

  #writeBeside(bytes: Uint8Array): { number: number; at: number } | undefined {
    return this.#isTrial ? { number: 0, at: 0 } : this.#arena?.write(bytes);
  }
}

class FrameDeserializer extends DefaultDeserializer {
  readonly #arena: Arena | undefined;

  constructor(bytes: Buffer, arena: Arena | undefined) {
    super(bytes);
    this.#arena = arena;
  }

  _readHostObject(): ArrayBufferView {
    const type = this.readUint32();
    const byteLength = this.readUint32();
    const number = type >> 1;
    if (type % 2 === 1) return viewOf(number, this.#readBeside(byteLength));
    const bytes = this.readRawBytes(byteLength);
    // A Buffer may be part of a larger one, as small Buffers often are; others get a buffer of their own.
    if (number === 0) return bytes;
    return viewOf(number, bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + byteLength) as ArrayBuffer);
  }

  #readBeside(byteLength: number): ArrayBuffer {
    const number = this.readUint32();
    const at = this.readUint32();
    if (this.#arena === undefined) throw new Error('A value lies in an arena, and there is none.');
    return this.#arena.read(number, at, byteLength);
  }
}

const THREADS_CAN = 'Only kind "thread" can send or move it.';
const NOT_SHARED = `a SharedArrayBuffer cannot be shared with another process. Send a copy (.slice()), or use kind "thread", which shares it.`;

function nameOf(object: object): string {
  return (object.constructor as { name?: string } | undefined)?.name ?? 'host object';
}

/** The same values, with large ArrayBuffers among them as views; the list itself when there are none. */
function withoutLargeBuffers(values: readonly unknown[]): readonly unknown[] | WithBuffers {
  let result: WithBuffers | undefined;
  for (let row = 0; row < values.length; row++) {
    const value = values[row];
    if (typeof value !== 'object' || !(value instanceof ArrayBuffer) || value.byteLength < LARGE_BYTES) continue;
    result ??= { values: [...values], buffers: [] };
    result.values[row] = new Uint8Array(value);
    result.buffers.push(row);
  }
  return result ?? values;
}
