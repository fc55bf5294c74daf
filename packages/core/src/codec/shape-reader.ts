import { toJson } from '../base/natives.js';
/** Reads the next value. */
export type ReadNext = () => unknown;

/**
 * Objects of a shape before a function is made for it. For five keys that takes 43 µs, and then saves 0.1 µs an object. So
 * it pays for shapes of some 400 objects. At half, more of those that come a few times would pay for none. At double, all
 * others get theirs 16 objects later, which is 2 µs.
 */
const MAKE_AFTER = 16;

/** Whether functions may be made from text: not under --disallow-code-generation-from-strings. */
let canMake = true;

/** Reads the objects of one shape. */
export class ShapeReader {
  readonly keys: readonly string[];
  /** Reads a value for each key and makes an object of them. */
  read: (next: ReadNext) => object;
  #reads = 0;

  constructor(keys: readonly string[]) {
    this.keys = keys;
    this.read = (next) => {
      if (++this.#reads === MAKE_AFTER) this.read = functionFor(keys) ?? this.read;
      const object = {};
      for (const key of keys) setOwn(object, key, next());
      return object;
    };
  }
}

/**
 * Sets a property of an object without a look at its prototype. No inherited setter is called, and `__proto__` is a property
 * like any other.
 */
export function setOwn(object: object, key: string, value: unknown): void {
  if (key in Object.prototype) {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    (object as Record<string, unknown>)[key] = value;
  }
}

/** V8 gives all objects of a literal one hidden class, with all properties in place. */
function functionFor(keys: readonly string[]): ShapeReader['read'] | undefined {
  if (!canMake) return undefined;
  // In a literal, only a computed `__proto__` is a property.
  const entries = keys.map((key) => (key === '__proto__' ? '["__proto__"]:r()' : `${toJson(key)}:r()`));
  try {
    // Only the keys in it come from outside, and texts of JSON are texts of JavaScript.
    // eslint-disable-next-line @typescript-eslint/no-implied-eval
    return new Function('r', `return {${entries.join(',')}}`) as ShapeReader['read'];
  } catch {
    // EvalError: this process may not make functions from text.
    canMake = false;
    return undefined;
  }
}
