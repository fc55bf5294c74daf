import { messageOf } from '../base/message-of.js';
import { deserialize } from '../base/v8-natives.js';
import { fromPort } from '../codec/port-value.js';
import { newError } from './error-bases.js';
import type { WireError, WireNode, WireValue } from './error-nodes.js';

/** Rebuilds the errors of one table. */
export class ErrorDecoder {
  /** By their position in the table. */
  readonly #built: object[];

  constructor(nodes: readonly WireNode[]) {
    // All of them exist before any is filled: they refer to each other.
    this.#built = nodes.map(emptyNode);
    nodes.forEach((node, at) => this.#fill(this.#built[at] as object, node));
  }

  decode(wire: WireValue): unknown {
    if ('node' in wire) return this.#built[wire.node];
    if ('forPort' in wire) return fromPort(wire.forPort);
    return 'bytes' in wire ? read(wire.bytes) : wire.value;
  }

  #fill(built: object, node: WireNode): void {
    if ('error' in node) this.#fillError(built as Error, node.error);
    else if ('record' in node) this.#define(built, node.record);
    else for (const member of node.list) (built as unknown[]).push(this.decode(member));
  }

  #fillError(error: Error, wire: WireError): void {
    // Defined, not assigned: as on local errors, it is not enumerable, and `name` may be read-only.
    hide(error, 'stack', wire.stack ?? `${wire.name}: ${wire.message}`);
    if (error.name !== wire.name) hide(error, 'name', wire.name);
    if (wire.cause !== undefined) hide(error, 'cause', this.decode(wire.cause));
    if (wire.errors !== undefined) {
      const { members, isEnumerable } = wire.errors;
      hide(
        error,
        'errors',
        members.map((member) => this.decode(member)),
      );
      if (isEnumerable) Object.defineProperty(error, 'errors', { enumerable: true });
    }
    if (wire.pair !== undefined) {
      hide(error, 'error', this.decode(wire.pair[0]));
      hide(error, 'suppressed', this.decode(wire.pair[1]));
    }
    this.#define(error, wire.props);
  }

  /** Defined, not assigned: a key may be `__proto__`. */
  #define(built: object, properties: readonly [string, WireValue][]): void {
    for (const [key, wire] of properties) {
      const value = this.decode(wire);
      Object.defineProperty(built, key, { value, writable: true, enumerable: true, configurable: true });
    }
  }
}

/** V8 writes some values that it cannot read. One of them must not take the place of the error around it. */
function read(bytes: Uint8Array): unknown {
  try {
    return deserialize(bytes);
  } catch (error) {
    return `[a value that cannot be read: ${messageOf(error)}]`;
  }
}

function emptyNode(node: WireNode): object {
  if ('error' in node) return newError(node.error.base, node.error.name, node.error.message);
  return 'list' in node ? [] : {};
}

function hide(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, enumerable: false, configurable: true });
}
