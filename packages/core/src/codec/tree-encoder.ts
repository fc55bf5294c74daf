import { Date, SharedArrayBuffer, types } from '../base/natives.js';
import { findCulprit } from './culprit.js';
import { isTooDeep } from './depth.js';
import { LeafWriter, ROOM } from './leaf-writer.js';
import { NotSerializable } from './not-serializable.js';
import { NO_NAMED, NOT_PLAIN, NOTHING, ownKeyCount, refuseDisguised } from './plain-data.js';
import { refusePlatformObjects } from './platform-objects.js';
import { SeenObjects } from './seen-objects.js';
import { writeDefinitions } from './shape-definitions.js';
import { keysTo, MAX_APPENDED, mayBeDisguised, type ShapeNode, ShapeTable } from './shapes.js';
import type { Sink } from './sink.js';
import { MAX_DEPTH, OBJECT_HEAD, TAG } from './tree-format.js';
import { BesideList, writeByV8 } from './v8-values.js';
import { checkSize, TooLarge } from './value-codec.js';
import { refuseWithoutMemory, viewNumber } from './views.js';

/** Most holes of an array that outnumber its elements, before V8 takes it. V8 has the same bound for a gap (kMaxGap). */
const MANY_HOLES = 1024;

const hasOwn = Object.prototype.hasOwnProperty;
const timeOf = Date.prototype.getTime;

/**
 * Writes values. Each can be read by itself once the shapes that it uses are known. Plain data has a format of our own
 * (tree-format.ts). V8's serializer writes any other value as a whole.
 */
export class TreeEncoder extends LeafWriter {
  readonly #largeBytes: number;
  readonly #shapes = new ShapeTable();
  // Of the current value.
  #depth = 0;
  #isPolluted = false;
  #beside: BesideList | undefined;
  readonly #seen = new SeenObjects();

  /**
   * @param options.limitBytes most bytes of one value, those beside it included
   * @param options.largeBytes views of this size and more lie beside
   */
  constructor(options: { limitBytes: number; largeBytes: number }) {
    super(options.limitBytes);
    this.#largeBytes = options.largeBytes;
  }

  get shapeCount(): number {
    return this.#shapes.count;
  }

  /**
   * Appends one value to the sink.
   * @returns the large views that lie beside it, in order, in their own memory; undefined if there are none
   * @throws NotSerializable, TooLarge; then the sink ends where it ended before
   */
  encode(value: unknown, sink: Sink): readonly Uint8Array[] | undefined {
    if (this.sink !== undefined) throw new NotSerializable({ path: '', what: BUSY });
    this.open(sink);
    try {
      if (typeof value === 'object' && value !== null) this.#whole(value);
      else this.#write(value);
      checkSize(this.at - sink.start + (this.#beside?.bytes ?? 0), this.limitBytes);
      sink.at = this.at;
      return this.#beside?.views;
    } catch (error) {
      sink.rollBack();
      throw this.#refusal(error, value);
    } finally {
      this.sink = undefined;
      this.#beside = undefined;
      this.#depth = 0;
      this.#seen.forget();
    }
  }

  /** Appends the definitions of the shapes from this number on, up to `to`, or to the last. */
  writeShapes(from: number, sink: Sink, to = this.#shapes.count): void {
    writeDefinitions(this.#shapes, from, to, sink);
  }

  /** A whole value that is an object. */
  #whole(value: object): void {
    for (const _ in NOTHING) this.#isPolluted = true;
    try {
      this.room(ROOM);
      this.bytes[this.at++] = TAG.tree;
      this.#object(value);
    } catch (error) {
      if (error !== NOT_PLAIN) throw error;
      this.#byV8(value);
    } finally {
      this.#isPolluted = false;
    }
  }

  #byV8(value: object): void {
    const sink = this.sink as Sink;
    this.at = sink.start;
    this.#beside = new BesideList();
    refusePlatformObjects(value);
    const bytes = writeByV8(value, this.#beside, this.limitBytes, this.#largeBytes);
    if (isTooDeep(value, bytes.length)) throw new NotSerializable({ path: '', what: TOO_DEEP });
    this.room(bytes.length + 1);
    this.bytes[this.at] = TAG.v8;
    this.bytes.set(bytes, this.at + 1);
    this.at += bytes.length + 1;
    if (this.#beside.views.length === 0) this.#beside = undefined;
  }

  #write(value: unknown): void {
    if (this.at + ROOM > this.bytes.length) this.grow(ROOM);
    // By tests: a switch over the type makes a text of it, for a sixth of an object's time.
    if (typeof value === 'string') this.text(value);
    else if (typeof value === 'number') this.number(value);
    else if (typeof value === 'object') {
      if (value === null) this.bytes[this.at++] = TAG.null;
      else this.#object(value);
    } else if (value === undefined) this.bytes[this.at++] = TAG.undefined;
    else if (typeof value === 'boolean') this.bytes[this.at++] = value ? TAG.true : TAG.false;
    else if (typeof value === 'bigint') this.bigInt(value);
    // A function or a symbol.
    else throw NOT_PLAIN;
  }

  #object(value: object): void {
    const place = this.#seen.placeOf(value);
    if (place >= 0) {
      this.#reference(place);
      return;
    }
    if (Array.isArray(value)) {
      this.#array(value);
      return;
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) this.#plain(value as Record<string, unknown>);
    else if (ArrayBuffer.isView(value)) this.#bufferView(value);
    else if (types.isDate(value)) {
      this.double(TAG.date, timeOf.call(value));
    } else if (types.isArrayBuffer(value)) this.#arrayBuffer(value);
    else throw NOT_PLAIN;
  }

  #reference(place: number): void {
    const sink = this.sink as Sink;
    this.bytes[sink.start] = TAG.graph;
    this.bytes[this.at++] = TAG.ref;
    this.length(place);
  }

  #plain(value: Record<string, unknown>): void {
    if (++this.#depth > MAX_DEPTH) throw new NotSerializable({ path: '', what: TOO_DEEP });
    const sink = this.sink as Sink;
    // Relative to the value's start: the sink may move it meanwhile.
    const place = this.at - sink.start;
    this.at += OBJECT_HEAD;
    if (this.#isPolluted) {
      this.#byKeys(value, 0, '', place);
      this.#depth--;
      return;
    }
    let node: ShapeNode = this.#shapes.root;
    let appended = 0;
    let isWide = false;
    // One pass for the shape and the values: V8 reads a property fast during enumeration. The head follows when the shape is
    // known, and the keys of an object without a shape follow its values.
    for (const key in value) {
      if (node.lastKey === key) {
        node = node.lastNode as ShapeNode;
      } else {
        let next = this.#shapes.find(node, key);
        if (next === undefined && appended++ < MAX_APPENDED) next = this.#shapes.append(node, key);
        if (next === undefined) {
          isWide = true;
          break;
        }
        node = next;
      }
      this.#write(value[key]);
    }
    if (isWide) {
      this.#byKeys(value, node.depth, node.key, place);
    } else {
      const shape = node.number >= 0 ? node.number : this.#shapes.end(node);
      if (shape >= 0) this.#head(TAG.shaped, sink.start + place, shape);
      else this.#keys(value, keysTo(node), sink.start + place);
    }
    this.#depth--;
  }

  /**
   * Writes an object with its keys, when they are too many for a shape. Also used for all objects when they inherit an enumerable
   * property, which enumeration would show.
   * @param from number of values that are written already
   * @param last the key of the last of them
   */
  #byKeys(value: Record<string, unknown>, from: number, last: string, place: number): void {
    const keys = Object.keys(value);
    if (from > 0 && keys[from - 1] !== last) throw NOT_PLAIN;
    let count = from;
    for (let index = from; index < keys.length; index++) {
      const key = keys[index] as string;
      const entry = value[key];
      // An accessor may have deleted the property.
      if ((entry === undefined || this.#isPolluted) && !hasOwn.call(value, key)) continue;
      this.#write(entry);
      keys[count++] = key;
    }
    keys.length = count;
    this.#keys(value, keys, (this.sink as Sink).start + place);
  }

  /** Writes the keys behind the values of an object that has no shape. */
  #keys(value: object, keys: readonly string[], head: number): void {
    if (mayBeDisguised(keys)) refuseDisguised(value);
    this.#head(TAG.keyed, head, 0);
    this.room(ROOM);
    this.bytes[this.at++] = TAG.end;
    for (let index = 0; index < keys.length; index++) {
      this.room(ROOM);
      this.text(keys[index] as string);
    }
  }

  #head(tag: number, at: number, shape: number): void {
    const bytes = this.bytes;
    bytes[at] = tag;
    bytes[at + 1] = shape;
    bytes[at + 2] = shape >> 8;
  }

  #array(value: readonly unknown[]): void {
    if (++this.#depth > MAX_DEPTH) throw new NotSerializable({ path: '', what: TOO_DEEP });
    const { length } = value;
    const named = ownKeyCount(value);
    let holes = 0;
    this.bytes[this.at++] = TAG.array;
    this.length(length);
    for (let index = 0; index < length; index++) {
      const entry = value[index];
      if (typeof entry === 'number') {
        this.room(ROOM);
        this.number(entry);
      } else if ((entry === undefined || this.#isPolluted) && !hasOwn.call(value, index)) {
        if (++holes > MANY_HOLES && holes * 2 > index) throw NOT_PLAIN;
        this.room(ROOM);
        this.bytes[this.at++] = TAG.hole;
      } else {
        this.#write(entry);
      }
    }
    // A regex match has index, input and groups.
    if (named !== NO_NAMED && named !== length - holes) throw NOT_PLAIN;
    this.#depth--;
  }

  #bufferView(value: ArrayBufferView): void {
    const { buffer, byteOffset, byteLength } = value;
    if (buffer instanceof SharedArrayBuffer) throw NOT_PLAIN;
    if (byteLength === 0) refuseWithoutMemory(value);
    const type = viewNumber(value);
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    const isBeside = byteLength >= this.#largeBytes;
    this.bytes[this.at++] = isBeside ? TAG.viewBeside : TAG.view;
    this.bytes[this.at++] = type;
    this.#memory(bytes, isBeside);
  }

  #arrayBuffer(value: ArrayBuffer): void {
    // V8 knows resizable buffers. It refuses detached ones, which have no bytes.
    if (value.byteLength === 0 || (value as { resizable?: boolean }).resizable === true) throw NOT_PLAIN;
    const isBeside = value.byteLength >= this.#largeBytes;
    this.bytes[this.at++] = isBeside ? TAG.arrayBufferBeside : TAG.arrayBuffer;
    this.#memory(new Uint8Array(value), isBeside);
  }

  #memory(bytes: Uint8Array, isBeside: boolean): void {
    const { length } = bytes;
    if (isBeside) {
      this.#beside ??= new BesideList();
      this.#beside.add(bytes);
      checkSize(this.#beside.bytes, this.limitBytes);
      return;
    }
    this.room(length + ROOM);
    this.length(length);
    this.bytes.set(bytes, this.at);
    this.at += length;
  }

  #refusal(error: unknown, value: unknown): Error {
    if (error instanceof TooLarge || error instanceof NotSerializable) return error;
    if (error instanceof RangeError && /call stack/i.test(error.message)) {
      return new NotSerializable({ path: '', what: STACK_FULL }, error);
    }
    return findCulprit(value, error);
  }
}

const BUSY = 'cannot be sent while an accessor of another value, which is being sent, runs';
const TOO_DEEP = `is nested more than ${MAX_DEPTH} levels deep, which is as deep as every worker can read`;
const STACK_FULL = 'is nested more deeply than the stack that is left here allows';
