import { Buffer, bufferPrototype, structuredClone, types } from '../base/natives.js';
import type { TransferItem } from '../contract/transfer-item.js';

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
}

/**
 * Copies a value for a port, and moves `transfer` into the copy. Views get memory of their own, except those of moved memory.
 * @throws if nothing can carry the value
 */
export function takeForPort(value: unknown, transfer: readonly TransferItem[]): TakenValue {
  const taken = structuredClone({ value, transfer }, { transfer: [...transfer] as never });
  return { body: new ViewWalk(transfer).finish(value, taken.value), transfer: taken.transfer };
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
  readonly #moved: ReadonlySet<unknown>;
  readonly #seen = new Set<object>();
  readonly #buffers: Uint8Array[] = [];
  /** Own copies of views that had only a part of their memory, by the clone's view. */
  readonly #own = new Map<object, ArrayBufferView>();
  /** Objects to be looked through: of the value, and of its clone. */
  readonly #open: [given: object, clone: object][] = [];

  constructor(transfer: readonly TransferItem[]) {
    this.#moved = new Set(transfer);
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
    const isPart = clone.byteLength < clone.buffer.byteLength && types.isArrayBuffer(clone.buffer);
    const own = isPart && !this.#mayBeMoved(given) ? ownView(clone) : clone;
    if (own !== clone) this.#own.set(clone, own);
    if (Buffer.isBuffer(given)) this.#buffers.push(own as Uint8Array);
    return own;
  }

  /** Whether the memory of a view has moved. The view is unknown where a getter has returned it. */
  #mayBeMoved(given: unknown): boolean {
    if (!ArrayBuffer.isView(given)) return this.#moved.size > 0;
    // Node keeps the pool of small Buffers here, also when it is to be moved: it is copied then.
    return this.#moved.has(given.buffer) && given.buffer.byteLength === 0;
  }

  #inside(given: object, clone: object): void {
    if (types.isMap(clone) && types.isMap(given)) this.#map(given, clone);
    else if (types.isSet(clone) && types.isSet(given)) this.#set(given, clone);
    else if (Array.isArray(clone) && clone.length < MANY_ELEMENTS) this.#elements(given, clone);
    else for (const key of Object.keys(clone)) this.#property(given, clone, key);
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

  #map(given: Map<unknown, unknown>, clone: Map<unknown, unknown>): void {
    const pairs = side(given.entries(), clone.entries());
    let isOther = false;
    const all = pairs.map(([[givenKey, givenPart], [key, part]]) => {
      const own = [this.#visit(givenKey, key), this.#visit(givenPart, part)] as const;
      isOther ||= own[0] !== key || own[1] !== part;
      return own;
    });
    if (!isOther) return;
    clone.clear();
    for (const [key, part] of all) clone.set(key, part);
  }

  #set(given: Set<unknown>, clone: Set<unknown>): void {
    let isOther = false;
    const all = side(given.values(), clone.values()).map(([part, copy]) => {
      const own = this.#visit(part, copy);
      isOther ||= own !== copy;
      return own;
    });
    if (!isOther) return;
    clone.clear();
    for (const part of all) clone.add(part);
  }
}

/** Pairs of two collections that have their parts in the same order. */
function side<T>(given: Iterable<T>, clone: Iterable<T>): [T, T][] {
  const parts = [...given];
  return [...clone].map((part, index) => [parts[index] as T, part]);
}

type ViewType = new (buffer: ArrayBufferLike, at: number, length: number) => ArrayBufferView;

/** The same view over a copy of its own bytes. */
function ownView(view: ArrayBufferView): ArrayBufferView {
  const bytes = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
  const Type = view.constructor as ViewType;
  const size = (view as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
  return new Type(bytes, 0, view.byteLength / size);
}
