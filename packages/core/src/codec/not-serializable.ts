import { SharedArrayBuffer } from '../base/natives.js';

/** A part of a value that cannot be sent, and the reason. */
export interface Unsendable {
  /** Its place in the value, for instance `.lines[3].parse`; empty for the whole value. */
  path: string;
  /** Its kind, for instance `is a function, which cannot be sent`. */
  what: string;
  /** The nearest instance of a class around it. */
  owner?: { path: string; name: string } | undefined;
  /** Whether another thread of this process may have it: shared memory, or an object of native code. */
  mayGoToThread?: boolean;
}

/** The error for a value that cannot be sent. The message calls the whole value "value"; `describe` gives it its name. */
export class NotSerializable extends Error {
  readonly unsendable: Unsendable;

  constructor(unsendable: Unsendable, cause?: unknown) {
    super(sentence('value', unsendable), { cause });
    this.unsendable = unsendable;
  }

  /** The reason, as a sentence about `input` or `result`. */
  describe(root: string): string {
    return sentence(root, this.unsendable);
  }
}

function sentence(root: string, { path, what, owner }: Unsendable): string {
  const around = owner === undefined || owner.path === path ? '' : ` (${root}${owner.path} is ${one(owner.name)})`;
  return `${root}${path} ${what}${around}.`;
}

/** The error for an object that only this process has. */
export class BelongsHere extends TypeError {
  constructor(object: object) {
    super(
      object instanceof SharedArrayBuffer
        ? 'is a SharedArrayBuffer, which cannot be shared with another process. Send a copy (.slice()), or use kind "thread", which shares it'
        : `is ${one(nameOf(object))}, which belongs to this process. Only kind "thread" can send or move it`,
    );
  }
}

/** The name of a class with its article. */
export function one(name: string): string {
  return /^[AEIO]/i.test(name) ? `an ${name}` : `a ${name}`;
}

/** The name of an object's class. */
export function nameOf(object: object): string {
  try {
    const prototype: unknown = Object.getPrototypeOf(object);
    const constructor = prototype === null ? undefined : (prototype as { constructor?: unknown }).constructor;
    return (typeof constructor === 'function' && constructor.name) || 'host object';
  } catch {
    // A Proxy that is revoked, or whose traps throw.
    return 'Proxy';
  }
}
