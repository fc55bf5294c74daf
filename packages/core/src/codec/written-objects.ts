import { types } from '../base/natives.js';
import { entriesOf, hasOnlyElements, valuesOf } from './plain-data.js';

/**
 * Objects that are searched without a list of them. A value with more, or with a cycle, is searched again with a list. A
 * list takes 24 ns an object (seen-objects.ts), and a test of a type 15. So the first search is a part of the second.
 */
const FEW_OBJECTS = 64;
/** Larger arrays may be mostly holes. A loop over as many holes took 0.6 ms, so at double a single array may cost 1.2 ms. */
const LOOPED_LENGTH = 100_000;

/** @param level number of objects around the object */
export type ObjectTest = (object: object, level: number) => boolean;

/**
 * Whether any object that V8's serializer writes for a value passes a test. They come in its order, each once; views do not.
 * @throws the error of an accessor, and RangeError where the value is deeper than the stack
 */
export function anyWritten(value: object, test: ObjectTest): boolean {
  return new Search(test, {}).finds(value);
}

/** The same for objects that the value has without a call of its accessors, which a later copy calls. */
export function anyStored(value: object, test: ObjectTest): boolean {
  return new Search(test, { skipsAccessors: true }).finds(value);
}

/** The same for views alone. */
export function anyViewWritten(value: object): boolean {
  return new Search(() => false, { findsViews: true }).finds(value);
}

class Search {
  readonly #test: ObjectTest;
  readonly #findsViews: boolean;
  readonly #skipsAccessors: boolean;
  #seen: Set<object> | undefined;
  #count = 0;

  constructor(test: ObjectTest, { findsViews = false, skipsAccessors = false }) {
    this.#test = test;
    this.#findsViews = findsViews;
    this.#skipsAccessors = skipsAccessors;
  }

  finds(value: object): boolean {
    if (this.#isIn(value, 0)) return true;
    if (this.#count <= FEW_OBJECTS) return false;
    this.#seen = new Set();
    this.#count = -Infinity;
    return this.#isIn(value, 0);
  }

  #isIn(value: unknown, level: number): boolean {
    if (typeof value !== 'object' || value === null) return false;
    if (this.#seen?.has(value) === true || ++this.#count > FEW_OBJECTS) return false;
    this.#seen?.add(value);
    // Frequent types come first: each test of a type costs 15 ns, and a value may have thousands of objects.
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) {
      return this.#test(value, level) || this.#isInObject(value as Record<string, unknown>, level + 1);
    }
    if (ArrayBuffer.isView(value)) return this.#findsViews;
    if (this.#test(value, level)) return true;
    if (Array.isArray(value)) return this.#isInArray(value, level + 1);
    if (types.isMap(value)) return this.#isInMap(value, level + 1);
    if (types.isSet(value)) return this.#isInSet(value, level + 1);
    if (types.isNativeError(value)) return this.#isIn(this.#read(value, 'cause'), level + 1);
    // The values of a boxed text are its characters.
    if (types.isBoxedPrimitive(value)) return false;
    const parts = this.#skipsAccessors ? Object.keys(value).map((key) => this.#read(value, key)) : Object.values(value);
    return this.#isInArray(parts, level + 1);
  }

  #isInObject(value: Record<string, unknown>, level: number): boolean {
    for (const key in value) {
      const part = this.#read(value, key);
      if (typeof part === 'object' && this.#isIn(part, level)) return true;
    }
    return false;
  }

  #read(value: object, key: string): unknown {
    if (this.#skipsAccessors) return Object.getOwnPropertyDescriptor(value, key)?.value;
    return (value as Record<string, unknown>)[key];
  }

  #isInArray(value: readonly unknown[], level: number): boolean {
    const parts = value.length > LOOPED_LENGTH || !hasOnlyElements(value) ? Object.values(value) : value;
    for (let at = 0; at < parts.length; at++) if (this.#isIn(parts[at], level)) return true;
    return false;
  }

  #isInMap(value: Map<unknown, unknown>, level: number): boolean {
    for (const [key, entry] of entriesOf.call(value))
      if (this.#isIn(key, level) || this.#isIn(entry, level)) return true;
    return false;
  }

  #isInSet(value: Set<unknown>, level: number): boolean {
    for (const entry of valuesOf.call(value)) if (this.#isIn(entry, level)) return true;
    return false;
  }
}
