import { types } from 'node:util';
import { MAX_DEPTH } from './tree-format.js';

/** Least bytes that V8 writes for a level: a set in a set. */
const LEVEL_BYTES = 3;

/**
 * Whether V8's reader would go more levels down than MAX_DEPTH. V8's writer goes deeper than its reader can, so the value
 * is looked at; only when its bytes are enough for that many levels.
 */
export function isTooDeep(value: object, bytes: number): boolean {
  return bytes > MAX_DEPTH * LEVEL_BYTES && !isWithin(value, MAX_DEPTH, new Set());
}

/** V8 writes an object where it comes first, so this goes the same way. */
function isWithin(value: unknown, levels: number, seen: Set<object>): boolean {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || seen.has(value)) return true;
  if (levels === 0) return false;
  seen.add(value);
  return partsOf(value).every((part) => isWithin(part, levels - 1, seen));
}

/** The values that are written within this one, in order. */
function partsOf(value: object): unknown[] {
  if (types.isMap(value)) return [...value].flat();
  if (types.isSet(value)) return [...value];
  if (types.isNativeError(value)) return [value.cause];
  return Object.values(value);
}
