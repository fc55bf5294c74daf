import { inspect, types } from '../base/natives.js';

/** Arrays from this length on are asked for further properties by their printed form, which makes no text of each index. */
const LONG_ARRAY = 100;

const tagOf = Object.prototype.toString;
const AS_PLAIN_TEXT = { maxArrayLength: 0, customInspect: false, depth: 0, breakLength: Infinity } as const;

/** Thrown where a value is found to be more than plain data. */
export const NOT_PLAIN = new Error('A value is more than plain data.');

/** Shows the enumerable properties that every object and array inherits: there should be none. */
export const NOTHING: object = [];

/** `ownKeyCount` of an array that is sure to have no own enumerable property but its elements. */
export const NO_NAMED = -1;

/** How many own enumerable properties an array has, or NO_NAMED when it is sure to have none but its elements. */
export function ownKeyCount(value: readonly unknown[]): number {
  if (value.length >= LONG_ARRAY && inspect(value, AS_PLAIN_TEXT) === `[ ... ${value.length} more items ]`) {
    return NO_NAMED;
  }
  return Object.keys(value).length;
}

/**
 * Objects of other types with the prototype of a plain one, as `arguments` has. They show no keys of their own, or indices.
 * @throws NOT_PLAIN
 */
export function refuseDisguised(value: object): void {
  const isOther =
    tagOf.call(value) !== '[object Object]' ||
    types.isMap(value) ||
    types.isSet(value) ||
    types.isWeakMap(value) ||
    types.isWeakSet(value) ||
    types.isGeneratorObject(value) ||
    types.isMapIterator(value) ||
    types.isSetIterator(value) ||
    types.isAnyArrayBuffer(value) ||
    ArrayBuffer.isView(value) ||
    types.isBoxedPrimitive(value) ||
    types.isProxy(value) ||
    types.isPromise(value);
  if (isOther) throw NOT_PLAIN;
}
