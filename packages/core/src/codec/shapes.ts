import { toJson } from '../base/natives.js';
import { MAX_SHAPE_KEYS, MAX_SHAPES } from './tree-format.js';

/** A step from key to key. It remembers its last successor, which objects of one kind find by one comparison. */
export class ShapeNode {
  lastKey: string | undefined;
  lastNode: ShapeNode | undefined;
  /** Number of the shape that ends here; −1 without a number yet, −2 if it never gets one. */
  number = -1;
  /** Whether an object has ended here. */
  isSeen = false;
  /** Created for the second of different next keys. */
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

/** Most characters of all keys of all shapes. */
const MAX_TEXT = 1024 * 1024;
/** Longest key of a shape; a longer one belongs to a dictionary. */
const MAX_KEY_CHARS = 256;
/** Most nodes of the trie, some 3 MB with the longest usual keys. Beyond that it starts anew. */
const MAX_NODES = 16_384;
/** Most new nodes for one object. A shape of 64 keys is known at its 8th sighting, and a dictionary leaves only 8 nodes behind. */
export const MAX_APPENDED = 8;

/**
 * The shapes of an encoder: lists of keys that objects have in common. A list gets its number at its second sighting, and keeps
 * it. The trie that finds lists is bounded and may be dropped; numbers are found again by their keys.
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

  /** The successor of a node by a key that is not its last. */
  find(node: ShapeNode, key: string): ShapeNode | undefined {
    const next = node.next?.get(key);
    if (next !== undefined) {
      node.lastKey = key;
      node.lastNode = next;
    }
    return next;
  }

  /** A new successor of a node. Undefined for keys that only dictionaries have. */
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
   * Notes that an object ended at this node, which has no number yet.
   * @returns its number, or a negative one: then the object is written with its keys
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
    // A full table stays full.
    if (this.#shapes.length === MAX_SHAPES || this.#text + name.length > MAX_TEXT) return -2;
    const number = this.#shapes.push(keys) - 1;
    this.#numbers.set(name, number);
    this.#text += name.length;
    return number;
  }
}

/** Whether an object may be of another type: no keys, or an index first. It gets no shape, so that its type is checked. */
export function mayBeDisguised(keys: readonly string[]): boolean {
  return keys.length === 0 || keys[0] === '0';
}

/** The keys from the root to a node. */
export function keysTo(node: ShapeNode): string[] {
  const keys: string[] = [];
  for (let at: ShapeNode | undefined = node; at?.parent !== undefined; at = at.parent) keys.push(at.key);
  return keys.reverse();
}
