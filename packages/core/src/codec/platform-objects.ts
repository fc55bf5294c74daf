import { getBuiltinModule, types } from '../base/natives.js';
import { BelongsHere, one } from './not-serializable.js';
import { anyWritten } from './written-objects.js';

/*
 * Objects of the platform that are classes of JavaScript: all they hold is private, so V8's serializer makes `{}` of them and says
 * nothing (since Node 22 of Blob and its like, too, which Node 20 has as objects of native code). A DOMException arrives as an
 * Error without its message since Node 22.
 */

/** A port can carry these, or move them. */
const FOR_PORTS = [
  ...['Blob', 'File', 'BlockList', 'SocketAddress', 'CryptoKey', 'MessagePort'],
  ...['ReadableStream', 'WritableStream', 'TransformStream'],
];
/** Nothing can carry these, and part of them is lost whatever a derived class adds. What to send instead, as the end of a sentence. */
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

/** Every other class that is a global is refused where an object of it has no property to arrive; but not those that V8 knows. */
const GLOBALS = new Set(Object.getOwnPropertyNames(globalThis));
const KNOWN_TO_V8 = new Set([
  ...['Object', 'Array', 'Boolean', 'Number', 'String', 'BigInt', 'Symbol', 'Date', 'RegExp', 'Map', 'Set'],
  ...['Error', 'AggregateError', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError'],
  ...['ArrayBuffer', 'SharedArrayBuffer'],
]);

/** By prototype: the class of the platform that it is of, or derived from; empty for none. */
const known = new WeakMap<object, string>();

/** An object of the platform that would arrive empty. The error that says so, or undefined for any other object. */
export function refusalOfPlatformObject(object: object): TypeError | undefined {
  const name = platformClassOf(object);
  if (name === undefined) return undefined;
  if (FOR_PORTS.includes(name)) return new BelongsHere(object);
  const instead = INSTEAD[name];
  return new TypeError(`is ${one(name)}, which cannot be sent${instead === undefined ? '' : `; ${instead}`}`);
}

/** Refuses a value with one of these in it, wherever V8's serializer would come to it. @throws TypeError */
export function refusePlatformObjects(value: object): void {
  let refusal: TypeError | undefined;
  try {
    anyWritten(value, (object) => (refusal = refusalOfPlatformObject(object)) !== undefined);
  } catch {
    // An accessor, or the stack. The serializer comes to the same place, and its error is the one to tell.
  }
  if (refusal !== undefined) throw refusal;
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
    // A class of the user's may have the name of one. To ask for that of the platform may load it, once.
    const own = ofNet(name) ?? (globalThis as Record<string, unknown>)[name];
    if (typeof own === 'function' && own.prototype === link) return name;
  }
  return '';
}

/** Of those that are listed, these are no globals. */
function ofNet(name: string): unknown {
  return name === 'BlockList' || name === 'SocketAddress' ? getBuiltinModule('node:net')[name] : undefined;
}
