import { toJson } from '../base/natives.js';
import { MAX_SHAPE_KEYS, MAX_SHAPES } from './tree-format.js';

/** A step from key to key. The last next one is remembered: objects of one kind find it by one comparison. */
export class ShapeNode {
  lastKey: string | undefined;
  lastNode: ShapeNode | undefined;
  /** Number of the shape that ends here; −1 without one yet, −2 when it will have none. */
  number = -1;
  /** Whether an object has ended here. */
  isSeen = false;
  /** Made for the second of different next keys. */
  next: Map<string, ShapeNode> | undefined;
  readonly parent: ShapeNode | undefined;
  readonly key: string;
  readonly depth: number;

  constructor(parent: ShapeNode | undefined, key: string) {
    this.parent = parent;
    this.key = key;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
  }
}

/** Text of all keys of all shapes, in characters. */
const MAX_TEXT = 1024 * 1024;
/** A longer key belongs to a dictionary. */
const MAX_KEY_CHARS = 256;
/** Nodes of the trie. It begins anew beyond: some 3 MB with the longest usual keys. */
const MAX_NODES = 16_384;
/** New nodes for one object. A shape of 64 keys is known at its 8th sighting, and a dictionary leaves only 8 nodes behind. */
export const MAX_APPENDED = 8;

/**
 * The shapes of an encoder: lists of keys that objects have in common. A list gets its number the second time that it is
 * seen, and keeps it. The trie by which lists are found is bounded and may be dropped; numbers are found again by their keys.
 */
export class ShapeTable {
  root = new ShapeNode(undefined, '');
  readonly #shapes: (readonly string[])[] = [];
  readonly #numbers = new Map<string, number>();
  #text = 0;
  #nodes = 0;

  get count(): number {
    return this.#shapes.length;
  }

  keysOf(number: number): readonly string[] {
    return this.#shapes[number] ?? [];
  }

  /** The node behind this one by a key that is not its last. */
  find(node: ShapeNode, key: string): ShapeNode | undefined {
    const next = node.next?.get(key);
    if (next !== undefined) {
      node.lastKey = key;
      node.lastNode = next;
    }
    return next;
  }

  /** A new node behind this one. Undefined for keys as only dictionaries have them. */
  append(node: ShapeNode, key: string): ShapeNode | undefined {
    if (node.depth === MAX_SHAPE_KEYS || key.length > MAX_KEY_CHARS) return undefined;
    const next = new ShapeNode(node, key);
    this.#nodes++;
    if (node.lastNode !== undefined && node.lastKey !== undefined) {
      node.next ??= new Map([[node.lastKey, node.lastNode]]);
      node.next.set(key, next);
    }
    node.lastKey = key;
    node.lastNode = next;
    return next;
  }

  /**
   * An object ended at this node, which has no number yet.
   * @returns its number, or a negative one: the object goes with its keys
   */
  end(node: ShapeNode): number {
    if (this.#nodes >= MAX_NODES) this.#startAgain();
    if (!node.isSeen) {
      node.isSeen = true;
      return -1;
    }
    if (node.number === -1) {
      const keys = keysTo(node);
      node.number = mayBeDisguised(keys) ? -2 : this.#numberOf(keys);
    }
    return node.number;
  }

  #startAgain(): void {
    this.root = new ShapeNode(undefined, '');
    this.#nodes = 0;
  }

  #numberOf(keys: readonly string[]): number {
    const name = toJson(keys);
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    // A table that is full stays so.
    if (this.#shapes.length === MAX_SHAPES || this.#text + name.length > MAX_TEXT) return -2;
    const number = this.#shapes.push(keys) - 1;
    this.#numbers.set(name, number);
    this.#text += name.length;
    return number;
  }
}

/** The encoder looks at the type of objects without keys or with indices first, and only where they go with their keys. */
export function mayBeDisguised(keys: readonly string[]): boolean {
  return keys.length === 0 || keys[0] === '0';
}

/** The keys from the root to a node. */
export function keysTo(node: ShapeNode): string[] {
  const keys: string[] = [];
  for (let at: ShapeNode | undefined = node; at?.parent !== undefined; at = at.parent) keys.push(at.key);
  return keys.reverse();
}
