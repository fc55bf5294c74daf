import fc from 'fast-check';
import { Sink } from '../../src/codec/sink.js';
import { TreeDecoder } from '../../src/codec/tree-decoder.js';
import { TreeEncoder } from '../../src/codec/tree-encoder.js';

/** Both sides of a link, with what a caller does between them. */
export class Link {
  readonly encoder;
  readonly decoder = new TreeDecoder();
  readonly sink = new Sink();
  #defined = 0;

  constructor(options: { limitBytes?: number; largeBytes?: number } = {}) {
    this.encoder = new TreeEncoder({ limitBytes: 2 ** 26, largeBytes: 4096, ...options });
  }

  /** The bytes of a value, in memory of their own, and what lies beside them. */
  write(value: unknown): { bytes: Buffer; beside: readonly Uint8Array[] } {
    const beside = this.encoder.encode(value, this.sink) ?? [];
    return { bytes: Buffer.from(this.sink.bytes.subarray(this.sink.start, this.sink.at)), beside };
  }

  /** Sends the shapes that the other side does not know. */
  define(): void {
    const definitions = new Sink();
    this.encoder.writeShapes(this.#defined, definitions);
    this.decoder.defineShapes(definitions.bytes, definitions.start, definitions.at);
    this.#defined = this.encoder.shapeCount;
  }

  read({ bytes, beside }: { bytes: Buffer; beside: readonly Uint8Array[] }): unknown {
    this.define();
    return this.decoder.decode(bytes, 0, bytes.length, (index) => new Uint8Array(beside[index] as Uint8Array).buffer);
  }

  pass(value: unknown): unknown {
    return this.read(this.write(value));
  }
}

/** Keys that have tripped others. */
const key = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'c',
    'id',
    'name',
    '__proto__',
    'constructor',
    'toString',
    'length',
    '',
    '0',
    '1',
    '10',
    '-1',
    '01',
  ),
  fc.constantFrom('\u2028', '"', '\\', 'ü', '水', '\ud800', 'a b', 'hasOwnProperty', '4294967295', '1e3'),
  fc.string({ maxLength: 6 }),
);

const text = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 70 }),
  fc.constantFrom(
    '',
    'ü',
    'x'.repeat(63),
    'x'.repeat(64),
    'ÿ'.repeat(200),
    '水'.repeat(100),
    '\ud800',
    `${'a'.repeat(40)}\udfff`,
  ),
);

const numeric = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.integer({ min: -2, max: 130 }),
  fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 2 ** 31, -(2 ** 31), 2 ** 31 - 1, 2 ** 53, 5e-324),
);

const primitive = fc.oneof(
  numeric,
  text,
  fc.boolean(),
  fc.constantFrom(null, undefined),
  fc.bigInt(),
  fc.constantFrom(2n ** 63n, -(2n ** 63n), 2n ** 63n - 1n, -(2n ** 63n) - 1n, 0n),
);

/** A class of a user's. */
class Point {
  x: unknown;
  #hidden = 1;
  constructor(x: unknown) {
    this.x = x;
  }
  get hidden(): number {
    return this.#hidden;
  }
}

class List extends Array<unknown> {
  extra = 1;
}

class Octets extends Uint8Array {}

const bytes = fc.uint8Array({ maxLength: 40 });

/** Parts that hold no others. */
const leaf = fc.oneof(
  { weight: 12, arbitrary: primitive },
  { weight: 2, arbitrary: fc.date({ noInvalidDate: false }) },
  { weight: 1, arbitrary: bytes.map((list) => Buffer.from(list)) },
  {
    weight: 1,
    arbitrary: fc.oneof(
      bytes,
      fc.float64Array({ maxLength: 5 }),
      fc.bigInt64Array({ maxLength: 3 }),
      fc.uint16Array({ maxLength: 5 }),
    ),
  },
  { weight: 1, arbitrary: bytes.map((list) => new DataView(Uint8Array.from(list).buffer, list.length >> 1)) },
  { weight: 1, arbitrary: bytes.map((list) => Uint8Array.from(list).buffer) },
  { weight: 1, arbitrary: bytes.map((list) => new Octets(list)) },
);

/** Parts that only V8's serializer knows. */
const rareLeaf = fc.oneof(
  primitive.filter((value) => value !== null && value !== undefined).map((value) => Object(value) as unknown),
  fc.constantFrom(/a+(?<n>b)/giu, /x/y, JSON, Math, new ArrayBuffer(0)),
  text.map((message) => new RangeError(message, { cause: { message } })),
  text.map((message) => Object.assign(new Error(message), { name: 'TypeError', code: 'E_OWN' })),
  fc.constant(new (class Own extends Error {})('own')),
);

/** A recipe for a part: children are numbers of recipes, modulo how many there are, so that parts are shared and in cycles. */
interface Recipe {
  kind: string;
  keys: string[];
  parts: number[];
  leaf: unknown;
}

const PLAIN_KINDS = ['leaf', 'leaf', 'object', 'object', 'object', 'null-prototype', 'array', 'array', 'holes'];
const RARE_KINDS = [
  'rare leaf',
  'map',
  'set',
  'named',
  'match',
  'subclass',
  'instance',
  'accessor',
  'hidden',
  'error',
  'sparse',
];

function recipes(kinds: string[], leaves: fc.Arbitrary<unknown>): fc.Arbitrary<Recipe[]> {
  const recipe = fc.record({
    kind: fc.constantFrom(...kinds),
    keys: fc.array(key, { maxLength: 6 }),
    parts: fc.array(fc.nat({ max: 30 }), { maxLength: 6 }),
    leaf: leaves,
  });
  return fc.array(recipe, { minLength: 1, maxLength: 14 });
}

/** Values of plain data: objects, arrays, primitives, dates, views, with shared parts and cycles. */
export const plainValue: fc.Arbitrary<unknown> = recipes(PLAIN_KINDS, leaf).map(build);

/** Values with all that V8's serializer takes. */
export const anyValue: fc.Arbitrary<unknown> = recipes([...PLAIN_KINDS, ...RARE_KINDS], fc.oneof(leaf, rareLeaf)).map(
  build,
);

function build(list: Recipe[]): unknown {
  const parts = list.map(empty);
  list.forEach((recipe, index) =>
    fill(
      parts[index],
      recipe,
      recipe.parts.map((number) => parts[number % parts.length]),
    ),
  );
  return parts[0];
}

function empty({ kind, leaf: value, keys }: Recipe): unknown {
  switch (kind) {
    case 'leaf':
    case 'rare leaf':
      return value;
    case 'null-prototype':
      return Object.create(null);
    case 'array':
    case 'holes':
    case 'named':
    case 'sparse':
      return [];
    case 'match':
      return /(?<first>.)/d.exec(keys[0] || 'x');
    case 'subclass':
      return new List();
    case 'map':
      return new Map();
    case 'set':
      return new Set();
    case 'instance':
      return new Point(value);
    case 'error':
      return new TypeError('outer');
    default:
      return {};
  }
}

function fill(whole: unknown, { kind, keys }: Recipe, parts: unknown[]): void {
  const entry = (index: number) => parts[index % parts.length];
  const define = (index: number, property: PropertyDescriptor) =>
    Object.defineProperty(whole, keys[index] as string, { enumerable: true, configurable: true, ...property });
  switch (kind) {
    case 'object':
    case 'null-prototype':
    case 'named':
    case 'subclass':
      if (kind !== 'object' && kind !== 'null-prototype') (whole as unknown[]).push(...parts);
      keys.forEach((name, index) => {
        // An index of an array is an element; a length would take gigabytes.
        if (!Array.isArray(whole) || !/^\d+$|^length$/.test(name))
          define(index, { value: entry(index), writable: true });
      });
      break;
    case 'array':
      (whole as unknown[]).push(...parts);
      break;
    case 'holes':
      parts.forEach((part, index) => ((whole as unknown[])[index * 2 + 1] = part));
      (whole as unknown[]).length += 2;
      break;
    case 'sparse':
      (whole as unknown[])[2 ** 31] = parts[0];
      break;
    case 'map':
      parts.forEach((part, index) =>
        (whole as Map<unknown, unknown>).set(index % 2 === 0 ? part : keys[index], entry(index + 1)),
      );
      break;
    case 'set':
      parts.forEach((part) => (whole as Set<unknown>).add(part));
      break;
    case 'accessor':
      keys.forEach((_, index) => define(index, { get: () => entry(index) }));
      break;
    case 'hidden':
      keys.forEach((_, index) => define(index, { value: entry(index), enumerable: index % 2 === 0 }));
      Object.assign(whole as object, { [Symbol('ignored')]: 1 });
      break;
    case 'error':
      if (parts.length > 0)
        Object.defineProperty(whole, 'cause', { value: parts[0], configurable: true, writable: true });
      break;
    default:
  }
}
