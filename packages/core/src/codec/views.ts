import { types } from 'node:util';
import { Buffer } from '../base/natives.js';

type ViewType = new (buffer: ArrayBuffer) => ArrayBufferView;

/**
 * Views by their number on the wire. Both sides run one version of Node, so what one lacks the other does not send; new
 * ones go to the end.
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

/** A call that all typed arrays have, and refuse without their memory. */
const { indexOf } = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;

/** Refuses a view whose memory was moved away, or is no longer long enough. It says that it is empty. @throws TypeError */
export function refuseWithoutMemory(view: ArrayBufferView): void {
  // A DataView throws by itself where it is asked for its length.
  if (view.byteLength === 0 && !(view instanceof DataView)) indexOf.call(view as Uint8Array, 0);
}

/** Whether the memory of a view, or that of a buffer, was moved away, or is no longer long enough. */
export function lacksMemory(object: object): boolean {
  try {
    // Each throws where there is none.
    if (object instanceof DataView) return object.byteLength < 0;
    if (ArrayBuffer.isView(object)) refuseWithoutMemory(object);
    else if (types.isArrayBuffer(object)) return new Uint8Array(object).length < 0;
    return false;
  } catch {
    return true;
  }
}

/** The number of a view's type. A subclass counts as the type it extends, but a Buffer is a Buffer. */
export function viewNumber(view: ArrayBufferView): number {
  if (view.constructor === Buffer) return 0;
  const tag = (view as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] ?? '';
  const number = NUMBERS.get(tag);
  if (number === undefined) throw new TypeError(`a view of type ${tag} cannot be sent.`);
  return number;
}

/** A view of all of a buffer. */
export function viewOf(number: number, buffer: ArrayBuffer): ArrayBufferView {
  if (number === 0) return Buffer.from(buffer);
  const Type = TYPES[number];
  if (Type === undefined) throw new TypeError(`A view of unknown type ${number} came.`);
  return new Type(buffer);
}
