import { types } from '../base/natives.js';

/** Members of a list or an object that are looked at. */
const MOST_MEMBERS = 100;

/**
 * Size of a value on its way through a port, bytes. It is that of its texts, a byte for a character, and of its memory. Members of a
 * list or a plain object count, theirs do not. 0 for anything else, which the port alone could measure.
 */
export function portBytes(value: unknown, depth = 1): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return value.byteLength;
  if (depth === 0) return 0;
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return 0;
  let bytes = 0;
  let looked = 0;
  // A list of all members would cost as much as the value has.
  for (const key in value) {
    bytes += portBytes(value[key as keyof typeof value], depth - 1);
    if (++looked === MOST_MEMBERS) break;
  }
  return bytes;
}
