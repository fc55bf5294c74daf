import { plural } from '../base/format-count.js';
import { NO_MESSAGE } from '../base/message-of.js';
import { types } from '../base/natives.js';
import { serialize } from '../base/v8-natives.js';
import { refusalOfPlatformObject, refusalOfStored } from '../codec/platform-objects.js';
import { copyForPort } from '../codec/port-value.js';
import { baseOf } from './error-bases.js';
import {
  MAX_DEPTH,
  MAX_DESCRIPTION,
  MAX_KEY,
  MAX_NODES,
  MAX_PROPS,
  MAX_SEARCHED,
  MAX_TEXT,
  MAX_TOTAL,
} from './error-limits.js';
import type { WireError, WireNode, WireValue } from './error-nodes.js';

/** The property with the number of properties that were cut. */
const CUT = '…';
/** Fields with a place of their own. */
const OWN_FIELDS = new Set(['name', 'message', 'stack', 'cause']);

/** Encodes one thrown value with all errors that are reachable from it. */
export class ErrorEncoder {
  readonly nodes: WireNode[] = [];
  readonly #indexes = new Map<object, number>();
  readonly #clones: boolean;
  #left = MAX_TOTAL;

  constructor(clones: boolean) {
    this.#clones = clones;
  }

  encode(value: unknown, depth = 0): WireValue {
    try {
      if (isErrorLike(value)) return this.#node(value, depth, () => ({ error: this.#error(value, depth) }));
      if (!goesByParts(value)) return this.#plain(value);
      return this.#node(value, depth, () => this.#container(value, depth));
    } catch {
      // A proxy whose traps throw, or the like: only its existence is known.
      return { value: '[a value that cannot be looked at]' };
    }
  }

  /** The place of an object in the table; a new one if it has none. */
  #node(object: object, depth: number, make: () => WireNode): WireValue {
    const known = this.#indexes.get(object);
    if (known !== undefined) return { node: known };
    if (depth >= MAX_DEPTH) return { value: '[nested too deeply]' };
    if (this.nodes.length >= MAX_NODES || this.#left <= 0) return { value: '[more errors than are sent]' };
    // Entered before its parts are read: they may lead back to it.
    const node = this.nodes.push({ list: [] }) - 1;
    this.#indexes.set(object, node);
    this.nodes[node] = make();
    return { node };
  }

  #error(thrown: Error, depth: number): WireError {
    const base = read(() => baseOf(thrown)) ?? 'Error';
    const name = read(() => thrown.name);
    const message = text(() => thrown.message);
    const shortMessage = this.#cut(message, MAX_TEXT);
    const error: WireError = {
      base,
      name: typeof name === 'string' ? this.#cut(name, MAX_KEY) : base,
      message: shortMessage,
      stack: this.#stack(thrown, message, shortMessage),
      props: [],
    };
    if (read(() => 'cause' in thrown) === true)
      error.cause = this.encode(
        read(() => thrown.cause),
        depth + 1,
      );
    const errors = read(() => (thrown as AggregateError).errors as unknown);
    const isList = Array.isArray(errors);
    if (isList) {
      const isEnumerable = read(() => Object.prototype.propertyIsEnumerable.call(thrown, 'errors')) === true;
      error.errors = { members: this.#members(errors, depth), isEnumerable };
    }
    if (base === 'SuppressedError')
      error.pair = [this.#oneOfPair(thrown, 'error', depth), this.#oneOfPair(thrown, 'suppressed', depth)];
    error.props = this.#properties(thrown, depth, (key) => OWN_FIELDS.has(key) || (isList && key === 'errors'));
    return error;
  }

  /** One of the two errors of a SuppressedError. */
  #oneOfPair(thrown: Error, key: 'error' | 'suppressed', depth: number): WireValue {
    const part = read(() => (thrown as unknown as Record<string, unknown>)[key]);
    return this.encode(part, depth + 1);
  }

  /** A stack begins with the message. If that is long, the calls below it say more than its end. */
  #stack(thrown: Error, message: string, shortMessage: string): string | undefined {
    const stack = read(() => thrown.stack);
    if (typeof stack !== 'string') return undefined;
    const at = message === shortMessage ? -1 : stack.indexOf(message);
    const short = at < 0 ? stack : stack.slice(0, at) + shortMessage + stack.slice(at + message.length);
    return this.#cut(short, MAX_TEXT);
  }

  #container(value: object, depth: number): WireNode {
    return Array.isArray(value)
      ? { list: this.#members(value, depth) }
      : { record: this.#properties(value, depth, () => false) };
  }

  #members(list: readonly unknown[], depth: number): WireValue[] {
    const members = Array.from({ length: Math.min(list.length, MAX_PROPS) }, (_, at) =>
      this.encode(
        read(() => list[at]),
        depth + 1,
      ),
    );
    if (list.length > MAX_PROPS) members.push({ value: `[${list.length - MAX_PROPS} more]` });
    return members;
  }

  #properties(of: object, depth: number, isLeftOut: (key: string) => boolean): [string, WireValue][] {
    const properties: [string, WireValue][] = [];
    const keys = read(() => Object.keys(of)) ?? [];
    let cut = Math.max(0, keys.length - MAX_PROPS);
    for (const key of keys.slice(0, MAX_PROPS)) {
      if (isLeftOut(key)) continue;
      if (key.length > MAX_KEY) {
        cut++;
        continue;
      }
      const value = read(() => (of as Record<string, unknown>)[key]);
      // A replaced method that every error has: a description in its place would break callers of it.
      if (typeof value === 'function' && key in Error.prototype) continue;
      this.#left -= key.length;
      properties.push([key, this.encode(value, depth + 1)]);
    }
    if (cut > 0) properties.push([CUT, { value: `[${cut} more properties]` }]);
    return properties;
  }

  #plain(value: unknown): WireValue {
    switch (typeof value) {
      case 'string':
        if (value.length > this.#left) return { value: `[a text of ${plural(value.length, 'character')}]` };
        this.#left -= value.length;
        return { value };
      case 'bigint':
        return this.#cloned(value);
      case 'object':
        return value === null ? { value } : this.#cloned(value);
      case 'function':
      case 'symbol':
        return { value: describe(value) };
      default:
        return { value };
    }
  }

  /** Cloned at once: a value that can be read now, perhaps by a getter, may not be readable again. */
  #cloned(value: object | bigint): WireValue {
    const [isEmptied, isOnlyForPort] = typeof value === 'object' ? this.#losses(value) : [false, false];
    // Its text may say what it was: that of a URL does.
    if (isEmptied) return { value: describe(value) };
    const size = ArrayBuffer.isView(value) ? value.byteLength : 0;
    const bytes = isOnlyForPort || size > this.#left ? undefined : read(() => serialize(value));
    if (bytes !== undefined && bytes.byteLength <= this.#left) {
      this.#left -= bytes.byteLength;
      return { bytes };
    }
    if (bytes !== undefined || size > this.#left) {
      return { value: `[a value of ${Math.max(size, bytes?.byteLength ?? 0)} bytes: ${describe(value)}]` };
    }
    // Values that only a port can carry, such as memory that threads share.
    const forPort = this.#clones ? read(() => copyForPort(value)) : undefined;
    return forPort === undefined ? { value: describe(value) } : { forPort };
  }

  /** Whether the value, or a part of it, would arrive empty. The second answer: only if V8 writes it. */
  #losses(value: object): [isEmptied: boolean, isOnlyForPort: boolean] {
    if (refusalOfStored(value, false) === undefined) return [false, false];
    const isEmptied = !this.#clones || refusalOfStored(value, true) !== undefined;
    return [isEmptied, !isEmptied];
  }

  #cut(whole: string, longest: number): string {
    const length = Math.min(longest, Math.max(0, this.#left));
    this.#left -= Math.min(whole.length, length);
    return whole.length <= length
      ? whole
      : `${whole.slice(0, length)} … (${plural(whole.length - length, 'character')} more)`;
  }
}

function isErrorLike(value: unknown): value is Error {
  if (typeof value !== 'object' || value === null) return false;
  if (types.isNativeError(value) || read(() => value instanceof Error) === true) return true;
  return read(() => Object.prototype.toString.call(value)) === '[object Error]';
}

/** Whether a list or a plain object holds, at any depth, an error or an object of the platform. The latter would arrive empty. */
function goesByParts(value: unknown): value is object {
  if (!isContainer(value)) return false;
  const found = new Set<object>([value]);
  let searched = 0;
  for (const container of found) {
    for (const part of partsOf(container)) {
      if (++searched > MAX_SEARCHED) return false;
      if (isErrorLike(part) || isOfPlatform(part)) return true;
      if (isContainer(part)) found.add(part);
    }
  }
  return false;
}

function isOfPlatform(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return read(() => refusalOfPlatformObject(value)) !== undefined;
}

function* partsOf(container: object): Generator {
  // By position: the keys of a long list would be as many texts.
  if (Array.isArray(container)) {
    for (let at = 0; at < container.length; at++) yield read(() => container[at] as unknown);
    return;
  }
  for (const key of read(() => Object.keys(container)) ?? []) {
    yield read(() => (container as Record<string, unknown>)[key]);
  }
}

function isContainer(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = read(() => Object.getPrototypeOf(value) as unknown);
  return prototype === Object.prototype || prototype === null;
}

function read<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch {
    // A throwing getter must not hide the error that it belongs to.
    return undefined;
  }
}

function text(get: () => unknown): string {
  try {
    return String(get());
  } catch {
    // A getter or a trap that throws.
    return NO_MESSAGE;
  }
}

function describe(value: unknown): string {
  const shown = read(() => {
    if (typeof value === 'function') return `[function ${value.name || 'anonymous'}]`;
    return Array.isArray(value) ? `[a list of ${value.length}]` : String(value);
  });
  return shown?.slice(0, MAX_DESCRIPTION) ?? '[unprintable value]';
}
