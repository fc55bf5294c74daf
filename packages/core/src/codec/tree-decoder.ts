import { type Buffer, Date } from '../base/natives.js';
import { LeafReader } from './leaf-reader.js';
import { type ReadNext, setOwn, ShapeReader } from './shape-reader.js';
import { MAX_DEPTH, MAX_SHAPE_KEYS, MAX_SHAPES, OBJECT_HEAD, SHORT_TEXT, SMALL_INT, TAG } from './tree-format.js';
import { readByV8 } from './v8-values.js';
import { viewOf } from './views.js';

/**
 * Most keys of an ordinary object without a shape; with more keys it is made as a dictionary. With 6, 12 and 24 new keys, an
 * ordinary object takes 6.2, 8.7 and 19 µs. A dictionary takes some 3 µs. An ordinary object is faster for its reader.
 */
const FEW_KEYS = 12;
/** The memory of a large view, by its index. */
export type BesideMemory = (index: number) => ArrayBuffer;

/** Reads the values that a TreeEncoder wrote. */
export class TreeDecoder extends LeafReader {
  readonly #shapes: ShapeReader[] = [];
  // Of the current value.
  #depth = 0;
  #elements = 0;
  /** In a graph: all parts with an identity, in order. */
  #parts: unknown[] | undefined;
  #beside: BesideMemory = noneBeside;
  #besideCount = 0;
  readonly #next: ReadNext = () => this.#value();

  /**
   * Takes the definitions of further shapes. They arrive once on a link, in order, before the first value that uses them.
   * @throws if the bytes define no shapes; then none of them is taken
   */
  defineShapes(bytes: Buffer, at: number, end: number): void {
    this.open(bytes, at, end);
    try {
      const shapes: ShapeReader[] = [];
      while (this.at < end) {
        const count = this.length();
        if (count > MAX_SHAPE_KEYS || this.#shapes.length + shapes.length === MAX_SHAPES) throw new Error(NO_SHAPES);
        const keys: string[] = [];
        for (let key = 0; key < count; key++) keys.push(this.key());
        shapes.push(new ShapeReader(keys));
      }
      this.checkEnd();
      this.#shapes.push(...shapes);
    } finally {
      this.#finish();
    }
  }

  /**
   * Reads one value. It has memory of its own.
   * @param beside gives the memory of a large view, which becomes the value's own
   * @throws if the bytes are no value
   */
  decode(bytes: Buffer, at: number, end: number, beside: BesideMemory = noneBeside): unknown {
    this.open(bytes, at, end);
    this.#beside = beside;
    try {
      const value = this.#whole();
      this.checkEnd();
      return value;
    } finally {
      this.#finish();
    }
  }

  #finish(): void {
    this.close();
    this.#parts = undefined;
    this.#beside = noneBeside;
    this.#besideCount = 0;
    this.#depth = 0;
    this.#elements = 0;
  }

  #whole(): unknown {
    switch (this.bytes[this.at]) {
      case TAG.tree:
        this.at++;
        return this.#value();
      case TAG.graph:
        this.at++;
        this.#parts = [];
        return this.#value();
      case TAG.v8: {
        const bytes = this.bytes.subarray(this.at + 1, this.end);
        this.at = this.end;
        return readByV8(bytes, this.#beside);
      }
      default:
        return this.#value();
    }
  }

  #value(): unknown {
    const tag = this.bytes[this.at++] as number;
    if (tag >= SMALL_INT) return tag - SMALL_INT;
    if (tag >= SHORT_TEXT) return this.latin1(tag - SHORT_TEXT);
    switch (tag) {
      case TAG.double:
        return this.double();
      case TAG.int:
        return this.int();
      case TAG.true:
        return true;
      case TAG.false:
        return false;
      case TAG.null:
        return null;
      case TAG.undefined:
        return undefined;
      case TAG.latin1:
        return this.latin1(this.length());
      case TAG.wide:
        return this.wide(this.length());
      case TAG.shaped:
        return this.#shaped();
      case TAG.keyed:
        return this.#keyed();
      case TAG.array:
        return this.#array();
      default:
        return this.#rare(tag);
    }
  }

  /** Reads values with rare tags. */
  #rare(tag: number): unknown {
    switch (tag) {
      case TAG.ref: {
        const place = this.length();
        if (this.#parts === undefined || place >= this.#parts.length) throw new Error(`No part has number ${place}.`);
        return this.#parts[place];
      }
      case TAG.date:
        return this.#part(new Date(this.double()));
      case TAG.bigInt:
        return this.bigInt();
      case TAG.longBigInt:
        return this.longBigInt();
      case TAG.view: {
        const type = this.bytes[this.at++] as number;
        return this.#part(viewOf(type, this.memory()));
      }
      case TAG.viewBeside: {
        const type = this.bytes[this.at++] as number;
        return this.#part(viewOf(type, this.#beside(this.#besideCount++)));
      }
      case TAG.arrayBuffer:
        return this.#part(this.memory());
      case TAG.arrayBufferBeside:
        return this.#part(this.#beside(this.#besideCount++));
      default:
        throw new Error(`No value has tag ${tag}.`);
    }
  }

  #part<T>(part: T): T {
    this.#parts?.push(part);
    return part;
  }

  #shaped(): object {
    const bytes = this.bytes;
    const shape = this.#shapes[(bytes[this.at] as number) | ((bytes[this.at + 1] as number) << 8)];
    this.at += OBJECT_HEAD - 1;
    if (shape === undefined) throw new Error(NO_SHAPES);
    this.#descend();
    let object: object;
    if (this.#parts === undefined) {
      object = shape.read(this.#next);
    } else {
      object = this.#part({});
      for (const key of shape.keys) setOwn(object, key, this.#value());
    }
    this.#depth--;
    return object;
  }

  #keyed(): object {
    this.at += OBJECT_HEAD - 1;
    this.#descend();
    const part = this.#part<Record<string, unknown>>({});
    const values: unknown[] = [];
    while (this.bytes[this.at] !== TAG.end) values.push(this.#value());
    this.at++;
    const isDictionary = values.length > FEW_KEYS && this.#parts === undefined;
    const object = isDictionary ? dictionary() : part;
    for (let index = 0; index < values.length; index++) {
      if (isDictionary) object[this.key()] = values[index];
      else setOwn(object, this.key(), values[index]);
    }
    this.#depth--;
    return isDictionary ? (Object.setPrototypeOf(object, Object.prototype) as object) : object;
  }

  #array(): unknown[] {
    const length = this.length();
    // Every element has at least a byte, and is in one array only.
    this.#elements += length;
    if (this.#elements > this.end - this.start)
      throw new Error(`An array of ${length} elements ends behind its value.`);
    this.#descend();
    const array = this.#part(new Array<unknown>(length));
    for (let index = 0; index < length; index++) {
      if (this.bytes[this.at] === TAG.hole) this.at++;
      else array[index] = this.#value();
    }
    this.#depth--;
    return array;
  }

  #descend(): void {
    if (++this.#depth > MAX_DEPTH) throw new Error(`A value is nested more than ${MAX_DEPTH} levels deep.`);
  }
}

const NO_SHAPES = 'A shape is not known, or is too large, or one too many.';

/** An object without a prototype, which V8 keeps as a hash table: rare keys make no chain of hidden classes. */
function dictionary(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>;
}

function noneBeside(): never {
  throw new Error('A view should lie beside its value, and does not.');
}
