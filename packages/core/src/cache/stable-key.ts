import { getBuiltinModule, types } from '../base/natives.js';
import { shortKey } from '../base/short-key.js';
import { NO_NAMED, ownKeyCount } from '../codec/plain-data.js';

/** Loaded with the first key that is hashed, because that takes 2 ms. */
const crypto = (): typeof import('node:crypto') => getBuiltinModule('node:crypto');

/**
 * A text that is equal for equal inputs and different for different ones. The order of properties, Map entries or Set members
 * does not matter. Every part has its type and length, so no two values can write the same text. Knows what structured
 * clone knows: primitives, plain objects, arrays, Map, Set, Date, RegExp, Error, buffers, typed arrays, and cycles.
 * @throws TypeError for functions, symbols and promises, which have no stable key; RangeError for more than a million objects
 */
export function stableKey(input: unknown): string {
  return shortKey(write(input, typeof input === 'object' ? { around: new Map(), count: 0 } : NO_OBJECTS));
}

/** What has been written of an input. */
interface Written {
  /** Objects around the present part, and their depth. */
  readonly around: Map<object, number>;
  /** Objects so far. One in several places counts in each. */
  count: number;
}

const NO_OBJECTS: Written = { around: new Map(), count: 0 };
/**
 * Most objects of an input. They take about a second. Thirty objects that each hold the next one twice would be a thousand
 * million.
 */
const MOST_OBJECTS = 1_000_000;

function write(value: unknown, written: Written): string {
  switch (typeof value) {
    case 'string':
      return `s${value.length}:${value}`;
    case 'number':
      return Object.is(value, -0) ? 'n-0;' : `n${value};`;
    case 'bigint':
      return `i${value};`;
    case 'boolean':
      return value ? 't' : 'f';
    case 'undefined':
      return 'u';
    case 'object':
      return value === null ? '0' : writeObject(value, written);
    default:
      throw new TypeError(`A ${typeof value} has no stable key; ${GIVE_OWN}`);
  }
}

function writeObject(value: object, written: Written): string {
  const { around } = written;
  const before = around.get(value);
  // A reference back to a value around it, by its distance outwards.
  if (before !== undefined) return `r${around.size - before};`;
  if (++written.count > MOST_OBJECTS) throw new RangeError(TOO_MANY);
  around.set(value, around.size);
  const text = writeParts(value, written);
  around.delete(value);
  return text;
}

const GIVE_OWN = 'give the task cache a key(input) of its own.';
const TOO_MANY = `A value of more than ${MOST_OBJECTS} objects has no stable key; ${GIVE_OWN}`;

function writeParts(value: object, written: Written): string {
  const inner = (part: unknown): string => write(part, written);
  if (Array.isArray(value)) return arrayText(value, inner);
  if (types.isDate(value)) return `d${value.getTime()};`;
  if (value instanceof Map) return list('m', sorted([...value].map(([key, entry]) => inner(key) + inner(entry))));
  if (value instanceof Set) return list('e', sorted([...value].map(inner)));
  if (value instanceof RegExp) return `x${inner(value.source)}${inner(value.flags)}`;
  if (value instanceof Error) return `E${inner(value.name)}${inner(value.message)}${inner(value.cause)}`;
  if (types.isAnyArrayBuffer(value)) return bytes('ArrayBuffer', new Uint8Array(value));
  if (ArrayBuffer.isView(value)) {
    return bytes(classOf(value), new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  }
  if (types.isBoxedPrimitive(value)) return `b${inner(value.valueOf())}`;
  // Blobs, keys, promises and the like hold more than their properties show.
  if (!isPlain(value)) {
    throw new TypeError(`A ${classOf(value)} has no stable key; ${GIVE_OWN}`);
  }
  return entriesText(value, Object.keys(value), inner);
}

/** Most holes of an array that outnumber its elements. One element may make four thousand million of them. A choice. */
const MANY_HOLES = 1024;

/** Handlers see holes and named elements, so both count. A regex match has index, input and groups. */
function arrayText(value: readonly unknown[], inner: (part: unknown) => string): string {
  const { length } = value;
  const parts: string[] = [];
  let holes = 0;
  for (let index = 0; index < length; index++) {
    const entry = value[index];
    if (entry !== undefined || Object.hasOwn(value, index)) parts.push(inner(entry));
    else if (++holes <= MANY_HOLES || holes * 2 <= index) parts.push('h');
    else throw new RangeError(`A sparse array of length ${length} has no stable key; ${GIVE_OWN}`);
  }
  const named = ownKeyCount(value);
  const text = list('a', parts);
  if (named === NO_NAMED || named === length - holes) return text;
  // Indices come first.
  return text + entriesText(value, Object.keys(value).slice(length - holes), inner);
}

function entriesText(value: object, keys: string[], inner: (part: unknown) => string): string {
  keys.sort();
  return list(
    'o',
    keys.map((key) => inner(key) + inner((value as Record<string, unknown>)[key])),
  );
}

/** The name of an object's class. A class may have lost its name, and an object its class. */
function classOf(value: object): string {
  const { constructor } = value as { constructor?: { name?: unknown } };
  const name = constructor?.name;
  return typeof name === 'string' && name !== '' ? name : Object.prototype.toString.call(value).slice(8, -1);
}

/** Whether properties are all that an object has. That holds for literals, and instances of classes written in JavaScript. */
function isPlain(value: object): boolean {
  if (Object.prototype.toString.call(value) !== '[object Object]') return false;
  const { constructor } = value;
  if (typeof constructor !== 'function' || constructor === Object) return true;
  return !(value instanceof crypto().KeyObject) && !types.isExternal(value);
}

function list(tag: string, parts: readonly string[]): string {
  return `${tag}${parts.length}[${parts.join('')}]`;
}

function sorted(parts: string[]): string[] {
  return parts.sort();
}

function bytes(type: string, data: Uint8Array): string {
  return `B${type}:${data.length}:${crypto().createHash('sha256').update(data).digest('base64')}`;
}
