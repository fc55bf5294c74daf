import { Buffer, bufferPrototype, getBuiltinModule, structuredClone, types } from '../base/natives.js';
import type { TransferItem } from '../contract/transfer-item.js';
import { entriesOf, hasOnlyElements, valuesOf } from './plain-data.js';
import { refuseByEveryWay } from './platform-objects.js';
import { findPortCulprit } from './port-culprit.js';

/** A value as a port carries it. Structured clone makes a Uint8Array of a Buffer, and clones all memory behind a view. */
export interface PortValue {
  readonly value: unknown;
  /** Arrays in the value that were Buffers: the same objects, since they go in one message. */
  readonly buffers?: readonly Uint8Array[] | undefined;
}

/** A copy of a value for a port, and the parts that moved into it. */
export interface TakenValue {
  readonly body: PortValue;
  readonly transfer: readonly TransferItem[];
  /** Bytes of the memory in the copy. Shared memory has none. */
  readonly bytes: number;
}

/**
 * Copies a value for a port, and moves `transfer` into the copy. Views get memory of their own, except those of moved memory. Node
 * does not let the pool of small Buffers move, so that is copied.
 * @throws NotSerializable, if nothing can carry the value
 */
export function takeForPort(value: unknown, transfer: readonly TransferItem[]): TakenValue {
  const list = movable(transfer);
  try {
    // First: what has moved cannot come back.
    if (typeof value === 'object' && value !== null) refuseByEveryWay(value);
    return take(value, list);
  } catch (error) {
    throw findPortCulprit(value, list, error);
  }
}

/** Copies a value for a port. @throws what structuredClone() throws */
export function copyForPort(value: unknown): PortValue {
  return take(value, []).body;
}

function take(value: unknown, transfer: TransferItem[]): TakenValue {
  const taken = structuredClone({ value, transfer }, { transfer: transfer as never });
  const moved = taken.transfer.filter((_, index) => (transfer[index] as ArrayBuffer).byteLength === 0);
  const walk = new ViewWalk(moved);
  return { body: walk.finish(value, taken.value), transfer: taken.transfer, bytes: walk.bytes };
}

/** From Node 21 on. Node 20 copies memory that may not move. */
interface Marks {
  isMarkedAsUntransferable?: (value: unknown) => boolean;
}

/** The parts that can move, each once. Memory that was moved before has nothing left to move. */
function movable(transfer: readonly TransferItem[]): TransferItem[] {
  if (transfer.length === 0) return [];
  // Loaded only here: a worker process does without this module, and has no port.
  const { isMarkedAsUntransferable = () => false } = getBuiltinModule('node:worker_threads') as Marks;
  const canMove = (part: unknown): boolean => !isMarkedAsUntransferable(part) && !isDetached(part);
  return [...new Set(transfer)].filter(canMove);
}

function isDetached(part: unknown): boolean {
  if (!types.isArrayBuffer(part) || part.byteLength > 0) return false;
  try {
    new Uint8Array(part);
    return false;
  } catch {
    // Only memory that was moved away refuses a view; `detached` says so from Node 21 on.
    return true;
  }
}

/** The value as it was, once it is on the other side. */
export function fromPort({ value, buffers }: PortValue): unknown {
  if (buffers !== undefined) for (const buffer of buffers) Object.setPrototypeOf(buffer, bufferPrototype);
  return value;
}

/** Elements from which an array may be mostly holes. Holes have no keys, and the keys of a full array of this length take 0.1 s. */
const MANY_ELEMENTS = 1024 * 1024;
const NOTHING = {};

/** Looks through a value and its clone side by side. Only the value says what was a Buffer, and only the clone may be changed. */
class ViewWalk {
  /** Bytes of the memory in the clone, each piece once. */
  bytes = 0;
  readonly #moved: ReadonlySet<unknown>;
  readonly #seen = new Set<object>();
  readonly #buffers: Uint8Array[] = [];
  /** Own copies of views that had only a part of their memory, by the clone's view. */
  readonly #own = new Map<object, ArrayBufferView>();
  /** Objects to be looked through: of the value, and of its clone. */
  readonly #open: [given: object, clone: object][] = [];

  /** @param moved parts of the clone that are not copies */
  constructor(moved: readonly unknown[]) {
    this.#moved = new Set(moved);
  }

  finish(given: unknown, clone: unknown): PortValue {
    const value = this.#visit(given, clone);
    for (let pair = this.#open.pop(); pair !== undefined; pair = this.#open.pop()) this.#inside(...pair);
    return { value, buffers: this.#buffers.length === 0 ? undefined : this.#buffers };
  }

  /** Returns what stands in the clone's place. */
  #visit(given: unknown, clone: unknown): unknown {
    if (typeof clone !== 'object' || clone === null) return clone;
    const known = this.#own.get(clone);
    if (known !== undefined) return known;
    if (this.#seen.has(clone)) return clone;
    this.#seen.add(clone);
    if (ArrayBuffer.isView(clone)) return this.#view(given, clone);
    this.#open.push([typeof given === 'object' && given !== null ? given : NOTHING, clone]);
    return clone;
  }

  #view(given: unknown, clone: ArrayBufferView): ArrayBufferView {
    const { buffer, byteLength } = clone;
    const isPart = byteLength < buffer.byteLength && types.isArrayBuffer(buffer) && !this.#moved.has(buffer);
    const own = isPart ? ownView(clone) : clone;
    if (isPart) this.#own.set(clone, own);
    if (!this.#seen.has(own.buffer)) this.#memory(own.buffer);
    if (Buffer.isBuffer(given)) this.#buffers.push(own as Uint8Array);
    return own;
  }

  #memory(memory: object): void {
    this.#seen.add(memory);
    if (types.isArrayBuffer(memory)) this.bytes += memory.byteLength;
  }

  #inside(given: object, clone: object): void {
    if (Array.isArray(clone) && clone.length < MANY_ELEMENTS && hasOnlyElements(clone)) this.#elements(given, clone);
    else if (types.isMap(clone)) this.#map(types.isMap(given) ? entriesOf.call(given) : [].values(), clone);
    else if (types.isSet(clone)) this.#set(types.isSet(given) ? valuesOf.call(given) : [].values(), clone);
    else if (types.isNativeError(clone)) this.#property(given, clone, 'cause');
    else if (types.isArrayBuffer(clone)) this.#memory(clone);
    // The keys of a boxed text are its characters.
    else if (!types.isBoxedPrimitive(clone)) for (const key of Object.keys(clone)) this.#property(given, clone, key);
  }

  /** By index: a list of the keys of a long array takes more memory than the array. */
  #elements(given: object, clone: unknown[]): void {
    for (let index = 0; index < clone.length; index++) this.#property(given, clone, index);
  }

  #property(given: object, clone: object, key: string | number): void {
    const parts = clone as Record<string | number, unknown>;
    const part = parts[key];
    if (typeof part !== 'object' || part === null) return;
    // A getter of the value would run once more.
    const own = this.#visit(Object.getOwnPropertyDescriptor(given, key)?.value, part);
    if (own !== part) parts[key] = own;
  }

  /** @param given its entries in the same order, unless a getter has changed them meanwhile */
  #map(given: Parts<[unknown, unknown]>, clone: Map<unknown, unknown>): void {
    let isOther = false;
    const all: [unknown, unknown][] = [];
    for (const [key, part] of clone) {
      const [givenKey, givenPart] = given.next().value ?? [];
      const own: [unknown, unknown] = [this.#visit(givenKey, key), this.#visit(givenPart, part)];
      isOther ||= own[0] !== key || own[1] !== part;
      all.push(own);
    }
    if (!isOther) return;
    clone.clear();
    for (const [key, part] of all) clone.set(key, part);
  }

  #set(given: Parts<unknown>, clone: Set<unknown>): void {
    let isOther = false;
    const all: unknown[] = [];
    for (const part of clone) {
      const own = this.#visit(given.next().value, part);
      isOther ||= own !== part;
      all.push(own);
    }
    if (!isOther) return;
    clone.clear();
    for (const part of all) clone.add(part);
  }
}

type Parts<T> = Iterator<T, undefined>;

type ViewType = new (buffer: ArrayBufferLike, at: number, length: number) => ArrayBufferView;

/** The same view over a copy of its own bytes. */
function ownView(view: ArrayBufferView): ArrayBufferView {
  const bytes = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
  const Type = view.constructor as ViewType;
  const size = (view as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
  return new Type(bytes, 0, view.byteLength / size);
}
