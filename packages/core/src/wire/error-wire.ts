import { inspect } from 'node:util';

/** An error as plain data that every channel can carry. */
export interface WireError {
  /** Built-in class to make it an instance of, such as "TypeError". */
  base: string;
  name: string;
  message: string;
  stack: string | undefined;
  /** Encoded cause, when there is one. */
  cause?: WireThrown;
  /** Encoded members of an AggregateError. */
  errors?: WireThrown[];
  /** Own enumerable properties that can be cloned. */
  props: Record<string, unknown>;
}
/** Anything thrown: an error, or another value. */
export type WireThrown = { error: WireError } | { value: unknown };

const BASES: Readonly<Record<string, new (message: string) => Error>> = {
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
};
const OWN_FIELDS = new Set(['name', 'message', 'stack', 'cause', 'errors']);
const MAX_DEPTH = 16;
/** Characters of a thrown value that is not an error in the message about it. */
const MAX_SHOWN = 200;

/**
 * Encodes what a handler threw. Never throws itself: properties with throwing getters or values that cannot be
 * cloned are replaced by their description, cyclic causes are cut.
 * @param canSend tells whether the channel can carry a value
 */
export function errorToWire(thrown: unknown, canSend: (value: unknown) => boolean): WireThrown {
  try {
    return encode(thrown, canSend, new Set(), 0);
  } catch {
    // A proxy with traps that throw, or the like: all that is known is that something was thrown.
    return { value: '[a value that cannot be looked at]' };
  }
}

/**
 * Makes an Error of what arrived. A thrown value that was not an error becomes one, with the value as `cause`.
 */
export function errorFromWire(thrown: WireThrown): Error {
  const decoded = decode(thrown);
  if (decoded instanceof Error) return decoded;
  const shown = inspect(decoded, { depth: 1, breakLength: Infinity }).slice(0, MAX_SHOWN);
  return new Error(`The handler threw ${shown}, which is not an Error.`, { cause: decoded });
}

function encode(thrown: unknown, canSend: (value: unknown) => boolean, seen: Set<unknown>, depth: number): WireThrown {
  if (!isErrorLike(thrown)) return { value: canSend(thrown) ? thrown : describe(thrown) };
  if (seen.has(thrown)) return { value: `[circular ${text(() => thrown.name)}]` };
  if (depth >= MAX_DEPTH) return { value: '[causes nested too deeply]' };
  seen.add(thrown);
  const stack = read(() => thrown.stack);
  const error: WireError = {
    base: baseOf(thrown),
    name: text(() => thrown.name),
    message: text(() => thrown.message),
    stack: typeof stack === 'string' ? stack : undefined,
    props: ownProperties(thrown, canSend),
  };
  if (read(() => 'cause' in thrown) === true)
    error.cause = encode(
      read(() => thrown.cause),
      canSend,
      seen,
      depth + 1,
    );
  const errors = read(() => (thrown as AggregateError).errors as unknown);
  if (Array.isArray(errors)) error.errors = errors.map((member) => encode(member, canSend, seen, depth + 1));
  return { error };
}

function decode(thrown: WireThrown): unknown {
  if ('value' in thrown) return thrown.value;
  const { error: wire } = thrown;
  const error = build(wire);
  // Defined, not assigned: not enumerable, as on errors that were made here, and `name` may be read-only.
  define(error, 'stack', wire.stack ?? `${wire.name}: ${wire.message}`);
  if (error.name !== wire.name) define(error, 'name', wire.name);
  if (wire.cause !== undefined) define(error, 'cause', decode(wire.cause));
  for (const [key, value] of Object.entries(wire.props)) {
    Object.defineProperty(error, key, { value, writable: true, enumerable: true, configurable: true });
  }
  return error;
}

function build(wire: WireError): Error {
  if (wire.base === 'AggregateError') return new AggregateError((wire.errors ?? []).map(decode), wire.message);
  if (wire.base === 'DOMException') return new DOMException(wire.message, wire.name);
  const Base = BASES[wire.base] ?? Error;
  return new Base(wire.message);
}

/** The nearest built-in class, by the names along the prototype chain, so that errors of other realms count too. */
function baseOf(error: object): string {
  let prototype: unknown = read(() => Object.getPrototypeOf(error) as unknown);
  while (typeof prototype === 'object' && prototype !== null) {
    const { constructor } = prototype as { constructor?: { name?: unknown } };
    const name = read(() => constructor?.name);
    if (typeof name === 'string' && (name in BASES || name === 'AggregateError' || name === 'DOMException'))
      return name;
    prototype = Object.getPrototypeOf(prototype) as unknown;
  }
  return 'Error';
}

function ownProperties(error: object, canSend: (value: unknown) => boolean): Record<string, unknown> {
  const props: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const key of Object.keys(error)) {
    if (OWN_FIELDS.has(key)) continue;
    const value = read(() => (error as Record<string, unknown>)[key]);
    props[key] = canSend(value) ? value : describe(value);
  }
  return { ...props };
}

function isErrorLike(value: unknown): value is Error {
  if (value instanceof Error) return true;
  return typeof value === 'object' && value !== null && Object.prototype.toString.call(value) === '[object Error]';
}

function read<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch {
    // A throwing getter must not hide the error it sits on.
    return undefined;
  }
}

function text(get: () => unknown): string {
  const value = read(get);
  return typeof value === 'string' ? value : (read(() => String(value)) ?? '');
}

function describe(value: unknown): string {
  if (typeof value === 'function') return `[function ${value.name || 'anonymous'}]`;
  return read(() => (typeof value === 'string' ? JSON.stringify(value) : String(value))) ?? '[unprintable value]';
}

function define(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, enumerable: false, configurable: true });
}
