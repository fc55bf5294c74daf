import { types } from 'node:util';
import { process } from '../base/natives.js';

/*
 * Objects of the platform that are classes of JavaScript: all they hold is private, so V8's serializer makes `{}` of them and says
 * nothing (since Node 22 of Blob and its like, too, which Node 20 has as objects of native code).
 */

type ClassOf = () => unknown;

const ofNet =
  (name: 'BlockList' | 'SocketAddress'): ClassOf =>
  () =>
    process.getBuiltinModule('node:net')[name];

/** A port can carry these, or move them. */
const FOR_PORTS = ['Blob', 'File', 'BlockList', 'SocketAddress', 'CryptoKey'];
const STREAMS = ['ReadableStream', 'WritableStream', 'TransformStream'];
/** Nothing can carry these. What to send instead, as the end of a sentence. */
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
};

const NAMES = new Set([...FOR_PORTS, ...STREAMS, ...Object.keys(INSTEAD)]);
const NOT_GLOBAL: Readonly<Record<string, ClassOf>> = {
  BlockList: ofNet('BlockList'),
  SocketAddress: ofNet('SocketAddress'),
};

/** Larger arrays may be mostly holes. */
const LOOPED_LENGTH = 100_000;

/** By prototype: the class of the platform that it is of, or derived from; empty for none. */
const known = new WeakMap<object, string>();

/** Which class of the platform an object is of, if it is one of those that would arrive empty. */
export function platformClassOf(value: object): string | undefined {
  if (types.isProxy(value)) return undefined;
  const name = classOf(Object.getPrototypeOf(value) as object | null);
  return name === '' ? undefined : name;
}

/** Why an object of this class cannot be sent. */
export function platformRefusal(name: string): { what: string; mayGoToThread: boolean } {
  const instead = INSTEAD[name];
  if (instead !== undefined) return { what: `is a ${name}, which cannot be sent; ${instead}`, mayGoToThread: false };
  const isStream = STREAMS.includes(name);
  const way = isStream ? 'Only kind "thread" can move it, by move() or transfer' : 'Only kind "thread" can send it';
  return { what: `is a ${name}, which belongs to this process. ${way}`, mayGoToThread: true };
}

/** Whether one of these is in a value, wherever V8's serializer would come to it. What throws is left for it to find. */
export function holdsPlatformObject(value: object): boolean {
  try {
    return new Search().finds(value);
  } catch {
    // An accessor, or the stack. The serializer comes to the same place, and its error is the one to tell.
    return false;
  }
}

/** This number of objects is looked at without a list of them. A value that has more, or a cycle, is looked at once more with one. */
const FEW_OBJECTS = 64;

class Search {
  #seen: Set<object> | undefined;
  #count = 0;

  finds(value: object): boolean {
    if (this.#isIn(value)) return true;
    if (this.#count <= FEW_OBJECTS) return false;
    this.#seen = new Set();
    this.#count = -Infinity;
    return this.#isIn(value);
  }

  #isIn(value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false;
    if (this.#seen?.has(value) === true || ++this.#count > FEW_OBJECTS) return false;
    this.#seen?.add(value);
    const prototype = Object.getPrototypeOf(value) as object | null;
    // In the order of how often they come: to ask V8 for the type of an object takes 40 ns, and a value may have thousands.
    if (prototype === Object.prototype || prototype === null) return this.#isInObject(value as Record<string, unknown>);
    if (Array.isArray(value)) return this.#isInArray(value);
    if (ArrayBuffer.isView(value)) return false;
    if (types.isMap(value)) {
      for (const [key, entry] of value) if (this.#isIn(key) || this.#isIn(entry)) return true;
      return false;
    }
    if (types.isSet(value)) {
      for (const entry of value) if (this.#isIn(entry)) return true;
      return false;
    }
    if (types.isProxy(value)) return false;
    if (classOf(prototype) !== '') return true;
    if (types.isNativeError(value)) return this.#isIn(value.cause);
    return types.isBoxedPrimitive(value) ? false : Object.values(value).some((part) => this.#isIn(part));
  }

  #isInObject(value: Record<string, unknown>): boolean {
    for (const key in value) {
      const part = value[key];
      if (typeof part === 'object' && this.#isIn(part)) return true;
    }
    return false;
  }

  #isInArray(value: readonly unknown[]): boolean {
    const parts = value.length > LOOPED_LENGTH ? Object.values(value) : value;
    for (let at = 0; at < parts.length; at++) if (this.#isIn(parts[at])) return true;
    return false;
  }
}

function classOf(prototype: object | null): string {
  if (prototype === null) return '';
  let name = known.get(prototype);
  if (name === undefined) known.set(prototype, (name = classOfPrototype(prototype)));
  return name;
}

function classOfPrototype(prototype: object): string {
  for (let link: object | null = prototype; link !== null; link = Object.getPrototypeOf(link) as object | null) {
    const constructor: unknown = Object.getOwnPropertyDescriptor(link, 'constructor')?.value;
    const name = typeof constructor === 'function' ? constructor.name : '';
    if (!NAMES.has(name)) continue;
    // A class of the user's may have the name of one. To ask for that of the platform may load it, once.
    const own = NOT_GLOBAL[name]?.() ?? (globalThis as Record<string, unknown>)[name];
    if (typeof own === 'function' && own.prototype === link) return name;
  }
  return '';
}
