import { Buffer, Date } from '../base/natives.js';
import { latin1Slice } from './raw-text.js';
import { ownBytes } from './own-bytes.js';
import { setOwn, ShapeReader, type ReadNext } from './shape-reader.js';
import { MAX_DEPTH, MAX_SHAPE_KEYS, MAX_SHAPES, OBJECT_HEAD, SHORT_TEXT, SMALL_INT, TAG } from './tree-format.js';
import { readByV8 } from './v8-values.js';
import { viewOf } from './views.js';

/**
 * Bytes that are read as text at once, of which the texts in them are slices. A slice holds on to all of it, so this is what
 * a small text can hold on to.
 */
const TEXT_BYTES = 8 * 1024;
/** A text from this length on is read by itself: it is not worth holding on to others for. */
const LONG_TEXT = 1024;

/** Objects with more keys of no shape are made as dictionaries. */
const FEW_KEYS = 12;
/** Doubles of a value that are read by their bytes. */
const FEW_DOUBLES = 20;

const NO_BYTES = Buffer.alloc(0);
const number = new Float64Array(1);
const integer = new BigInt64Array(number.buffer);
const numberBytes = new Uint8Array(number.buffer);

/** Where a large view lies. */
export type BesideMemory = (index: number) => ArrayBuffer;

/** Reads the values that a TreeEncoder wrote. */
export class TreeDecoder {
  readonly #shapes: ShapeReader[] = [];
  // The value under way.
  #bytes: Buffer = NO_BYTES;
  #start = 0;
  #at = 0;
  #end = 0;
  #depth = 0;
  #view: DataView | undefined;
  #doubles = 0;
  #elements = 0;
  #text = '';
  #textFrom = 0;
  #textTo = 0;
  /** In a graph: all that has an identity, in order. */
  #parts: unknown[] | undefined;
  #beside: BesideMemory = noneBeside;
  #besideCount = 0;
  readonly #next: ReadNext = () => this.#value();

  /**
   * Takes the definitions of further shapes. They arrive once on a link, in order, before the first value that uses them.
   * @throws for bytes that define no shapes; none of them is taken then
   */
  defineShapes(bytes: Buffer, at: number, end: number): void {
    this.#begin(bytes, at, end);
    try {
      const shapes: ShapeReader[] = [];
      while (this.#at < end) {
        const count = this.#length();
        if (count > MAX_SHAPE_KEYS || this.#shapes.length + shapes.length === MAX_SHAPES) throw new Error(NO_SHAPES);
        const keys: string[] = [];
        for (let key = 0; key < count; key++) keys.push(this.#key());
        shapes.push(new ShapeReader(keys));
      }
      this.#checkEnd();
      this.#shapes.push(...shapes);
    } finally {
      this.#finish();
    }
  }

  /**
   * Reads one value. All that it returns has memory of its own.
   * @param beside gives the memory of a large view, which becomes the value's own
   * @throws for bytes that are no value
   */
  decode(bytes: Buffer, at: number, end: number, beside: BesideMemory = noneBeside): unknown {
    this.#begin(bytes, at, end);
    this.#beside = beside;
    try {
      const value = this.#whole();
      this.#checkEnd();
      return value;
    } finally {
      this.#finish();
    }
  }

  #begin(bytes: Buffer, at: number, end: number): void {
    if (!(at >= 0 && at <= end && end <= bytes.length)) throw new Error(`No value lies at ${at} to ${end}.`);
    this.#bytes = bytes;
    this.#start = at;
    this.#at = at;
    this.#end = end;
    this.#textTo = 0;
  }

  /** A frame is not held on to by its last value. */
  #finish(): void {
    this.#bytes = NO_BYTES;
    this.#text = '';
    this.#parts = undefined;
    this.#beside = noneBeside;
    this.#besideCount = 0;
    this.#depth = 0;
    this.#elements = 0;
    this.#view = undefined;
    this.#doubles = 0;
  }

  #checkEnd(): void {
    if (this.#at !== this.#end) throw new Error(`A value ends at ${this.#at}, and should at ${this.#end}.`);
  }

  #whole(): unknown {
    switch (this.#bytes[this.#at]) {
      case TAG.tree:
        this.#at++;
        return this.#value();
      case TAG.graph:
        this.#at++;
        this.#parts = [];
        return this.#value();
      case TAG.v8: {
        const bytes = this.#bytes.subarray(this.#at + 1, this.#end);
        this.#at = this.#end;
        return readByV8(bytes, this.#beside);
      }
      default:
        return this.#value();
    }
  }

  #value(): unknown {
    const tag = this.#bytes[this.#at++] as number;
    if (tag >= SMALL_INT) return tag - SMALL_INT;
    if (tag >= SHORT_TEXT) return this.#latin1(tag - SHORT_TEXT);
    switch (tag) {
      case TAG.double:
        return this.#double();
      case TAG.int: {
        const bytes = this.#bytes;
        const at = this.#at;
        this.#at = at + 4;
        return (
          (bytes[at] as number) |
          ((bytes[at + 1] as number) << 8) |
          ((bytes[at + 2] as number) << 16) |
          ((bytes[at + 3] as number) << 24)
        );
      }
      case TAG.true:
        return true;
      case TAG.false:
        return false;
      case TAG.null:
        return null;
      case TAG.undefined:
        return undefined;
      case TAG.latin1:
        return this.#latin1(this.#length());
      case TAG.wide:
        return this.#wide(this.#length());
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

  /** Tags that few values have. */
  #rare(tag: number): unknown {
    switch (tag) {
      case TAG.ref: {
        const place = this.#length();
        if (this.#parts === undefined || place >= this.#parts.length) throw new Error(`No part has number ${place}.`);
        return this.#parts[place];
      }
      case TAG.date:
        return this.#part(new Date(this.#double()));
      case TAG.bigInt:
        this.#eightBytes();
        return integer[0];
      case TAG.longBigInt: {
        const digits = this.#key();
        return digits.startsWith('-') ? -BigInt(`0x${digits.slice(1)}`) : BigInt(`0x${digits}`);
      }
      case TAG.view: {
        const type = this.#bytes[this.#at++] as number;
        return this.#part(viewOf(type, this.#memory()));
      }
      case TAG.viewBeside: {
        const type = this.#bytes[this.#at++] as number;
        return this.#part(viewOf(type, this.#beside(this.#besideCount++)));
      }
      case TAG.arrayBuffer:
        return this.#part(this.#memory());
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
    const bytes = this.#bytes;
    const shape = this.#shapes[(bytes[this.#at] as number) | ((bytes[this.#at + 1] as number) << 8)];
    this.#at += OBJECT_HEAD - 1;
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
    this.#at += OBJECT_HEAD - 1;
    this.#descend();
    const part = this.#part<Record<string, unknown>>({});
    const values: unknown[] = [];
    while (this.#bytes[this.#at] !== TAG.end) values.push(this.#value());
    this.#at++;
    const isDictionary = values.length > FEW_KEYS && this.#parts === undefined;
    const object = isDictionary ? dictionary() : part;
    for (let index = 0; index < values.length; index++) {
      if (isDictionary) object[this.#key()] = values[index];
      else setOwn(object, this.#key(), values[index]);
    }
    this.#depth--;
    return isDictionary ? (Object.setPrototypeOf(object, Object.prototype) as object) : object;
  }

  #array(): unknown[] {
    const length = this.#length();
    // Every element has a byte at least, and it is in one array only.
    this.#elements += length;
    if (this.#elements > this.#end - this.#start)
      throw new Error(`An array of ${length} elements ends behind its value.`);
    this.#descend();
    const array = this.#part(new Array<unknown>(length));
    for (let index = 0; index < length; index++) {
      if (this.#bytes[this.#at] === TAG.hole) this.#at++;
      else array[index] = this.#value();
    }
    this.#depth--;
    return array;
  }

  #descend(): void {
    if (++this.#depth > MAX_DEPTH) throw new Error(`A value is nested more than ${MAX_DEPTH} levels deep.`);
  }

  #key(): string {
    const tag = this.#bytes[this.#at++] as number;
    if (tag >= SHORT_TEXT && tag < SMALL_INT) return this.#latin1(tag - SHORT_TEXT);
    if (tag === TAG.latin1) return this.#latin1(this.#length());
    if (tag === TAG.wide) return this.#wide(this.#length());
    throw new Error(`No text has tag ${tag}.`);
  }

  #latin1(length: number): string {
    const from = this.#at;
    const to = from + length;
    this.#at = to;
    // What was read as text begins before what is still to be read.
    if (to <= this.#textTo) return this.#text.slice(from - this.#textFrom, to - this.#textFrom);
    if (to > this.#end) throw new Error(TEXT_BEYOND);
    if (length >= LONG_TEXT || to === this.#end) return latin1Slice(this.#bytes, from, to);
    this.#textFrom = from;
    this.#textTo = Math.min(this.#end, from + TEXT_BYTES);
    this.#text = latin1Slice(this.#bytes, from, this.#textTo);
    return this.#text.slice(0, length);
  }

  #wide(length: number): string {
    const from = this.#at;
    this.#at = from + length;
    if (this.#at > this.#end || length % 2 === 1) throw new Error(TEXT_BEYOND);
    return this.#bytes.toString('utf16le', from, this.#at);
  }

  #double(): number {
    // To make a view costs as much as 20 numbers by their bytes.
    if (this.#view === undefined && ++this.#doubles < FEW_DOUBLES) {
      this.#eightBytes();
      return number[0] as number;
    }
    const bytes = this.#bytes;
    this.#view ??= new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const at = this.#at;
    this.#at = at + 8;
    return this.#view.getFloat64(at, true);
  }

  #eightBytes(): void {
    const bytes = this.#bytes;
    const at = this.#at;
    for (let byte = 0; byte < 8; byte++) numberBytes[byte] = bytes[at + byte] as number;
    this.#at = at + 8;
  }

  #memory(): ArrayBuffer {
    const length = this.#length();
    const from = this.#at;
    this.#at = from + length;
    if (this.#at > this.#end) throw new Error(`Memory of ${length} bytes ends behind its value.`);
    return ownBytes(this.#bytes, from, this.#at);
  }

  /** 32 bits, unsigned. */
  #length(): number {
    let length = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#bytes[this.#at++] as number;
      length |= (byte & 127) << shift;
      if (byte < 128) return length >>> 0;
    }
    throw new Error('No length has more than 5 bytes.');
  }
}

const NO_SHAPES = 'A shape is not known, or is too large, or one too many.';
const TEXT_BEYOND = 'A text ends behind its value.';

/** V8 keeps an object without a prototype as a hash table from the start: no chain of hidden classes for keys seen once. */
function dictionary(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>;
}

function noneBeside(): never {
  throw new Error('A view should lie beside its value, and does not.');
}
