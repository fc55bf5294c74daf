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
    return 'bytes' in wire ? deserialize(wire.bytes) : wire.value;
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

function emptyNode(node: WireNode): object {
  if ('error' in node) return newError(node.error.base, node.error.name, node.error.message);
  return 'list' in node ? [] : {};
}

function hide(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, enumerable: false, configurable: true });
}
