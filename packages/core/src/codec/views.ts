import { Buffer, bufferPrototype, types } from '../base/natives.js';

type ViewType = new (buffer: ArrayBuffer) => ArrayBufferView;

/**
 * Types of views by their number on the wire. Both sides run one version of Node, so no side sends a type that the other lacks.
 * New types go to the end.
 */
const NAMES = [
  'Buffer',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'DataView',
  'Float16Array',
] as const;
const TYPES = NAMES.map((name) => (globalThis as unknown as Record<string, ViewType | undefined>)[name]);
const NUMBERS = new Map<string, number>(NAMES.map((name, number) => [name, number]));

/** Methods that fail without memory: of all typed arrays, and of a buffer. */
const { indexOf } = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;
const { slice } = ArrayBuffer.prototype;

/** Refuses a view that has lost its memory, or part of it, and therefore looks empty. @throws TypeError */
export function refuseWithoutMemory(view: ArrayBufferView): void {
  // The length of such a DataView throws by itself.
  if (view.byteLength === 0 && !(view instanceof DataView)) indexOf.call(view as Uint8Array, 0);
}

/** Whether the memory of a view or a buffer was moved away, or has become too short. */
export function lacksMemory(object: object): boolean {
  try {
    if (ArrayBuffer.isView(object)) refuseWithoutMemory(object);
    else if (types.isArrayBuffer(object)) slice.call(object, 0, 0);
    return false;
  } catch {
    // The exception is the answer.
    return true;
  }
}

/** Whether a view no longer has the members that all views inherit. */
export function isInDisguise(object: object): boolean {
  return ArrayBuffer.isView(object) && (object as Partial<ArrayBufferView>).buffer === undefined;
}

/** The number of a view's type. A subclass counts as the type it extends, but a Buffer is a Buffer. */
export function viewNumber(view: ArrayBufferView): number {
  if (view.constructor === bufferPrototype.constructor) return 0;
  const tag = (view as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] ?? '';
  const number = NUMBERS.get(tag);
  if (number === undefined) throw new TypeError(`a view of type ${tag} cannot be sent.`);
  return number;
}

/** A view of a whole buffer. */
export function viewOf(number: number, buffer: ArrayBuffer): ArrayBufferView {
  if (number === 0) return Buffer.from(buffer);
  const Type = TYPES[number];
  if (Type === undefined) throw new TypeError(`A view of unknown type ${number} came.`);
  return new Type(buffer);
}
