/*
 * The globals of JavaScript, taken once: a handler or a test may replace them, like those of Node (natives.ts). Sources use the
 * usual names: scripts/bundle-core.mjs puts these in their place, in every bundle (docs/decisions/0014-natives.md). Methods of a
 * value, such as `push` of an array, are still looked up in its prototype.
 */

/** A frozen copy of the static members of a namespace or a class. It makes no instances, and `instanceof` finds none. */
export function fixed<T extends object>(owner: T): { readonly [K in keyof T]: T[K] } {
  const { defineProperty, freeze, getOwnPropertyDescriptor, getOwnPropertyNames } = globalThis.Object;
  // Property by property: V8 keeps an object that Object.create() makes from descriptors as a hash table.
  const copy = {};
  for (const name of getOwnPropertyNames(owner)) {
    defineProperty(copy, name, getOwnPropertyDescriptor(owner, name) as PropertyDescriptor);
  }
  return freeze(copy) as { readonly [K in keyof T]: T[K] };
}

/** Promise.all and its like look `resolve` up at each call, and user code may replace it. */
function staticsOfPromise(Promise: PromiseConstructor) {
  const resolve = Promise.resolve.bind(Promise) as <T>(value: T) => Promise<Awaited<T>>;
  const all = <T>(values: Iterable<T>): Promise<Awaited<T>[]> =>
    new Promise((fulfil, reject) => {
      const results: Awaited<T>[] = [];
      let started = 0;
      let ended = 0;
      for (const value of values) {
        const index = started++;
        resolve(value).then((result) => {
          results[index] = result;
          if (++ended === started) fulfil(results);
        }, reject);
      }
      if (started === 0) fulfil(results);
    });
  return {
    resolve,
    reject: Promise.reject.bind(Promise),
    all,
    allSettled: <T>(values: Iterable<T>): Promise<PromiseSettledResult<Awaited<T>>[]> => {
      const ends: Promise<PromiseSettledResult<Awaited<T>>>[] = [];
      for (const value of values) {
        ends[ends.length] = resolve(value).then(
          (result) => ({ status: 'fulfilled', value: result }) as const,
          (reason: unknown) => ({ status: 'rejected', reason }) as const,
        );
      }
      return all(ends);
    },
    race: <T>(values: Iterable<T>): Promise<Awaited<T>> =>
      new Promise((fulfil, reject) => {
        for (const value of values) resolve(value).then(fulfil, reject);
      }),
  };
}

function take(global: typeof globalThis) {
  return {
    Array: global.Array,
    Number: global.Number,
    BigInt: global.BigInt,
    ArrayBuffer: global.ArrayBuffer,
    String: global.String,
    Symbol: global.Symbol,
    Promise: global.Promise,
    Map: global.Map,
    Set: global.Set,
    WeakMap: global.WeakMap,
    WeakSet: global.WeakSet,
    WeakRef: global.WeakRef,
    FinalizationRegistry: global.FinalizationRegistry,
    Error: global.Error,
    TypeError: global.TypeError,
    RangeError: global.RangeError,
    SyntaxError: global.SyntaxError,
    ReferenceError: global.ReferenceError,
    EvalError: global.EvalError,
    URIError: global.URIError,
    encodeURIComponent: global.encodeURIComponent,
    AggregateError: global.AggregateError,
    DOMException: global.DOMException,
    Function: global.Function,
    Uint8Array: global.Uint8Array,
    Uint32Array: global.Uint32Array,
    Int32Array: global.Int32Array,
    Float32Array: global.Float32Array,
    Float64Array: global.Float64Array,
    BigInt64Array: global.BigInt64Array,
    DataView: global.DataView,
    URL: global.URL,
    RegExp: global.RegExp,
    AbortSignal: global.AbortSignal,
    Math: fixed(global.Math),
    Object: fixed(global.Object),
    isArray: global.Array.isArray,
    arrayFrom: global.Array.from.bind(global.Array),
    isView: global.ArrayBuffer.isView,
    isNotANumber: global.Number.isNaN,
    isFiniteNumber: global.Number.isFinite,
    isInteger: global.Number.isInteger,
    asIntN: global.BigInt.asIntN,
    canParse: global.URL.canParse,
    promises: staticsOfPromise(global.Promise),
  };
}

// One for all bundles of a realm, as in natives.ts.
const KEY = globalThis.Symbol.for('millpond.builtins.4');
const owner = globalThis as unknown as { [KEY]?: ReturnType<typeof take> };

export const {
  Array,
  Number,
  BigInt,
  ArrayBuffer,
  String,
  Symbol,
  Promise,
  Map,
  Set,
  WeakMap,
  WeakSet,
  WeakRef,
  FinalizationRegistry,
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
  encodeURIComponent,
  AggregateError,
  DOMException,
  Function,
  Uint8Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  DataView,
  URL,
  RegExp,
  AbortSignal,
  Math,
  Object,
  isArray,
  arrayFrom,
  isView,
  isNotANumber,
  isFiniteNumber,
  isInteger,
  asIntN,
  canParse,
  promises,
} = (owner[KEY] ??= take(globalThis));
export const { resolve, reject, all, allSettled, race } = promises;
