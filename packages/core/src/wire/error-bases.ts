/** Built-in classes of errors. A Map, since names come from users, and an object inherits names. */
const BASES: ReadonlyMap<string, new (message: string) => Error> = new Map<string, new (message: string) => Error>([
  ['Error', Error],
  ['TypeError', TypeError],
  ['RangeError', RangeError],
  ['SyntaxError', SyntaxError],
  ['ReferenceError', ReferenceError],
  ['EvalError', EvalError],
  ['URIError', URIError],
]);
/** Exists from Node 24 on. */
const { SuppressedError } = globalThis as {
  SuppressedError?: new (error: unknown, suppressed: unknown, message: string) => Error;
};
/** More prototypes than any class has; a proxy may pretend to have more. */
const MAX_PROTOTYPES = 100;

/** The nearest built-in class, by the names along the prototype chain, so that errors of other realms count too. */
export function baseOf(error: object): string {
  let prototype: unknown = Object.getPrototypeOf(error);
  for (let depth = 0; depth < MAX_PROTOTYPES && typeof prototype === 'object' && prototype !== null; depth++) {
    const name = builtInName((prototype as { constructor?: unknown }).constructor);
    if (name !== undefined) return name;
    prototype = Object.getPrototypeOf(prototype);
  }
  return 'Error';
}

/** A new error of a class that `baseOf` named. */
export function newError(base: string, name: string, message: string): Error {
  if (base === 'AggregateError') return new AggregateError([], message);
  if (base === 'SuppressedError' && SuppressedError !== undefined)
    return new SuppressedError(undefined, undefined, message);
  if (base === 'DOMException') return new DOMException(message, name);
  return new (BASES.get(base) ?? Error)(message);
}

/** The name of a built-in class. A class of the user's may have the same name. */
function builtInName(constructor: unknown): string | undefined {
  if (typeof constructor !== 'function') return undefined;
  if (constructor === DOMException) return 'DOMException';
  if (constructor === SuppressedError) return 'SuppressedError';
  const { name } = constructor;
  if (name !== 'AggregateError' && !BASES.has(name)) return undefined;
  return Function.prototype.toString.call(constructor).endsWith('{ [native code] }') ? name : undefined;
}
