import { SharedArrayBuffer } from '../base/natives.js';
import { DefaultDeserializer, DefaultSerializer } from '../base/v8-natives.js';
import { BelongsHere } from './not-serializable.js';
import { ownBytes } from './own-bytes.js';
import { checkSize } from './value-codec.js';
import { refuseWithoutMemory, viewNumber, viewOf } from './views.js';

/** The large views of one value, in order, which are not copied. */
export class BesideList {
  readonly views: Uint8Array[] = [];
  /** Bytes of all views together. */
  bytes = 0;

  /** Takes a view and returns its index. */
  add(bytes: Uint8Array): number {
    this.bytes += bytes.length;
    return this.views.push(bytes) - 1;
  }
}

/** Added to a view's type on the wire, which is twice its number, when its bytes lie beside. */
const BESIDE = 1;

/**
 * Writes one value by V8's serializer. Large views go beside.
 * @throws if V8 refuses the value, or its views alone are too large
 */
export function writeByV8(value: unknown, beside: BesideList, limitBytes: number, largeBytes: number): Buffer {
  const serializer = new ValueSerializer(beside, limitBytes, largeBytes);
  serializer.writeHeader();
  serializer.writeValue(value);
  return serializer.releaseBuffer();
}

/** @throws if the bytes are no value */
export function readByV8(bytes: Buffer, beside: (index: number) => ArrayBuffer): unknown {
  const deserializer = new ValueDeserializer(bytes, beside);
  deserializer.readHeader();
  return deserializer.readValue();
}

class ValueSerializer extends DefaultSerializer {
  readonly #beside: BesideList;
  readonly #limitBytes: number;
  readonly #largeBytes: number;
  #writtenBytes = 0;

  constructor(beside: BesideList, limitBytes: number, largeBytes: number) {
    super();
    this.#beside = beside;
    this.#limitBytes = limitBytes;
    this.#largeBytes = largeBytes;
  }

  /** V8 calls this for views, and for objects of native code. */
  _writeHostObject(object: object): void {
    if (!ArrayBuffer.isView(object)) throw new BelongsHere(object);
    if (object.buffer instanceof SharedArrayBuffer) throw new BelongsHere(object.buffer);
    const { byteLength } = object;
    if (byteLength === 0) refuseWithoutMemory(object);
    const bytes = new Uint8Array(object.buffer, object.byteOffset, byteLength);
    const isBeside = byteLength >= this.#largeBytes;
    this.writeUint32(viewNumber(object) * 2 + (isBeside ? BESIDE : 0));
    if (isBeside) {
      this.writeUint32(this.#beside.add(bytes));
      checkSize(this.#beside.bytes, this.#limitBytes);
      return;
    }
    this.#writtenBytes += byteLength;
    checkSize(this.#beside.bytes + this.#writtenBytes, this.#limitBytes);
    this.writeUint32(byteLength);
    this.writeRawBytes(bytes);
  }

  _getSharedArrayBufferId(object: object): number {
    throw new BelongsHere(object);
  }
}

class ValueDeserializer extends DefaultDeserializer {
  readonly #beside: (index: number) => ArrayBuffer;

  constructor(bytes: Buffer, beside: (index: number) => ArrayBuffer) {
    super(bytes);
    this.#beside = beside;
  }

  _readHostObject(): ArrayBufferView {
    const type = this.readUint32();
    if (type % 2 === BESIDE) return viewOf(type >> 1, this.#beside(this.readUint32()));
    const bytes = this.readRawBytes(this.readUint32());
    return viewOf(type >> 1, ownBytes(bytes, 0, bytes.length));
  }
}
