import { getBuiltinModule, types } from '../base/natives.js';
import { BelongsHere, one } from './not-serializable.js';
import { anyStored, anyWritten } from './written-objects.js';

/*
 * Objects of the platform that are classes of JavaScript. All their data is private, so V8's serializer silently makes `{}` of
 * them. From Node 22 on, that includes Blob and its like, which are objects of native code in Node 20. Since Node 22 a
 * DOMException arrives as an Error without its message.
 */

/** Classes whose objects a port can carry, or move. */
const FOR_PORTS = [
  ...['Blob', 'File', 'BlockList', 'SocketAddress', 'CryptoKey', 'MessagePort'],
  ...['ReadableStream', 'WritableStream', 'TransformStream', 'Module'],
];
/** Those that a port can only move. */
const ONLY_MOVED = new Set(['MessagePort', 'ReadableStream', 'WritableStream', 'TransformStream']);
/** Classes that nothing can carry: data is lost even from derived ones. Each with its replacement, as the end of a sentence. */
const INSTEAD: Readonly<Record<string, string>> = {
  URL: 'send its href',
  URLSearchParams: 'send its text (String(params))',
  Headers: 'send its entries ([...headers])',
  FormData: 'send its entries ([...form])',
  Request: 'send its parts',
  Response: 'send its parts, as await response.text()',
  AbortSignal: 'give it to the call as the option "signal"',
  AbortController: 'give its signal to the call as the option "signal"',
  WebSocket: 'send what comes from it',
  EventSource: 'send what comes from it',
  DOMException: 'throw it, or send its name and message',
};
const LISTED = new Set([...FOR_PORTS, ...Object.keys(INSTEAD)]);

/** All other global classes, whose objects are refused if they have no property to arrive. Classes that V8 knows are excepted. */
const GLOBALS = new Set(Object.getOwnPropertyNames(globalThis));
const KNOWN_TO_V8 = new Set([
  ...['Object', 'Array', 'Boolean', 'Number', 'String', 'BigInt', 'Symbol', 'Date', 'RegExp', 'Map', 'Set'],
  ...['Error', 'AggregateError', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError'],
  ...['ArrayBuffer', 'SharedArrayBuffer'],
]);

/** By prototype: the platform class that it is, or is derived from; empty for none. */
const known = new WeakMap<object, string>();

/** The error for an object of the platform that would arrive empty; undefined for any other object. */
export function refusalOfPlatformObject(object: object): TypeError | undefined {
  const name = platformClassOf(object);
  if (name === undefined) return undefined;
  if (FOR_PORTS.includes(name)) return new BelongsHere(object);
  const instead = INSTEAD[name];
  return new TypeError(`is ${one(name)}, which cannot be sent${instead === undefined ? '' : `; ${instead}`}`);
}

/** Whether a port moves this object, but never copies it. */
export function canOnlyBeMoved(object: object): boolean {
  return ONLY_MOVED.has(platformClassOf(object) ?? '');
}

/** The error for an object of the platform that would arrive empty even by a port. */
export function refusalByEveryWay(object: object): TypeError | undefined {
  const refusal = refusalOfPlatformObject(object);
  return refusal instanceof BelongsHere ? undefined : refusal;
}

/** Refuses a value that holds such an object where V8's serializer would reach it. @throws TypeError */
export function refusePlatformObjects(value: object): void {
  const refusal = refusalWithin(value, anyWritten, refusalOfPlatformObject);
  if (refusal !== undefined) throw refusal;
}

/** Refuses a value that holds an object that would arrive empty even by a port. Calls no accessor. @throws TypeError */
export function refuseByEveryWay(value: object): void {
  const refusal = refusalWithin(value, anyStored, refusalByEveryWay);
  if (refusal !== undefined) throw refusal;
}

/**
 * The error for a value that holds an object that would arrive empty. Calls no accessor.
 * @param clones whether it goes by a port
 */
export function refusalOfStored(value: object, clones: boolean): TypeError | undefined {
  return refusalWithin(value, anyStored, clones ? refusalByEveryWay : refusalOfPlatformObject);
}

function refusalWithin(
  value: object,
  any: typeof anyWritten,
  refusalOf: typeof refusalOfPlatformObject,
): TypeError | undefined {
  let refusal: TypeError | undefined;
  try {
    any(value, (object) => (refusal = refusalOf(object)) !== undefined);
  } catch {
    // An accessor has thrown, or the stack is full. The serializer reaches the same place, and reports its own error.
  }
  return refusal;
}

function platformClassOf(object: object): string | undefined {
  const prototype = Object.getPrototypeOf(object) as object | null;
  if (prototype === null || prototype === Object.prototype || prototype === Array.prototype) return undefined;
  let name = known.get(prototype);
  if (name === undefined) known.set(prototype, (name = classOf(prototype)));
  if (name === '') return undefined;
  if (LISTED.has(name)) return name;
  const isWritten = ArrayBuffer.isView(object) || types.isNativeError(object) || Object.keys(object).length > 0;
  return isWritten ? undefined : name;
}

function classOf(prototype: object): string {
  for (let link: object | null = prototype; link !== null; link = Object.getPrototypeOf(link) as object | null) {
    const constructor: unknown = Object.getOwnPropertyDescriptor(link, 'constructor')?.value;
    const name = typeof constructor === 'function' ? constructor.name : '';
    if (KNOWN_TO_V8.has(name) || !(LISTED.has(name) || GLOBALS.has(name))) continue;
    // A user's class may have the name of a platform class. The first access to the platform's own may load it.
    const own = elsewhere(name) ?? (globalThis as Record<string, unknown>)[name];
    if (typeof own === 'function' && own.prototype === link) return name;
  }
  return '';
}

/** Listed classes that are no globals. V8 writes a module of WebAssembly for another process, which cannot read it. */
function elsewhere(name: string): unknown {
  if (name === 'Module') return (globalThis as { WebAssembly?: Record<string, unknown> }).WebAssembly?.[name];
  return name === 'BlockList' || name === 'SocketAddress' ? getBuiltinModule('node:net')[name] : undefined;
}
