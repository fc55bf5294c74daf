/*
 * The bytes of a value. A value begins with a tag, numbers are little-endian, lengths are varints (7 bits a byte, lowest
 * first).
 *
 *   0x80…0xff   an integer from 0 to 127
 *   0x40…0x7f   a text of 0 to 63 latin1 characters, which follow
 *   below       one of TAG
 *
 * An object or an array as a whole value has one byte before it. It is TREE, or GRAPH when a part occurs more than once. In a
 * graph, parts with an identity (object, array, date, view, ArrayBuffer) are numbered in the order of writing. REF names them by
 * that number. A tree is read without counting anything.
 *
 * Any other value is V8's output as a whole, behind the tag V8. Its end is the end of the value.
 */
export const TAG = {
  double: 0,
  int: 1,
  true: 2,
  false: 3,
  null: 4,
  undefined: 5,
  /** Length, then latin1 characters. */
  latin1: 6,
  /** Length in bytes, then UTF-16 units. */
  wide: 7,
  /** Number of a shape in 16 bits, then a value for each of its keys. */
  shaped: 8,
  /** 16 unused bits, values, END, and the texts of their keys. */
  keyed: 9,
  /** Length, then elements. */
  array: 10,
  /** A missing element. */
  hole: 11,
  ref: 12,
  /** Time as a double. */
  date: 13,
  /** A BigInt of 64 bits. */
  bigInt: 14,
  /** The text of its hexadecimal digits, with its sign. */
  longBigInt: 15,
  /** Number of the view's type, length in bytes, bytes. */
  view: 16,
  /** Number of the view's type. The bytes lie beside the value. */
  viewBeside: 17,
  /** Length, bytes. */
  arrayBuffer: 18,
  /** The bytes lie beside the value. */
  arrayBufferBeside: 19,
  tree: 20,
  graph: 21,
  v8: 22,
  end: 23,
} as const;

/** Bytes of a tag and a shape's number. */
export const OBJECT_HEAD = 3;
export const SHORT_TEXT = 0x40;
export const SHORT_TEXT_CHARS = 63;
export const SMALL_INT = 0x80;
export const SMALL_INT_MAX = 127;

/**
 * Most levels of objects and arrays within each other. A level takes up to 500 bytes of stack while V8 has not compiled the
 * reader. A process has 984 KiB, and a thread 4 MiB. V8's own reader ends near 2,500 levels.
 */
export const MAX_DEPTH = 1000;

/** Most shapes that both sides keep: a further definition is a fault of the sender. */
export const MAX_SHAPES = 4096;
export const MAX_SHAPE_KEYS = 64;
