import { Buffer } from '../base/natives.js';

/**
 * Lists of nothing but short primitive values, as bytes: a mark that no output of V8's serializer begins with, then for each
 * value a type and what that type needs, numbers little-endian.
 *
 * V8's serializer costs some 3 µs before its first byte where caches are cold, and reading some 2: a bare message to a
 * process and back took 59 µs, and 68 with one serialize() on either side.
 */
const MARK = 0x01;
const TYPE = { undefined: 0, null: 1, false: 2, true: 3, int: 4, double: 5, latin1: 6, utf16: 7 } as const;
/** In frames of many strings V8 is as fast from some 32 characters on; a lone one of any length gains what V8 costs before it. */
const MAX_CHARS = 256;
/** A string up to this long is copied by character: 44 ns for 16, where calling for it costs 112. */
const FEW_CHARS = 16;
/** A type, a length and a longest string. */
const MAX_VALUE_BYTES = 3 + 2 * MAX_CHARS;

/** Grows to the largest frame there was. */
let scratch = Buffer.allocUnsafeSlow(4096);
const double = new Float64Array(1);
const doubleBytes = new Uint8Array(double.buffer);

/** The values as bytes, or undefined when one of them is no short primitive. */
export function encodePlain(values: readonly unknown[]): Uint8Array | undefined {
  let at = 1;
  for (let row = 0; row < values.length; row++) {
    if (at + MAX_VALUE_BYTES > scratch.length) grow();
    at = write(values[row], at);
    if (at === -1) return undefined;
  }
  scratch[0] = MARK;
  const bytes = Buffer.allocUnsafe(at);
  scratch.copy(bytes, 0, 0, at);
  return bytes;
}

export function isPlain(bytes: Uint8Array): boolean {
  return bytes[0] === MARK;
}

/** @throws for bytes that `encodePlain` did not write */
export function decodePlain(bytes: Buffer): unknown[] {
  const values: unknown[] = [];
  let at = 1;
  while (at < bytes.length) {
    const type = bytes[at++];
    switch (type) {
      case TYPE.undefined:
        values.push(undefined);
        break;
      case TYPE.null:
        values.push(null);
        break;
      case TYPE.false:
        values.push(false);
        break;
      case TYPE.true:
        values.push(true);
        break;
      case TYPE.int:
        values.push(bytes.readInt32LE(at));
        at += 4;
        break;
      case TYPE.double:
        values.push(bytes.readDoubleLE(at));
        at += 8;
        break;
      case TYPE.latin1:
      case TYPE.utf16: {
        const end = at + 2 + bytes.readUInt16LE(at);
        if (end > bytes.length) throw new Error('A string ends behind the frame.');
        values.push(bytes.toString(type === TYPE.latin1 ? 'latin1' : 'utf16le', at + 2, end));
        at = end;
        break;
      }
      default:
        throw new Error(`No primitive value has type ${type}.`);
    }
  }
  return values;
}

/** Returns where the next value goes, or −1 when this one is no short primitive. */
function write(value: unknown, at: number): number {
  switch (typeof value) {
    case 'number':
      return writeNumber(value, at);
    case 'string':
      return value.length > MAX_CHARS ? -1 : writeString(value, at);
    case 'boolean':
      scratch[at] = value ? TYPE.true : TYPE.false;
      return at + 1;
    case 'undefined':
      scratch[at] = TYPE.undefined;
      return at + 1;
    default:
      if (value !== null) return -1;
      scratch[at] = TYPE.null;
      return at + 1;
  }
}

function writeNumber(value: number, at: number): number {
  const int = value | 0;
  // −0 equals 0, and is not an integer for anybody who looks.
  if (int === value && (int !== 0 || Object.is(value, 0))) {
    scratch[at] = TYPE.int;
    scratch[at + 1] = int;
    scratch[at + 2] = int >> 8;
    scratch[at + 3] = int >> 16;
    scratch[at + 4] = int >> 24;
    return at + 5;
  }
  scratch[at] = TYPE.double;
  double[0] = value;
  for (let byte = 0; byte < 8; byte++) scratch[at + 1 + byte] = doubleBytes[byte] as number;
  return at + 9;
}

function writeString(value: string, at: number): number {
  const { length } = value;
  const from = at + 3;
  let isLatin1 = true;
  let written = length;
  if (length <= FEW_CHARS) {
    for (let index = 0; index < length; index++) {
      const unit = value.charCodeAt(index);
      if (unit > 0xff) isLatin1 = false;
      scratch[from + index] = unit;
    }
  } else {
    // Only ASCII has as many bytes as characters.
    isLatin1 = Buffer.byteLength(value) === length;
    if (isLatin1) scratch.write(value, from, 'latin1');
  }
  if (!isLatin1) written = scratch.write(value, from, 'utf16le');
  scratch[at] = isLatin1 ? TYPE.latin1 : TYPE.utf16;
  scratch[at + 1] = written;
  scratch[at + 2] = written >> 8;
  return from + written;
}

function grow(): void {
  const larger = Buffer.allocUnsafeSlow(scratch.length * 2);
  scratch.copy(larger);
  scratch = larger;
}
