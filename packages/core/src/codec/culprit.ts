import { toJson, types } from '../base/natives.js';
import { DefaultSerializer } from '../base/v8-natives.js';
import { BelongsHere, nameOf, NotSerializable, one, type Unsendable } from './not-serializable.js';
import { entriesOf, valuesOf } from './plain-data.js';
import { refusalOfPlatformObject } from './platform-objects.js';
import { isInDisguise, lacksMemory } from './views.js';

/** Most parts of a value that are searched. Every task that fails pays for the search, and 10,000 parts take 7 ms. */
const MAX_PARTS = 10_000;
/** Longest path. A longer one is not easier to follow than its beginning, and the search takes stack. A choice. */
const MAX_STEPS = 100;
/** Most bytes of all parts that are encoded as a trial. At 5 ns a byte (dispatch/frame-filling.ts) they take 20 ms. */
const MAX_TRIED_BYTES = 4 * 1024 * 1024;
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;
/** Longest key that a path shows whole. */
const MAX_KEY_CHARS = 64;

type Owner = Unsendable['owner'];
/** One step further into a value. */
type Part = [step: string, read: () => unknown];

/** What refuses objects: an encoder, or a port. */
export interface Refuser {
  /** The reason why no object of this type can be sent, as far as the type shows it. */
  byType(object: object): Refused | undefined;
  /** Writes objects of its kind, only for its refusals. */
  serializer(): InstanceType<typeof DefaultSerializer>;
}

/** The first part of a refused value that is to blame for this error. */
export function findCulprit(value: unknown, error: unknown): NotSerializable {
  return findCulpritOf(ENCODER, value, error, []);
}

/** The same for another refuser. @param accepted parts that are not to blame, whatever they are */
export function findCulpritOf(
  refuser: Refuser,
  value: unknown,
  error: unknown,
  accepted: readonly object[],
): NotSerializable {
  const found = new CulpritSearch(refuser, accepted).look(value, '', 0, undefined);
  return new NotSerializable(found ?? unplaced(error), error);
}

/** The refusal of a part that is deeper in the value than the search goes. */
function unplaced(error: unknown): Unsendable {
  const mayGoToThread = error instanceof BelongsHere;
  const what = mayGoToThread ? `holds an object that ${reasonOf(error)}` : `cannot be sent: ${reasonOf(error)}`;
  return { path: '', what, mayGoToThread };
}

class CulpritSearch {
  readonly #refuser: Refuser;
  readonly #accepted: ReadonlySet<object>;
  readonly #seen: Set<object>;
  #triedBytes = 0;

  constructor(refuser: Refuser, accepted: readonly object[]) {
    this.#refuser = refuser;
    this.#accepted = new Set(accepted);
    this.#seen = new Set(accepted);
  }

  look(value: unknown, path: string, steps: number, owner: Owner): Unsendable | undefined {
    if (typeof value === 'function') return { path, what: 'is a function, which cannot be sent', owner };
    if (typeof value === 'symbol') return { path, what: 'is a symbol, which cannot be sent', owner };
    if (typeof value !== 'object' || value === null || this.#seen.has(value)) return undefined;
    // Its memory was to move, and may have moved before another part was refused.
    if (ArrayBuffer.isView(value) && this.#accepted.has(value.buffer)) return undefined;
    if (steps > MAX_STEPS || this.#seen.size >= MAX_PARTS) return undefined;
    this.#seen.add(value);
    const refused = this.#refuser.byType(value);
    if (refused !== undefined) return { path, owner, ...refused };
    if (ArrayBuffer.isView(value)) return undefined;
    const isOfClass = isInstance(value);
    const around = isOfClass ? { path, name: nameOf(value) } : owner;
    for (const [step, read] of partsOf(value)) {
      let part: unknown;
      try {
        part = read();
      } catch (error) {
        return { path: path + step, what: `threw when it was read: ${reasonOf(error)}`, owner: around };
      }
      const found = this.look(part, path + step, steps + 1, around);
      if (found !== undefined) return found;
    }
    // None of its parts is to blame, so a refusal is due to the object itself.
    const refusal = isOfClass ? this.#try(value) : undefined;
    return refusal === undefined ? undefined : { path, owner, ...refusal };
  }

  #try(value: object): Refused | undefined {
    if (this.#triedBytes > MAX_TRIED_BYTES) return undefined;
    const serializer = this.#refuser.serializer();
    try {
      serializer.writeValue(value);
      return undefined;
    } catch (error) {
      return error instanceof BelongsHere
        ? { what: error.message, mayGoToThread: true }
        : { what: `is ${one(nameOf(value))}, which cannot be sent` };
    } finally {
      this.#triedBytes += serializer.releaseBuffer().length;
    }
  }
}

export type Refused = Pick<Unsendable, 'what' | 'mayGoToThread'>;

const ENCODER: Refuser = {
  byType: refusalByEncoder,
  serializer: () => new TypeSerializer(),
};

/** The reason why no way carries any object of this type, as far as the type shows it. */
export function refusalByAll(value: object): Refused | undefined {
  if (types.isProxy(value)) return { what: 'is a Proxy, which cannot be sent' };
  if (types.isPromise(value)) return { what: 'is a Promise, which cannot be sent; await it first' };
  if (types.isGeneratorObject(value)) return { what: 'is a generator, which cannot be sent; collect its values first' };
  if (types.isArgumentsObject(value))
    return { what: 'is an arguments object, which cannot be sent; copy it ([...arguments])' };
  return undefined;
}

/** The reason for an object without its memory. */
export function refusalWithoutMemory(value: object): Refused | undefined {
  if (!lacksMemory(value)) return undefined;
  return { what: `is ${one(nameOf(value))} whose memory was moved away, or is too short for it` };
}

function refusalByEncoder(value: object): Refused | undefined {
  const always = refusalByAll(value);
  if (always !== undefined) return always;
  const refusal = refusalOfPlatformObject(value);
  if (refusal !== undefined) return { what: refusal.message, mayGoToThread: refusal instanceof BelongsHere };
  const withoutMemory = refusalWithoutMemory(value);
  if (withoutMemory !== undefined) return withoutMemory;
  if (isInDisguise(value)) return { what: 'is a view with the prototype of another type, which cannot be sent' };
  const memory = ArrayBuffer.isView(value) ? value.buffer : value;
  if (types.isSharedArrayBuffer(memory)) return { what: new BelongsHere(memory).message, mayGoToThread: true };
  return undefined;
}

/** V8's serializer, used only for its refusals. */
class TypeSerializer extends DefaultSerializer {
  _writeHostObject(object: object): void {
    if (!ArrayBuffer.isView(object)) throw new BelongsHere(object);
  }

  _getSharedArrayBufferId(object: SharedArrayBuffer): number {
    throw new BelongsHere(object);
  }
}

function isInstance(value: object): boolean {
  if (Array.isArray(value) || types.isMap(value) || types.isSet(value) || types.isNativeError(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== Object.prototype && prototype !== null;
}

/** The values within this one, in the order in which they are written. */
function* partsOf(value: object): Generator<Part> {
  if (types.isMap(value)) {
    let index = 0;
    for (const [key, entry] of entriesOf.call(value)) {
      yield [`.keys()[${index}]`, () => key];
      yield [mapStep(key, index++), () => entry];
    }
  } else if (types.isSet(value)) {
    let index = 0;
    for (const entry of valuesOf.call(value)) yield [`.values()[${index++}]`, () => entry];
  } else if (types.isNativeError(value)) {
    yield ['.cause', () => value.cause];
  } else {
    for (const key of Object.keys(value)) {
      yield [stepTo(key, Array.isArray(value)), () => (value as Record<string, unknown>)[key]];
    }
  }
}

function stepTo(key: string, isArray: boolean): string {
  if (isArray && /^\d+$/.test(key)) return `[${key}]`;
  return IDENTIFIER.test(key) && key.length <= MAX_KEY_CHARS ? `.${key}` : `[${quoted(key)}]`;
}

function mapStep(key: unknown, index: number): string {
  if (typeof key === 'string') return `.get(${quoted(key)})`;
  return typeof key === 'number' ? `.get(${key})` : `.values()[${index}]`;
}

function quoted(text: string): string {
  return toJson(text.length > MAX_KEY_CHARS ? `${text.slice(0, MAX_KEY_CHARS)}…` : text);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
