import { types } from 'node:util';
import { Buffer } from '../natives.js';

/**
 * Turns any value that a handler can return into plain JSON data. Values that JSON knows stay as they are (the same object, if
 * nothing in it needs a change). The others:
 *
 *   | value | becomes |
 *   | --- | --- |
 *   | undefined | null; left out of objects |
 *   | BigInt | its digits, as a text |
 *   | NaN, Infinity, -Infinity | "NaN", "Infinity", "-Infinity" |
 *   | Date | ISO 8601 text, or "Invalid Date" |
 *   | Buffer, Uint8Array, ArrayBuffer | `{ "$bytes": base64 }` |
 *   | other typed arrays, DataView | `{ "$bytes": base64, "type": "Float64Array" }`, bytes in this machine's order |
 *   | Map | `{ "$map": [[key, value], …] }` |
 *   | Set | `{ "$set": [value, …] }` |
 *   | RegExp, URL | their text |
 *   | Error | `{ name, message, code? }` |
 *   | an object inside itself | "[Circular]" |
 *   | function, symbol | "[function name]", "[Symbol(name)]" |
 *
 * @throws RangeError when the nesting is too deep for the stack
 */
export function toJson(value: unknown): unknown {
  return convert(value, []);
}

/** @param above the objects that contain this value */
function convert(value: unknown, above: object[]): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'undefined':
      return null;
    case 'bigint':
      return value.toString();
    case 'symbol':
      return `[${String(value)}]`;
    case 'function':
      return `[function ${value.name || 'anonymous'}]`;
    default:
      return value === null ? null : convertObject(value as object, above);
  }
}

function convertObject(value: object, above: object[]): unknown {
  if (above.includes(value)) return '[Circular]';
  const special = convertSpecial(value);
  if (special !== undefined) return special;
  above.push(value);
  try {
    if (Array.isArray(value)) return convertList(value, above);
    if (types.isMap(value)) return { $map: [...value].map((pair) => convertList(pair, above)) };
    if (types.isSet(value)) return { $set: convertList([...value], above) };
    return convertRecord(value as Record<string, unknown>, above);
  } finally {
    above.pop();
  }
}

/** Objects that become a text or a leaf; undefined for those that hold further values. */
function convertSpecial(value: object): unknown {
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return convertBytes(value);
  if (types.isDate(value)) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (types.isRegExp(value) || value instanceof URL) return String(value);
  if (types.isNativeError(value)) return describeError(value);
  if (types.isBoxedPrimitive(value)) return convert(value.valueOf(), []);
  return undefined;
}

function convertBytes(value: ArrayBufferView | ArrayBufferLike): unknown {
  if (!ArrayBuffer.isView(value)) return { $bytes: Buffer.from(value as ArrayBuffer).toString('base64') };
  const $bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  return value instanceof Uint8Array
    ? { $bytes }
    : { $bytes, type: Object.prototype.toString.call(value).slice(8, -1) };
}

function convertList(list: readonly unknown[], above: object[]): unknown[] {
  // A plain loop: map() would skip the holes of a sparse list, which would then be written as null anyway.
  let changed: unknown[] | undefined;
  for (let index = 0; index < list.length; index++) {
    const before = list[index];
    const after = convert(before, above);
    if (after !== before && changed === undefined) changed = list.slice(0, index);
    changed?.push(after);
  }
  return changed ?? (list as unknown[]);
}

function convertRecord(record: Record<string, unknown>, above: object[]): unknown {
  const keys = Object.keys(record);
  let changed: [string, unknown][] | undefined;
  // A toJSON of its own would take over when the text is made. Entries do not have the method.
  if (typeof record['toJSON'] === 'function') changed = [];
  for (const [index, key] of keys.entries()) {
    const before = record[key];
    const after = before === undefined ? undefined : convert(before, above);
    if (after !== before && changed === undefined) changed = keys.slice(0, index).map((k) => [k, record[k]]);
    changed?.push([key, after]);
  }
  return changed === undefined ? record : Object.fromEntries(changed);
}

/** An error as it is written in a result line. */
export interface ErrorJson {
  name: string;
  message: string;
  code?: string;
}

/** Longest error message in a result line; a handler may have put its whole input into one. */
const MAX_MESSAGE = 10_000;

/** Name, message and code of any thrown value. Never throws itself. */
export function describeError(error: unknown): ErrorJson {
  try {
    if (typeof error !== 'object' || error === null) return { name: 'Error', message: cut(String(error)) };
    const { name, message, code } = error as { name?: unknown; message?: unknown; code?: unknown };
    const described: ErrorJson = {
      name: typeof name === 'string' && name !== '' ? name : 'Error',
      message: cut(typeof message === 'string' ? message : JSON.stringify(toJson(error))),
    };
    if (typeof code === 'string' || typeof code === 'number') described.code = String(code);
    return described;
  } catch {
    // A getter, a toJSON or a trap of the thrown value throws in turn. The result line says this.
    return { name: 'Error', message: 'an error that cannot be described' };
  }
}

function cut(message: string): string {
  return message.length <= MAX_MESSAGE ? message : `${message.slice(0, MAX_MESSAGE)}…`;
}
